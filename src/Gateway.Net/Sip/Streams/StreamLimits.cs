namespace Gateway.Net.Sip.Streams;

/// <summary>Sizes and waits of TCP and TLS connections that are not options. Sizes of messages stand in SipLimits.</summary>
internal static class StreamLimits
{
    /// <summary>Bytes read at once. A buffer is held while there is something to read, not by an idle connection.</summary>
    public const int Read = 8 * 1024;

    /// <summary>Bytes that wait for a slow reader, or for a connection that does not stand yet.</summary>
    public const int Queued = 512 * 1024;

    /// <summary>The same for a stranger: room for one message of the largest size, and more than its answers need.</summary>
    public const int QueuedForStranger = 128 * 1024;

    /// <summary>Connections that wait to be accepted.</summary>
    public const int Backlog = 512;

    /// <summary>One write that takes longer than this has no reader.</summary>
    public static readonly TimeSpan Write = TimeSpan.FromSeconds(10);

    /// <summary>What a peer may still send after the answer that closes its connection, so that a reset does not take it away.</summary>
    public static readonly TimeSpan Close = TimeSpan.FromSeconds(2);

    /// <summary>What a stop of the gateway waits for connections to end in order.</summary>
    public static readonly TimeSpan Drain = TimeSpan.FromMilliseconds(300);

    /// <summary>An outgoing connection of no trunk that has carried nothing for this long is closed.</summary>
    public static readonly TimeSpan Idle = TimeSpan.FromMinutes(10);

    /// <summary>One whose trunk has changed is closed when it has carried nothing for this long.</summary>
    public static readonly TimeSpan ReplacedIdle = TimeSpan.FromMinutes(1);

    /// <summary>How often deadlines are looked at.</summary>
    public static readonly TimeSpan Sweep = TimeSpan.FromSeconds(1);

    /// <summary>A dead peer is found by the kernel after about two minutes, whatever the peer's SIP can do.</summary>
    public const int KeepAliveSeconds = 60;

    public const int KeepAliveIntervalSeconds = 15;

    public const int KeepAliveRetries = 4;

    /// <summary>Bytes that nobody acknowledges for this long end a connection.</summary>
    public const int UserTimeoutMilliseconds = 20_000;
}
