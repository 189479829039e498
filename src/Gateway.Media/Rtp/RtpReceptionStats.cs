using Gateway.Media.Srtp;

namespace Gateway.Media.Rtp;

/// <summary>What a receiver reports of one source (RFC 3550 §6.4.1).</summary>
/// <param name="Ssrc">The source.</param>
/// <param name="FractionLost">Packets lost since the last report, of 256.</param>
/// <param name="Lost">Packets lost in all; negative when more came than were expected.</param>
/// <param name="HighestSequence">The highest sequence number, extended by its rollovers.</param>
/// <param name="Jitter">In timestamp units.</param>
/// <param name="LastReport">The middle 32 bits of the NTP time of the source's last sender report, or 0.</param>
/// <param name="DelaySinceLastReport">Time since that report came, in 1/65536 s.</param>
public readonly record struct ReportBlock(
    uint Ssrc, byte FractionLost, int Lost, uint HighestSequence, uint Jitter, uint LastReport, uint DelaySinceLastReport);

/// <summary>
/// What was received of a source: extended sequence number, loss and jitter after RFC 3550 A.1, A.3 and A.8, and the repeated and late packets besides.
/// A change of SSRC or a confirmed restart begins the count anew.
/// </summary>
/// <remarks>Feed it authenticated packets. One thread at a time; no allocation per packet.</remarks>
public sealed class RtpReceptionStats(int clockRate)
{
    private const int MaxDropout = 3000;
    private const int MaxMisorder = 100;

    private IndexWindow _seen;
    private ulong _base;
    private int _badNext = -1;
    private long _expectedPrior;
    private long _receivedPrior;
    private uint _transit;
    private uint _lastTimestamp;
    private long _jitter16; // jitter times 16, as in A.8

    /// <summary>The source that is counted.</summary>
    public uint Ssrc { get; private set; }

    /// <summary>True once a packet was counted.</summary>
    public bool HasSource => _seen.Started;

    /// <summary>Packets received, repeated ones included (RFC 3550 A.3).</summary>
    public long Received { get; private set; }

    /// <summary>Octets of payload received.</summary>
    public long Octets { get; private set; }

    /// <summary>Packets that came twice.</summary>
    public long Duplicates { get; private set; }

    /// <summary>Packets that came later than one with a higher number.</summary>
    public long Reordered { get; private set; }

    /// <summary>How often the count began anew.</summary>
    public int Restarts { get; private set; }

    /// <summary>When the last packet came.</summary>
    public TimeSpan LastAt { get; private set; }

    /// <summary>Packets that the sequence numbers say were sent.</summary>
    public long Expected => HasSource ? (long)(_seen.Highest - _base) + 1 : 0;

    /// <summary>Packets that did not come; negative with repeated ones.</summary>
    public long Lost => Expected - Received;

    /// <summary>The interarrival jitter.</summary>
    public TimeSpan Jitter => TimeSpan.FromSeconds(_jitter16 / 16.0 / ClockRate);

    /// <summary>Timestamp units a second; may change with the payload type.</summary>
    public int ClockRate { get; set; } = clockRate;

    /// <summary>Counts a packet.</summary>
    public void Receive(in RtpPacket packet, TimeSpan now)
    {
        var sequence = packet.Sequence;
        if (!HasSource || packet.Ssrc != Ssrc)
        {
            Begin(packet.Ssrc, sequence);
        }
        else
        {
            int ahead = (short)(sequence - (ushort)_seen.Highest);
            if (ahead > MaxDropout || ahead < -MaxMisorder)
            {
                // Two packets in a row prove a restart; one alone is a stray (RFC 3550 A.1).
                if (sequence != _badNext)
                {
                    _badNext = (ushort)(sequence + 1);
                    return;
                }

                Begin(packet.Ssrc, sequence);
            }
            else
            {
                Count(_seen.Highest + (ulong)ahead, ahead);
            }
        }

        Received++;
        Octets += packet.Payload.Length;
        LastAt = now;
        Measure(packet.Timestamp, now);
    }

    /// <summary>The block for a report; the fraction covers the time since the last call.</summary>
    public ReportBlock TakeBlock(uint lastReport, uint delaySinceLastReport)
    {
        var expected = Expected;
        var expectedInterval = expected - _expectedPrior;
        var lostInterval = expectedInterval - (Received - _receivedPrior);
        _expectedPrior = expected;
        _receivedPrior = Received;
        var fraction = expectedInterval <= 0 || lostInterval <= 0 ? 0 : (lostInterval << 8) / expectedInterval; // A.3
        return new ReportBlock(
            Ssrc,
            (byte)Math.Min(fraction, 255),
            (int)Math.Clamp(Lost, -0x80_0000, 0x7F_FFFF),
            (uint)(_seen.Highest - 0x1_0000),
            (uint)(_jitter16 >> 4),
            lastReport,
            delaySinceLastReport);
    }

    private void Begin(uint ssrc, ushort sequence)
    {
        if (HasSource)
        {
            Restarts++;
        }

        Ssrc = ssrc;
        _seen = default;
        _base = 0x1_0000UL + sequence; // one rollover up, so that late packets from before the first have a number
        _seen.Mark(_base);
        _badNext = -1;
        _expectedPrior = _receivedPrior = 0;
        _jitter16 = 0;
        _transit = 0;
        Received = Octets = Duplicates = Reordered = 0;
    }

    private void Count(ulong index, int ahead)
    {
        _badNext = -1;
        if (ahead <= 0)
        {
            if (_seen.Check(index) == SrtpStatus.Replayed)
            {
                Duplicates++;
            }
            else
            {
                Reordered++;
            }
        }

        if (index < _base)
        {
            _base = index; // the stream began before the packet that came first
        }

        _seen.Mark(index);
    }

    private void Measure(uint timestamp, TimeSpan now)
    {
        // Packets of one digit or one picture share a timestamp; only the first tells about the network.
        if (Received > 1 && timestamp == _lastTimestamp)
        {
            return;
        }

        var arrival = (uint)((now.Ticks / TimeSpan.TicksPerSecond * ClockRate) + (now.Ticks % TimeSpan.TicksPerSecond * ClockRate / TimeSpan.TicksPerSecond));
        var transit = arrival - timestamp;
        if (Received > 1)
        {
            // A.8: 1/16 of each difference, in integers. A difference of seconds is a clock set anew and not jitter.
            var difference = Math.Abs((long)(int)(transit - _transit));
            if (difference < ClockRate * 10L)
            {
                _jitter16 += difference - ((_jitter16 + 8) >> 4);
            }
        }

        _transit = transit;
        _lastTimestamp = timestamp;
    }
}
