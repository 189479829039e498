namespace Gateway.Web.Sip;

/// <summary>Sizes and counts that a SIP WebSocket may reach; what goes beyond is refused with the code named here (RFC 6455 §7.4.1, and our own).</summary>
internal static class SocketLimits
{
    /// <summary>Bytes of one message, the size that one SIP message may have.</summary>
    public const int Message = 64 * 1024;

    /// <summary>Pieces that one message may come in: frames, and what the network makes of them.</summary>
    public const int Pieces = 512;

    /// <summary>Messages and bytes that wait for a slow reader.</summary>
    public const int QueuedMessages = 256;

    public const int QueuedBytes = 512 * 1024;

    /// <summary>One write that takes longer than this has no reader.</summary>
    public static readonly TimeSpan Write = TimeSpan.FromSeconds(10);

    /// <summary>How long a closing handshake may take.</summary>
    public static readonly TimeSpan Close = TimeSpan.FromSeconds(2);

    public const int CloseTooBig = 1009;
    public const int CloseRestart = 1012;
    public const int ClosePolicyViolation = 1008;
    public const int CloseNormal = 1000;
    public const int CloseUnauthenticated = 4401;
    public const int CloseOrigin = 4403;
    public const int CloseUnused = 4408;
    public const int CloseSuperseded = 4409;
    public const int CloseRate = 4429;
}
