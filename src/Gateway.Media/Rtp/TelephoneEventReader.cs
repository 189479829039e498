namespace Gateway.Media.Rtp;

/// <summary>A digit that was pressed and released.</summary>
/// <param name="Code">The event code, 0 to 16.</param>
/// <param name="Duration">How long it was held, as far as packets told.</param>
public readonly record struct DtmfDigit(byte Code, TimeSpan Duration)
{
    /// <summary>The digit, or NUL for a hook flash.</summary>
    public char Digit => TelephoneEvent.DigitOf(Code);
}

/// <summary>
/// Makes one digit of the packets of a telephone event (RFC 4733 §2.5.2): an event is known by its timestamp, so its three end packets, repeated packets
/// and lost ones do not matter. An event whose end never comes ends with the next event, or by silence.
/// </summary>
/// <remarks>One thread at a time; no allocation per packet.</remarks>
public sealed class TelephoneEventReader(int clockRate)
{
    private const byte HighestCode = 16;

    /// <summary>Silence after which an event counts as ended: its packets come every 50 ms at most.</summary>
    private static readonly TimeSpan s_silence = TimeSpan.FromMilliseconds(200);

    /// <summary>How long packets of an event that ended may still come; later, an older timestamp is a source that began anew.</summary>
    private static readonly TimeSpan s_late = TimeSpan.FromSeconds(2);

    private readonly DtmfDigit[] _ready = new DtmfDigit[4];
    private int _readyCount;
    private byte _code;
    private uint _segment;    // the timestamp of the current segment
    private uint _before;     // units of the segments before it
    private ushort _duration; // of the segment
    private TimeSpan _lastAt;
    private uint _ended;      // the timestamp of the last event that ended ...
    private TimeSpan _endedAt;
    private bool _hasEnded;

    /// <summary>True while a digit is held.</summary>
    public bool IsActive { get; private set; }

    /// <summary>The code of the digit that is held.</summary>
    public byte ActiveCode => _code;

    /// <summary>When <see cref="Poll"/> may end the digit that is held; null when none is.</summary>
    public TimeSpan? NextDeadline => IsActive ? _lastAt + s_silence : null;

    /// <summary>Takes a packet of the event payload type. Afterwards <see cref="TryTake"/> yields what ended.</summary>
    /// <param name="timestamp">The RTP timestamp.</param>
    /// <param name="payload">The payload.</param>
    /// <param name="now">The time.</param>
    /// <returns>False when it is no event that the gateway knows.</returns>
    public bool Receive(uint timestamp, ReadOnlySpan<byte> payload, TimeSpan now)
    {
        if (!TelephoneEvent.TryParse(payload, out var parsed) || parsed.Code > HighestCode)
        {
            return false;
        }

        if (_hasEnded && now - _endedAt < s_late && (int)(timestamp - _ended) <= 0)
        {
            return true; // one of the repeated ends, or a packet overtaken by them
        }

        if (IsActive && timestamp != _segment && (int)(timestamp - _segment) < 0)
        {
            return true;
        }

        if (IsActive && timestamp != _segment)
        {
            // A long event goes on in a segment that begins where the last one ended (§2.5.1.3). Another timestamp is another event.
            if (parsed.Code == _code && timestamp - _segment == ushort.MaxValue)
            {
                _before += ushort.MaxValue;
                _duration = 0;
                _segment = timestamp;
            }
            else
            {
                Finish(now);
            }
        }

        if (!IsActive)
        {
            IsActive = true;
            _code = parsed.Code;
            _segment = timestamp;
            _before = 0;
            _duration = 0;
        }

        _lastAt = now;
        _duration = Math.Max(_duration, parsed.Duration);
        if (parsed.End)
        {
            Finish(now);
        }

        return true;
    }

    /// <summary>Ends a digit whose end packets were lost.</summary>
    public void Poll(TimeSpan now)
    {
        if (IsActive && now - _lastAt >= s_silence)
        {
            Finish(now);
        }
    }

    /// <summary>Takes the next digit that ended.</summary>
    public bool TryTake(out DtmfDigit digit)
    {
        digit = default;
        if (_readyCount == 0)
        {
            return false;
        }

        digit = _ready[0];
        Array.Copy(_ready, 1, _ready, 0, --_readyCount);
        return true;
    }

    private void Finish(TimeSpan now)
    {
        IsActive = false;
        _hasEnded = true;
        _ended = _segment;
        _endedAt = now;
        if (_readyCount < _ready.Length)
        {
            _ready[_readyCount++] = new DtmfDigit(_code, TimeSpan.FromSeconds((_before + _duration) / (double)clockRate));
        }
    }
}
