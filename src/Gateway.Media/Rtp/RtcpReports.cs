using System.Security.Cryptography;

namespace Gateway.Media.Rtp;

/// <summary>What a compound told us.</summary>
[Flags]
public enum RtcpEvents
{
    /// <summary>Nothing to act on.</summary>
    None = 0,

    /// <summary>It was no RTCP; nothing was read.</summary>
    Malformed = 1,

    /// <summary>A report block about our stream came: <see cref="RtcpReports.RemoteBlock"/> is new.</summary>
    Reported = 2,

    /// <summary>The round trip was measured.</summary>
    RoundTrip = 4,

    /// <summary>The peer's source says good-bye.</summary>
    Goodbye = 8,

    /// <summary>The peer wants a whole picture.</summary>
    PictureRequest = 16,
}

/// <summary>
/// The RTCP of one leg: builds SR or RR with CNAME about every five seconds, at random moments (RFC 3550 §6.2, §6.3.1, with two members),
/// and reads the peer's reports for loss and round trip. Sans-IO: times are arguments, wall clock only for NTP fields.
/// </summary>
/// <remarks>One thread at a time; no allocation per packet.</remarks>
public sealed class RtcpReports
{
    /// <summary>Octets that a report needs at most, for a CNAME of up to 64 octets.</summary>
    public const int MaxLength = 200;

    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(5);
    private static readonly double s_compensation = Math.E - 1.5; // RFC 3550 §6.3.1: the scheme comes out short by this

    private readonly RandomNumberGenerator _random;
    private readonly string _cname;
    private uint _sentPackets;
    private uint _sentOctets;
    private uint _sentAtLastReport;
    private uint _lastStamp;
    private TimeSpan _lastStampAt;
    private ulong _lastSentNtp;
    private TimeSpan _lastSentAt;
    private uint _peerSsrc;
    private uint _peerReport;
    private TimeSpan _peerReportAt;

    /// <summary>Makes the reports of a leg; the first is due half an interval after <paramref name="now"/> (RFC 3550 §6.2).</summary>
    /// <param name="ssrc">Our outgoing SSRC.</param>
    /// <param name="cname">Our canonical name: random and the same for all streams of a session (RFC 7022).</param>
    /// <param name="clockRate">Timestamp units a second of the outgoing stream.</param>
    /// <param name="reception">What is received on the leg.</param>
    /// <param name="random">For the moments.</param>
    /// <param name="now">The time.</param>
    public RtcpReports(uint ssrc, string cname, int clockRate, RtpReceptionStats reception, RandomNumberGenerator random, TimeSpan now)
    {
        Ssrc = ssrc;
        _cname = cname;
        ClockRate = clockRate;
        Reception = reception;
        _random = random;
        NextDeadline = now + Randomised(s_interval / 2);
    }

    /// <summary>Our outgoing SSRC.</summary>
    public uint Ssrc { get; }

    /// <summary>Timestamp units a second of the outgoing stream; may change with the payload type.</summary>
    public int ClockRate { get; set; }

    /// <summary>What is received on the leg.</summary>
    public RtpReceptionStats Reception { get; }

    /// <summary>When <see cref="WriteReport"/> is due.</summary>
    public TimeSpan NextDeadline { get; private set; }

    /// <summary>Time to the peer and back, less the time that the peer kept the report; null before the first measurement.</summary>
    public TimeSpan? RoundTrip { get; private set; }

    /// <summary>The peer's last block about our stream; null before the first.</summary>
    public ReportBlock? RemoteBlock { get; private set; }

    /// <summary>Jitter of our stream at the peer; null before its first block.</summary>
    public TimeSpan? RemoteJitter => RemoteBlock is { } block && ClockRate > 0 ? TimeSpan.FromSeconds((double)block.Jitter / ClockRate) : null;

    /// <summary>When the peer's last RTCP came; null before the first.</summary>
    public TimeSpan? LastReceivedAt { get; private set; }

    /// <summary>Counts a packet that we sent.</summary>
    /// <param name="timestamp">Its outgoing timestamp.</param>
    /// <param name="payloadLength">Octets of its payload.</param>
    /// <param name="now">The time.</param>
    public void OnSent(uint timestamp, int payloadLength, TimeSpan now)
    {
        if (_sentPackets == 0 || timestamp != _lastStamp)
        {
            _lastStamp = timestamp;
            _lastStampAt = now;
        }

        _sentPackets++;
        _sentOctets += (uint)payloadLength;
    }

