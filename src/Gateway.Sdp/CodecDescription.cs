using System.Globalization;

namespace Gateway.Sdp;

/// <summary>A codec as SDP names it, with the payload type under which one side knows it.</summary>
/// <param name="Name">The encoding name (RFC 8866 §6.6), compared without case.</param>
/// <param name="ClockRate">The RTP clock in Hz; for G722 it is 8000 although it samples at 16000 (RFC 3551 §4.5.2).</param>
/// <param name="Channels">1 unless the rtpmap says otherwise; opus always says 2 (RFC 7587 §7).</param>
/// <param name="Fmtp">The parameters of a=fmtp without the payload type; null when there are none.</param>
/// <param name="PayloadType">0–127, or -1 where no side has numbered it yet.</param>
public sealed record CodecDescription(string Name, int ClockRate, int Channels = 1, string? Fmtp = null, int PayloadType = -1)
{
    /// <summary>Whether the two mean the same codec: name, clock and channels. Payload type and parameters are each side's own.</summary>
    public bool Matches(CodecDescription other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (!Name.Equals(other.Name, StringComparison.OrdinalIgnoreCase)) return false;
        // Some devices write what G722 samples at, or leave out that opus has two channels; neither changes the stream.
        return (RealClock == other.RealClock || IsNamed("G722")) && (Channels == other.Channels || IsNamed("opus"));
    }

    /// <summary>RFC 4733 events: DTMF digits as RTP packets.</summary>
    public bool IsTelephoneEvent => IsNamed("telephone-event");

    /// <summary>"opus/48000/2": the form of a=rtpmap.</summary>
    public override string ToString() => Channels == 1
        ? string.Create(CultureInfo.InvariantCulture, $"{Name}/{ClockRate}")
        : string.Create(CultureInfo.InvariantCulture, $"{Name}/{ClockRate}/{Channels}");

    private int RealClock => IsNamed("G722") ? 8000 : ClockRate;

    private bool IsNamed(string name) => Name.Equals(name, StringComparison.OrdinalIgnoreCase);
}

/// <summary>The codecs that pass through the gateway as they are, in the order in which it offers them by itself.</summary>
public static class GatewayCodecs
{
    public static CodecDescription Opus { get; } = new("opus", 48000, 2, "minptime=10;useinbandfec=1");

    public static CodecDescription G722 { get; } = new("G722", 8000, PayloadType: 9);

    public static CodecDescription Pcmu { get; } = new("PCMU", 8000, PayloadType: 0);

    public static CodecDescription Pcma { get; } = new("PCMA", 8000, PayloadType: 8);

    /// <summary>opus, G722, PCMU, PCMA.</summary>
    public static System.Collections.Immutable.ImmutableArray<CodecDescription> All { get; } = [Opus, G722, Pcmu, Pcma];

    /// <summary>Digits 0–9, *, #, A–D and flash, on the clock of the audio they stand beside (RFC 4733 §2.1).</summary>
    public static CodecDescription TelephoneEvent(int clockRate) => new("telephone-event", clockRate, 1, "0-16");
}
