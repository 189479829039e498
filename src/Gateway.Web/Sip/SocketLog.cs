namespace Gateway.Web.Sip;

internal static partial class SocketLog
{
    [LoggerMessage(4001, LogLevel.Warning, "A page of {Origin} was refused a SIP WebSocket: it is not in Gateway:Web:AllowedOrigins")]
    public static partial void OriginRefused(ILogger logger, string origin);

    [LoggerMessage(4002, LogLevel.Warning, "A SIP WebSocket was refused: {Open} are open, or its address has too many")]
    public static partial void TooMany(ILogger logger, int open);
}
