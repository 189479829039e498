namespace Gateway.Media.Sessions;

/// <summary>Counters of one leg since it opened.</summary>
/// <param name="Codec">Name of the sound codec that passed last; null when none did.</param>
/// <param name="PeerPacketsLost">What the peer's reports say of our stream.</param>
/// <param name="PeerJitter">Jitter of our stream as the peer's reports say.</param>
/// <param name="RoundTrip">From the peer's reports; null until one came.</param>
/// <param name="Discarded">Refused: wrong tag, replay, wrong source, unknown payload type.</param>
/// <param name="LongestSilence">Longest time without a packet while some were due.</param>
public readonly record struct LegReport(
    string? Codec,
    long PacketsReceived,
    long BytesReceived,
    long PacketsLost,
    long PacketsSent,
    long BytesSent,
    long PeerPacketsLost,
    TimeSpan Jitter,
    TimeSpan PeerJitter,
    TimeSpan? RoundTrip,
    long Discarded,
    TimeSpan LongestSilence);

/// <summary>How far the way of a leg's media has come.</summary>
public enum LegState : byte
{
    /// <summary>Nothing has come from the peer.</summary>
    New,
    /// <summary>There is a way, but no keys yet, or nobody was heard on it.</summary>
    Connecting,
    Ready,
    Failed,
}
