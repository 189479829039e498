namespace Gateway.Media.Rtp;

/// <summary>The packet types of RTCP (RFC 3550 §12.1, RFC 4585 §6.1, RFC 3611 §2).</summary>
public enum RtcpType : byte
{
    /// <summary>No packet.</summary>
    None = 0,

    /// <summary>SR.</summary>
    SenderReport = 200,

    /// <summary>RR.</summary>
    ReceiverReport = 201,

    /// <summary>SDES.</summary>
    SourceDescription = 202,

    /// <summary>BYE.</summary>
    Goodbye = 203,

    /// <summary>APP.</summary>
    Application = 204,

    /// <summary>RTPFB: NACK and the like.</summary>
    TransportFeedback = 205,

    /// <summary>PSFB: PLI, FIR and the like.</summary>
    PayloadFeedback = 206,

    /// <summary>XR.</summary>
    ExtendedReport = 207,
}

/// <summary>The sender's part of an SR (RFC 3550 §6.4.1).</summary>
/// <param name="Ssrc">Who reports.</param>
/// <param name="Ntp">Wall clock, in NTP form.</param>
/// <param name="RtpTimestamp">The same instant on the stream's clock.</param>
/// <param name="Packets">Packets sent.</param>
/// <param name="Octets">Octets of payload sent.</param>
public readonly record struct SenderInfo(uint Ssrc, ulong Ntp, uint RtpTimestamp, uint Packets, uint Octets)
{
    /// <summary>The middle 32 bits of the NTP time, which a report block repeats.</summary>
    public uint CompactNtp => (uint)(Ntp >> 16);
}

/// <summary>Conversions of NTP time.</summary>
public static class NtpTime
{
    private static readonly DateTimeOffset s_epoch = new(1900, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Seconds since 1900 in the upper 32 bits and their fraction in the lower (RFC 3550 §4).</summary>
    public static ulong From(DateTimeOffset utc)
    {
        var ticks = (ulong)(utc - s_epoch).Ticks;
        var seconds = ticks / TimeSpan.TicksPerSecond;
        var fraction = (ticks % TimeSpan.TicksPerSecond << 32) / TimeSpan.TicksPerSecond;
        return (seconds << 32) | fraction;
    }

    /// <summary>A span in units of 1/65536 s, as in report blocks.</summary>
    public static uint ToCompact(TimeSpan span) =>
        span <= TimeSpan.Zero ? 0 : (uint)Math.Min(uint.MaxValue, span.TotalSeconds * 65536);

    /// <summary>The span of a number of units of 1/65536 s.</summary>
    public static TimeSpan FromCompact(uint units) => new((long)units * TimeSpan.TicksPerSecond / 65536);
}
