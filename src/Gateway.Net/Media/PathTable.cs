using Gateway.Media.Ice;

namespace Gateway.Net.Media;

/// <summary>
/// Finds the leg of a datagram on a shared port by its 5-tuple: open addressing with linear probing, values in one array,
/// nothing allocated by a look-up. Only paths whose check was authenticated are in it.
/// </summary>
internal sealed class PathTable
{
    private Entry[] _entries = new Entry[64];

    public int Count { get; private set; }

    public LegSlot? Find(in IcePath path)
    {
        var mask = _entries.Length - 1;
        for (var i = Start(path, mask); _entries[i].Leg is { } leg; i = (i + 1) & mask)
        {
            if (_entries[i].Path == path)
            {
                return leg;
            }
        }

        return null;
    }

    /// <summary>The last authenticated check decides whose path it is: a browser's port may serve a new call after an old one.</summary>
    public void Set(in IcePath path, LegSlot leg)
    {
        if ((Count + 1) * 2 > _entries.Length)
        {
            Grow();
        }

        var mask = _entries.Length - 1;
        var at = Start(path, mask);
        while (_entries[at].Leg is not null && _entries[at].Path != path)
        {
            at = (at + 1) & mask;
        }

        Count += _entries[at].Leg is null ? 1 : 0;
        _entries[at] = new Entry { Path = path, Leg = leg };
    }

    /// <summary>Removes the path unless another leg has taken it over.</summary>
    public void Remove(in IcePath path, LegSlot leg)
    {
        var mask = _entries.Length - 1;
        var hole = Start(path, mask);
        while (_entries[hole].Leg is not null && _entries[hole].Path != path)
        {
            hole = (hole + 1) & mask;
        }

        if (_entries[hole].Leg != leg)
        {
            return;
        }

        Count--;
        _entries[hole] = default;
        // Close the gap: whatever was pushed past it by a collision moves back.
        for (var i = (hole + 1) & mask; _entries[i].Leg is not null; i = (i + 1) & mask)
        {
            var wanted = Start(_entries[i].Path, mask);
            if (((i - wanted) & mask) >= ((i - hole) & mask))
            {
                _entries[hole] = _entries[i];
                _entries[i] = default;
                hole = i;
            }
        }
    }

    private static int Start(in IcePath path, int mask)
    {
        var hash = (uint)path.Remote.GetHashCode() + ((uint)path.Local * 0x9E3779B9u);
        return (int)((hash ^ (hash >> 15)) & (uint)mask);
    }

    private void Grow()
    {
        var old = _entries;
        _entries = new Entry[old.Length * 2];
        Count = 0;
        foreach (var entry in old)
        {
            if (entry.Leg is { } leg)
            {
                Set(entry.Path, leg);
            }
        }
    }

    private struct Entry
    {
        public IcePath Path;
        public LegSlot? Leg;
    }
}
