using System.Buffers.Binary;
using System.Security.Cryptography;
using Gateway.Media.Srtp;

namespace Gateway.Media.Rtp;

/// <summary>What became of a packet in the rewriter; everything but <see cref="Ok"/> means: drop it and count it.</summary>
public enum RewriteStatus
{
    /// <summary>Rewritten.</summary>
    Ok = 0,

    /// <summary>No RTP packet.</summary>
    Malformed,

    /// <summary>Its place in the outgoing stream was filled already.</summary>
    Duplicate,

    /// <summary>It comes from before the last change of the source, or is later than the window reaches.</summary>
    TooOld,

    /// <summary>Its sequence number jumped; the next one decides whether the source has begun anew (RFC 3550 A.1).</summary>
    Probation,
}

/// <summary>
/// Makes one outgoing RTP stream of whatever its sources send: our SSRC, sequence numbers and timestamps that run on when a source changes its SSRC,
/// restarts or is replaced, and a marker where that happens. Lost packets stay lost: a gap in the source is the same gap in the outgoing stream.
/// Every outgoing sequence number is given once; together with the window of <see cref="SrtpSender"/> that keeps SRTP indices unique.
/// </summary>
/// <remarks>One thread at a time; no allocation per packet.</remarks>
public sealed class RtpRewriter
{
    private const int MaxDropout = 3000; // RFC 3550 A.1
    private const int MaxMisorder = 100;
    private static readonly TimeSpan s_maxClockJump = TimeSpan.FromSeconds(5);

    private int _clockRate;
    private ulong _highestOut;     // the last sequence number given, extended by its rollovers
    private IndexWindow _given;
    private uint _lastStamp;       // the outgoing timestamp ...
    private TimeSpan _lastStampAt; // ... and when it was sent
    private bool _started;

    private bool _hasSource;
    private uint _sourceSsrc;
    private ulong _sourceHighest;  // extended; begins at 2^16 so that the numbers before the first exist
    private ulong _segmentStart;   // older source numbers belong to an earlier mapping
    private ulong _sequenceOffset; // outgoing = source + offset, modulo 2^64
    private uint _stampOffset;
    private uint _sourceStamp;     // the newest source timestamp ...
    private TimeSpan _sourceStampAt;
    private int _badNext = -1;     // the sequence number that would confirm a jump

    /// <summary>Begins a stream.</summary>
    /// <param name="ssrc">The outgoing SSRC.</param>
    /// <param name="firstSequence">The first sequence number; below 2^15, so that losing the first packets cannot make an SRTP peer guess a wrong rollover (RFC 3711 §3.3.1).</param>
    /// <param name="firstTimestamp">The first timestamp.</param>
    /// <param name="clockRate">Timestamp units a second.</param>
    public RtpRewriter(uint ssrc, ushort firstSequence, uint firstTimestamp, int clockRate)
    {
        Ssrc = ssrc;
        _highestOut = (firstSequence & 0x7FFFUL) - 1 + 0x1_0000; // one rollover up, so that the number before the first exists
        _lastStamp = firstTimestamp;
        _clockRate = clockRate;
    }

    /// <summary>The outgoing SSRC.</summary>
    public uint Ssrc { get; }

    /// <summary>Packets that were sent, rewritten or our own.</summary>
    public long Packets { get; private set; }

    /// <summary>How often the source changed or began anew, the first time not counted.</summary>
    public int Switches { get; private set; }

