using System.Net;
using Microsoft.Extensions.Logging;

namespace Gateway.Net;

/// <summary>What the SIP side of this floor logs (ids 1000 to 1099).</summary>
internal static partial class NetLog
{
    [LoggerMessage(1000, LogLevel.Information, "SIP listens on UDP {endpoint}")]
    public static partial void Listening(ILogger logger, IPEndPoint endpoint);

    [LoggerMessage(1001, LogLevel.Warning, "SIP cannot listen on UDP {endpoint}: {reason}")]
    public static partial void CannotListen(ILogger logger, IPEndPoint endpoint, string reason);

    [LoggerMessage(1002, LogLevel.Error, "SIP loop {loop}: an error of ours; the loop goes on")]
    public static partial void LoopFault(ILogger logger, int loop, Exception fault);

    [LoggerMessage(1003, LogLevel.Warning, "SIP on UDP {endpoint}: receiving failed")]
    public static partial void ReceiveFailed(ILogger logger, IPEndPoint endpoint, Exception fault);

    [LoggerMessage(1004, LogLevel.Information, "SIP stopped: {calls} calls were ended")]
    public static partial void Stopped(ILogger logger, int calls);

    [LoggerMessage(1006, LogLevel.Warning, "SIP on UDP {endpoint}: a request of {length} bytes may be lost on its way; phones with fewer codecs or shorter names get smaller ones")]
    public static partial void Oversize(ILogger logger, IPEndPoint endpoint, int length);

    [LoggerMessage(1005, LogLevel.Error, "A call of loop {loop} ended by an error of ours")]
    public static partial void CallFault(ILogger logger, int loop, Exception fault);
}