    /// <summary>Reads a compound of the peer (authenticated, where the leg is secure).</summary>
    public RtcpEvents Receive(ReadOnlySpan<byte> compound, TimeSpan now)
    {
        if (!RtcpReader.TryOpen(compound, out var reader))
        {
            return RtcpEvents.Malformed;
        }

        LastReceivedAt = now;
        var events = RtcpEvents.None;
        while (reader.TryRead(out var packet))
        {
            if (packet.TryGetSenderInfo(out var sender))
            {
                _peerSsrc = sender.Ssrc;
                _peerReport = sender.CompactNtp;
                _peerReportAt = now;
            }

            for (var i = 0; packet.TryGetBlock(i, out var block); i++)
            {
                if (block.Ssrc == Ssrc)
                {
                    RemoteBlock = block;
                    events |= RtcpEvents.Reported | Measure(block, now);
                }
            }

            for (var i = 0; packet.TryGetGoodbye(i, out var ssrc); i++)
            {
                events |= Reception.HasSource && ssrc == Reception.Ssrc ? RtcpEvents.Goodbye : RtcpEvents.None;
            }

            events |= packet.IsPictureRequest ? RtcpEvents.PictureRequest : RtcpEvents.None;
        }

        return events;
    }

    /// <summary>Writes the report that is due and sets the next deadline.</summary>
    /// <returns>Octets written; 0 when the buffer is shorter than <see cref="MaxLength"/> and too short.</returns>
    public int WriteReport(Span<byte> buffer, TimeSpan now, DateTimeOffset utcNow)
    {
        NextDeadline = now + Randomised(s_interval);
        return Write(buffer, now, utcNow, goodbye: false);
    }

    /// <summary>Writes a last report with BYE.</summary>
    public int WriteGoodbye(Span<byte> buffer, TimeSpan now, DateTimeOffset utcNow) => Write(buffer, now, utcNow, goodbye: true);

    private int Write(Span<byte> buffer, TimeSpan now, DateTimeOffset utcNow, bool goodbye)
    {
        Span<ReportBlock> blocks = stackalloc ReportBlock[1];
        var count = 0;
        if (Reception.HasSource)
        {
            var known = _peerReport != 0 && _peerSsrc == Reception.Ssrc;
            blocks[count++] = Reception.TakeBlock(known ? _peerReport : 0, known ? NtpTime.ToCompact(now - _peerReportAt) : 0);
        }

        var writer = new RtcpWriter(buffer);
        if (_sentPackets != _sentAtLastReport)
        {
            // The timestamp of this very instant, not of the last packet (RFC 3550 §6.4.1).
            var stamp = _lastStamp + (uint)((now - _lastStampAt).Ticks * ClockRate / TimeSpan.TicksPerSecond);
            _lastSentNtp = NtpTime.From(utcNow);
            _lastSentAt = now;
            _sentAtLastReport = _sentPackets;
            writer.AddSenderReport(new SenderInfo(Ssrc, _lastSentNtp, stamp, _sentPackets, _sentOctets), blocks[..count]);
        }
        else
        {
            writer.AddReceiverReport(Ssrc, blocks[..count]);
        }

        writer.AddCname(Ssrc, _cname);
        if (goodbye)
        {
            writer.AddGoodbye(Ssrc);
        }

        return writer.Length;
    }

    /// <summary>RFC 3550 §6.4.1: now - LSR - DLSR. LSR must be our last report's, whose moment we know on our own clock.</summary>
    private RtcpEvents Measure(in ReportBlock block, TimeSpan now)
    {
        if (block.LastReport == 0 || _lastSentNtp == 0 || block.LastReport != (uint)(_lastSentNtp >> 16))
        {
            return RtcpEvents.None;
        }

        var roundTrip = now - _lastSentAt - NtpTime.FromCompact(block.DelaySinceLastReport);
        RoundTrip = roundTrip > TimeSpan.Zero ? roundTrip : TimeSpan.Zero;
        return RtcpEvents.RoundTrip;
    }

    private TimeSpan Randomised(TimeSpan interval)
    {
        Span<byte> bytes = stackalloc byte[2];
        _random.GetBytes(bytes);
        var share = 0.5 + (BitConverter.ToUInt16(bytes) / 65536.0);
        return interval * (share / s_compensation);
    }
}
