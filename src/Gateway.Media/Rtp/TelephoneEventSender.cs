namespace Gateway.Media.Rtp;

/// <summary>
/// Sends digits as telephone events (RFC 4733 §2.5.1): a packet every packet time with a growing duration, then the end three times; all under the timestamp
/// of the start, the first with the marker. The sequence numbers are the outgoing stream's own.
/// </summary>
/// <remarks>While <see cref="IsActive"/>, the audio of the source should not be sent. One thread at a time.</remarks>
public sealed class TelephoneEventSender(int clockRate, TimeSpan packetTime)
{
    /// <summary>Octets of a packet: header and event.</summary>
    public const int PacketLength = RtpHeader.MinLength + TelephoneEvent.Length;

    private const int MaxQueued = 32;
    private const byte Volume = 10;
    private const int Ends = 3;

    private static readonly TimeSpan s_gap = TimeSpan.FromMilliseconds(60);
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(6);

    private readonly Queue<DtmfDigit> _queue = new();
    private bool _sending;
    private byte _code;
    private uint _stamp;
    private int _units;    // sent so far
    private int _total;    // units of the whole digit
    private int _before;   // units of the segments before this one
    private int _endsLeft;
    private bool _first;
    private TimeSpan _due;

    /// <summary>True while a digit or its pause is under way or waiting.</summary>
    public bool IsActive => _sending || _queue.Count > 0;

    /// <summary>True while a digit is half sent; false in the pause between two and while one waits.</summary>
    public bool IsSending => _sending;

    /// <summary>When <see cref="TryWrite"/> has the next packet; null when nothing waits.</summary>
    public TimeSpan? NextDeadline => IsActive ? _due : null;

    /// <summary>Queues a digit; false when too many wait. The duration is brought between 40 ms and 6 s.</summary>
    public bool Enqueue(DtmfDigit digit, TimeSpan now)
    {
        if (_queue.Count == MaxQueued)
        {
            return false;
        }

        if (!IsActive && _due < now)
        {
            _due = now;
        }

        _queue.Enqueue(digit);
        return true;
    }

    /// <summary>Writes the packet that is due, if one is; call it again until it returns false.</summary>
    /// <param name="now">The time.</param>
    /// <param name="stream">The outgoing stream, which gives number and timestamp.</param>
    /// <param name="payloadType">The payload type of telephone-event on the outgoing side.</param>
    /// <param name="packet">At least <see cref="PacketLength"/> octets and room for protection.</param>
    public bool TryWrite(TimeSpan now, RtpRewriter stream, byte payloadType, Span<byte> packet)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!IsActive || now < _due)
        {
            return false;
        }

        if (!_sending)
        {
            Begin(_queue.Dequeue(), stream.TimestampAt(now));
            _due = now; // a digit that had to wait keeps its length and does not leave in one burst
        }

        var ended = _units >= _total;
        if (!ended)
        {
            _units = Math.Min(_units + Units(packetTime), _total);
            ended = _units >= _total;
        }

        // A segment holds at most 2^16 - 1 units: the event goes on in another one, without marker (§2.5.1.3).
        if (_units - _before > ushort.MaxValue)
        {
            _before += ushort.MaxValue;
            _stamp += ushort.MaxValue;
        }

        stream.WriteOwn(packet, payloadType, _first, _stamp, now);
        new TelephoneEvent(_code, ended, Volume, (ushort)(_units - _before)).Write(packet[RtpHeader.MinLength..]);
        _first = false;
        _due += packetTime;
        if (ended && --_endsLeft == 0)
        {
            _sending = false;
            _due += s_gap;
        }

        return true;
    }

    private void Begin(DtmfDigit digit, uint timestamp)
    {
        var duration = digit.Duration < s_shortest ? s_shortest : digit.Duration > s_longest ? s_longest : digit.Duration;
        _sending = true;
        _code = digit.Code;
        _stamp = timestamp;
        _units = _before = 0;
        _total = Units(duration);
        _endsLeft = Ends;
        _first = true;
    }

    private int Units(TimeSpan span) => (int)(span.Ticks * clockRate / TimeSpan.TicksPerSecond);
}
