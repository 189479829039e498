namespace Gateway.Media.Sessions;

/// <summary>Counters of one leg since it opened.</summary>
/// <param name="Codec">Name of the sound codec that passed last; null when none did.</param>
/// <param name="PeerPacketsLost">What the peer's reports say of our stream.</param>
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
    TimeSpan? RoundTrip,
    long Discarded,
    TimeSpan LongestSilence);
