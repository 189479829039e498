namespace Gateway.Media.Sessions;

/// <summary>What a leg's packets go to: the other leg of a bridge, or a service.</summary>
public interface IRtpSink
{
    /// <summary>Takes a packet that the leg has authenticated and counted.</summary>
    /// <param name="codec">Which of the leg's codecs it is.</param>
    /// <param name="packet">The RTP packet; it may be changed in place.</param>
    void OnRtp(MediaLeg from, int codec, Span<byte> packet, TimeSpan now);

    /// <summary>A packet of the leg goes nowhere, for it was a digit that is told by other means.</summary>
    void OnSkipped(MediaLeg from, in Rtp.RtpPacket packet)
    {
    }

    /// <summary>When <see cref="OnDeadline"/> wants to be called; <see cref="TimeSpan.MaxValue"/> for never.</summary>
    TimeSpan Deadline { get; }

    /// <summary>Time to make something.</summary>
    void OnDeadline(MediaLeg leg, TimeSpan now);
}