    /// <summary>Begins a stream with random numbers, as RFC 3550 §5.1 wants.</summary>
    public static RtpRewriter Create(RandomNumberGenerator random, int clockRate)
    {
        ArgumentNullException.ThrowIfNull(random);
        Span<byte> bytes = stackalloc byte[10];
        random.GetBytes(bytes);
        return new RtpRewriter(
            BinaryPrimitives.ReadUInt32BigEndian(bytes),
            BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[6..]),
            clockRate);
    }

    /// <summary>Changes the clock after a renegotiation; the next packet begins a new mapping.</summary>
    public void SetClockRate(int clockRate)
    {
        if (clockRate != _clockRate)
        {
            _clockRate = clockRate;
            _hasSource = false;
        }
    }

    /// <summary>Forgets the source: the next packet, whatever its SSRC, begins a new mapping. For a transfer to another leg.</summary>
    public void DropSource() => _hasSource = false;

    /// <summary>The timestamp that belongs to <paramref name="now"/> in the outgoing stream, for packets of our own.</summary>
    public uint TimestampAt(TimeSpan now) => _started ? _lastStamp + Ticks(now - _lastStampAt) : _lastStamp;

    /// <summary>
    /// Rewrites a packet in place. CSRC list, header extension and padding are stripped: the outgoing packet lies in the same buffer,
    /// <paramref name="offset"/> octets behind the start of the incoming one, and its payload has not moved.
    /// </summary>
    /// <param name="packet">Exactly the incoming packet.</param>
    /// <param name="payloadType">The payload type on the outgoing side.</param>
    /// <param name="now">The time.</param>
    /// <param name="offset">Where the outgoing packet begins.</param>
    /// <param name="length">Octets of the outgoing packet.</param>
    public RewriteStatus Rewrite(Span<byte> packet, byte payloadType, TimeSpan now, out int offset, out int length)
    {
        offset = length = 0;
        if (!RtpPacket.TryParse(packet, out var incoming))
        {
            return RewriteStatus.Malformed;
        }

        var timestamp = incoming.Timestamp;
        var status = Map(incoming.Ssrc, incoming.Sequence, timestamp, now, out var outgoing, out var switched);
        if (status != RewriteStatus.Ok)
        {
            return status;
        }

        var stamp = timestamp + _stampOffset;
        Note(outgoing, stamp, now);
        offset = incoming.HeaderLength - RtpHeader.MinLength;
        length = RtpHeader.MinLength + incoming.Payload.Length;
        RtpHeader.Write(packet[offset..], payloadType, incoming.Marker || switched, (ushort)outgoing, stamp, Ssrc);
        return RewriteStatus.Ok;
    }

    /// <summary>
    /// Takes the next sequence number for a packet of our own (a tone, a digit) and writes its header. What the source sends afterwards is numbered behind it;
    /// what it sent before and is still under way is dropped, for its number is taken.
    /// </summary>
    public void WriteOwn(Span<byte> destination, byte payloadType, bool marker, uint timestamp, TimeSpan now)
    {
        var outgoing = _highestOut + 1;
        _sequenceOffset++;
        _segmentStart = _sourceHighest + 1;
        Note(outgoing, timestamp, now);
        RtpHeader.Write(destination, payloadType, marker, (ushort)outgoing, timestamp, Ssrc);
    }

    /// <summary>
    /// A packet of the source goes nowhere (a digit that is told by other means, a codec that the other side has not): the outgoing stream closes over it,
    /// so that nobody takes it for lost. Packets from before it that are still under way are dropped.
    /// </summary>
    public void Skip(in RtpPacket packet)
    {
        int ahead = (short)(packet.Sequence - (ushort)_sourceHighest);
        if (_hasSource && packet.Ssrc == _sourceSsrc && ahead is > 0 and <= MaxDropout)
        {
            _sourceHighest += (ulong)ahead;
            _segmentStart = _sourceHighest + 1;
            _sequenceOffset--;
        }
    }

    private RewriteStatus Map(uint ssrc, ushort sequence, uint timestamp, TimeSpan now, out ulong outgoing, out bool switched)
    {
        outgoing = 0;
        switched = !_hasSource || ssrc != _sourceSsrc;
        if (switched)
        {
            Begin(ssrc, sequence, timestamp, now);
            outgoing = _sourceHighest + _sequenceOffset;
            return RewriteStatus.Ok;
        }

        int ahead = (short)(sequence - (ushort)_sourceHighest);
        if (ahead > MaxDropout || ahead < -MaxMisorder)
        {
            if (sequence != _badNext)
            {
                _badNext = (ushort)(sequence + 1);
                return RewriteStatus.Probation;
            }

            switched = true;
            Begin(ssrc, sequence, timestamp, now);
            outgoing = _sourceHighest + _sequenceOffset;
            return RewriteStatus.Ok;
        }

        var source = _sourceHighest + (ulong)ahead;
        if (source < _segmentStart)
        {
            return RewriteStatus.TooOld;
        }

        outgoing = source + _sequenceOffset;
        var seen = _given.Check(outgoing);
        if (seen != SrtpStatus.Ok)
        {
            return seen == SrtpStatus.Replayed ? RewriteStatus.Duplicate : RewriteStatus.TooOld;
        }

        if (ahead > 0)
        {
            _badNext = -1;
            switched = timestamp != _sourceStamp && ClockJumped(timestamp, now); // the packets of a digit share the timestamp of its start
            if (switched)
            {
                _stampOffset = NextStamp(now) - timestamp;
                _segmentStart = source;
            }

            _sourceHighest = source;
            if (timestamp != _sourceStamp)
            {
                _sourceStamp = timestamp;
                _sourceStampAt = now;
            }
        }

        return RewriteStatus.Ok;
    }

    /// <summary>Starts a mapping: the packet gets the next sequence number, and a timestamp as far on as time has gone on.</summary>
    private void Begin(uint ssrc, ushort sequence, uint timestamp, TimeSpan now)
    {
        if (_started)
        {
            Switches++;
        }

        _hasSource = true;
        _sourceSsrc = ssrc;
        _sourceHighest = 0x1_0000UL + sequence;
        _segmentStart = _sourceHighest;
        _sequenceOffset = _highestOut + 1 - _sourceHighest;
        _stampOffset = NextStamp(now) - timestamp;
        _sourceStamp = timestamp;
        _sourceStampAt = now;
        _badNext = -1;
    }

    /// <summary>A source that keeps its sequence but sets its clock anew, as some phones do after hold.</summary>
    private bool ClockJumped(uint timestamp, TimeSpan now)
    {
        var limit = s_maxClockJump.Ticks * _clockRate / TimeSpan.TicksPerSecond;
        var drift = (long)(int)(timestamp - _sourceStamp) - ((now - _sourceStampAt).Ticks * _clockRate / TimeSpan.TicksPerSecond);
        return Math.Abs(drift) > limit;
    }

    /// <summary>A timestamp for the first packet of a mapping; never the one of the packet before it.</summary>
    private uint NextStamp(TimeSpan now)
    {
        if (!_started)
        {
            return _lastStamp;
        }

        var ticks = Ticks(now - _lastStampAt);
        return _lastStamp + Math.Max(ticks, (uint)(_clockRate / 100));
    }

    private void Note(ulong outgoing, uint stamp, TimeSpan now)
    {
        _given.Mark(outgoing);
        Packets++;
        if (!_started || outgoing > _highestOut)
        {
            if (!_started || stamp != _lastStamp)
            {
                _lastStamp = stamp;
                _lastStampAt = now;
            }

            _highestOut = outgoing;
            _started = true;
        }
    }

    private uint Ticks(TimeSpan elapsed) => elapsed <= TimeSpan.Zero ? 0 : (uint)(elapsed.Ticks * _clockRate / TimeSpan.TicksPerSecond);
}
