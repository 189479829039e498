namespace Gateway.Media.Srtp;

/// <summary>
/// The highest packet index seen and which of the 128 up to it were seen: the replay list of a receiver (RFC 3711 §3.3.2)
/// and, with the same arithmetic, the sent-window of a sender.
/// </summary>
internal struct IndexWindow
{
    /// <summary>Packets that the window reaches back.</summary>
    public const int Size = 128;

    private ulong _recent; // bit n: highest - n
    private ulong _older;  // bit n: highest - 64 - n

    /// <summary>True once an index was marked.</summary>
    public bool Started { get; private set; }

    /// <summary>The highest index marked.</summary>
    public ulong Highest { get; private set; }

    /// <summary>Guesses the 48-bit index of a 16-bit sequence number (RFC 3711 §3.3.1). False when that lies before index 0.</summary>
    public readonly bool TryEstimate(ushort sequence, out ulong index)
    {
        if (!Started)
        {
            index = sequence; // rollover 0 before the first packet
            return true;
        }

        var last = (int)(Highest & 0xFFFF);
        var rollover = Highest >> 16;
        if (last < 0x8000)
        {
            if (sequence - last > 0x8000)
            {
                index = ((rollover - 1) << 16) | sequence;
                return rollover != 0;
            }
        }
        else if (last - 0x8000 > sequence)
        {
            rollover++;
        }

        index = (rollover << 16) | sequence;
        return true;
    }

    /// <summary>Says whether the index is new, seen, or beyond the window's reach. Changes nothing.</summary>
    public readonly SrtpStatus Check(ulong index)
    {
        if (!Started || index > Highest)
        {
            return SrtpStatus.Ok;
        }

        var age = Highest - index;
        if (age >= Size)
        {
            return SrtpStatus.TooOld;
        }

        var bit = age < 64 ? _recent >> (int)age : _older >> (int)(age - 64);
        return (bit & 1) == 0 ? SrtpStatus.Ok : SrtpStatus.Replayed;
    }

    /// <summary>Marks an index as seen: only after its packet was authenticated (or sent).</summary>
    public void Mark(ulong index)
    {
        if (!Started)
        {
            Started = true;
            Highest = index;
            _recent = 1;
            return;
        }

        if (index <= Highest)
        {
            var age = Highest - index;
            if (age < 64)
            {
                _recent |= 1UL << (int)age;
            }
            else if (age < Size)
            {
                _older |= 1UL << (int)(age - 64);
            }

            return;
        }

        var ahead = index - Highest;
        Highest = index;
        if (ahead < 64)
        {
            var n = (int)ahead;
            _older = (_older << n) | (_recent >> (64 - n));
            _recent <<= n;
        }
        else
        {
            _older = ahead < Size ? _recent << (int)(ahead - 64) : 0;
            _recent = 0;
        }

        _recent |= 1;
    }
}
