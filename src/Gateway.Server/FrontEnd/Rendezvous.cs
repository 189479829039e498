using System.Text;

namespace Gateway.Server.FrontEnd;

/// <summary>
/// Which of several hops a key belongs to, by highest random weight: every node that has the same list says the same, and a
/// hop that comes or goes moves only the keys that it gets or had.
/// </summary>
internal static class Rendezvous
{
    private const ulong Offset = 14695981039346656037;
    private const ulong Prime = 1099511628211;

    /// <summary>The index of the hop; -1 when none may be taken.</summary>
    /// <param name="hops">Their names; the order does not matter.</param>
    /// <param name="key">What is to stay together, such as a Call-ID.</param>
    /// <param name="isOpen">False for hops that are to be passed over.</param>
    public static int Pick(IReadOnlyList<string> hops, ReadOnlySpan<byte> key, Func<int, bool> isOpen)
    {
        var keyed = Hash(Offset, key);
        var best = -1;
        var most = 0ul;
        Span<byte> name = stackalloc byte[512];
        for (var i = 0; i < hops.Count; i++)
        {
            if (!isOpen(i))
            {
                continue;
            }

            var length = Encoding.UTF8.GetBytes(hops[i].AsSpan(0, Math.Min(hops[i].Length, 128)), name);
            var weight = Mix(Hash(keyed, name[..length]));
            if (best < 0 || weight > most)
            {
                (best, most) = (i, weight);
            }
        }

        return best;
    }

    // FNV-1a, then a finaliser, since FNV's high bits hardly depend on the last bytes.
    private static ulong Hash(ulong hash, ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes)
        {
            hash = (hash ^ b) * Prime;
        }

        return hash;
    }

    private static ulong Mix(ulong hash)
    {
        hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9;
        hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EB;
        return hash ^ (hash >> 31);
    }
}
