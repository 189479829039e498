using Gateway.Media.Rtp;

namespace Gateway.Media.Sessions;

/// <summary>The services that a leg can talk to instead of another leg.</summary>
public enum LegService : byte
{
    /// <summary>Returns what comes.</summary>
    Echo,

    /// <summary>Plays 1004 Hz.</summary>
    Tone,

    /// <summary>Plays the tone of a phone that rings: 425 Hz, one second in five.</summary>
    Ringback,
}

/// <summary>Returns the peer's packets to it, under numbers of ours.</summary>
internal sealed class EchoService : IRtpSink
{
    public TimeSpan Deadline => TimeSpan.MaxValue;

    public void OnRtp(MediaLeg from, int codec, Span<byte> packet, TimeSpan now) => from.Forward(packet, codec, now);

    public void OnSkipped(MediaLeg from, in RtpPacket packet) => from.Skip(packet);

    public void OnDeadline(MediaLeg leg, TimeSpan now)
    {
    }
}
