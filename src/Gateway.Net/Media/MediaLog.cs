using System.Net;
using Microsoft.Extensions.Logging;

namespace Gateway.Net.Media;

/// <summary>What the media plane logs (ids 1100 to 1199): never an address of a peer, a number or a key.</summary>
internal static partial class MediaLog
{
    [LoggerMessage(1100, LogLevel.Information, "Media of browsers on UDP {endpoint}")]
    public static partial void Listening(ILogger logger, IPEndPoint endpoint);

    [LoggerMessage(1101, LogLevel.Error, "Media leg {leg} ended by an error of ours")]
    public static partial void LegFault(ILogger logger, long leg, Exception fault);

    [LoggerMessage(1102, LogLevel.Error, "Media loop {loop}: an error of ours; the loop goes on")]
    public static partial void LoopFault(ILogger logger, int loop, Exception fault);

    [LoggerMessage(1103, LogLevel.Information, "Media leg {leg}: the peer's RTP comes from another port after a silence, and is followed there")]
    public static partial void SourceMoved(ILogger logger, long leg);

    [LoggerMessage(1104, LogLevel.Information, "Media leg {leg}: the peer's RTP comes from behind NAT, and is answered there")]
    public static partial void SourceLearned(ILogger logger, long leg);

    [LoggerMessage(1105, LogLevel.Warning, "No RTP port is free: {used} pairs are in use")]
    public static partial void NoPorts(ILogger logger, int used);
}
