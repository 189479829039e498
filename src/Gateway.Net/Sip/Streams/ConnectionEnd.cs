namespace Gateway.Net.Sip.Streams;

/// <summary>Why a TCP or TLS connection ended: the bounded label of its counter.</summary>
internal enum EndKind : byte
{
    /// <summary>The peer closed it.</summary>
    Peer,
    Reset,
    Refused,
    Unreachable,
    ConnectTimeout,
    TlsName,
    TlsExpired,
    TlsUntrusted,
    TlsFailed,
    Framing,
    SlowMessage,
    Unauthenticated,

    /// <summary>There was no room for more, and it had not signed in.</summary>
    Evicted,
    SlowReader,
    NoPong,
    Idle,
    /// <summary>Its trunk has other TLS settings now, or is gone.</summary>
    Replaced,
    Stopping,
    Fault,
}

/// <param name="Kind">What the counter says.</param>
/// <param name="Words">What people are told.</param>
internal sealed record ConnectionEnd(EndKind Kind, string Words);
