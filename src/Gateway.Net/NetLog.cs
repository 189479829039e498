using System.Net;
using Gateway.Sip;
using Microsoft.Extensions.Logging;

namespace Gateway.Net;

/// <summary>What the SIP side of this floor logs (ids 1000 to 1099).</summary>
internal static partial class NetLog
{
    [LoggerMessage(1000, LogLevel.Information, "SIP listens on {transport} {endpoint}")]
    public static partial void Listening(ILogger logger, string transport, IPEndPoint endpoint);

    [LoggerMessage(1001, LogLevel.Warning, "SIP cannot listen on {transport} {endpoint}: {reason}")]
    public static partial void CannotListen(ILogger logger, string transport, IPEndPoint endpoint, string reason);

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

    [LoggerMessage(1007, LogLevel.Information, "The certificate of SIP over TLS was read from {folder}; it is good until {until}")]
    public static partial void CertificateRead(ILogger logger, string folder, DateTime until);

    [LoggerMessage(1008, LogLevel.Error, "The certificate of SIP over TLS in {folder} cannot be used: {reason}. The one before stays in use, if there was one")]
    public static partial void CertificateUnreadable(ILogger logger, string folder, string reason);

    [LoggerMessage(1009, LogLevel.Warning, "SIP on {transport} {endpoint}: connections cannot be accepted for now: {reason}. If files are short, raise the limit (ulimit -n, LimitNOFILE)")]
    public static partial void AcceptFailed(ILogger logger, SipTransport transport, IPEndPoint endpoint, string reason);

    [LoggerMessage(1014, LogLevel.Warning, "This process may open so few files that {most} connections of peers can stand at once, fewer than the settings allow. Raise the limit (ulimit -n, LimitNOFILE)")]
    public static partial void FewFiles(ILogger logger, int most);

    [LoggerMessage(1015, LogLevel.Warning, "The kernel dropped {count} SIP datagrams in the last minute, because they came faster than they were read; the receive buffer has {kib} KiB (net.core.rmem_max)")]
    public static partial void DatagramsDropped(ILogger logger, long count, int kib);

    [LoggerMessage(1010, LogLevel.Warning, "No SIP connection to {name}: {reason}")]
    public static partial void CannotConnect(ILogger logger, string name, string reason);

    [LoggerMessage(1013, LogLevel.Error, "The authorities of TLS clients in {file} cannot be read: {reason}")]
    public static partial void AuthoritiesUnreadable(ILogger logger, string file, string reason);

    [LoggerMessage(1012, LogLevel.Error, "A SIP connection ended by an error of ours")]
    public static partial void ConnectionFault(ILogger logger, Exception fault);

    [LoggerMessage(1020, LogLevel.Information, "Stopping: waiting for {calls} calls on {sockets} WebSockets, {seconds} s at most; a second signal stops at once")]
    public static partial void Draining(ILogger logger, int calls, int sockets, int seconds);

    [LoggerMessage(1021, LogLevel.Information, "Stopping: the wait is over after {seconds} s with {calls} calls left")]
    public static partial void Drained(ILogger logger, int seconds, int calls);

    [LoggerMessage(1022, LogLevel.Warning, "Call {call} cannot go on after the restart: what was stored of it is not of this version")]
    public static partial void CheckpointUnreadable(ILogger logger, Guid call);

    [LoggerMessage(1011, LogLevel.Warning, "SIP connections of the last minute that ended badly: {counts}")]
    public static partial void ConnectionsEnded(ILogger logger, string counts);
}
