using System.Collections.Immutable;
using System.Security.Cryptography;
using Gateway.Server.Trunks;

namespace Gateway.Server.Routing;

/// <summary>In which order the trunks of a group are tried: usable before down, then by priority, then by chance and weight.</summary>
internal static class TrunkOrder
{
    public static ImmutableArray<Trunk> Of(IEnumerable<Trunk> trunks, TrunkBoard board, RandomNumberGenerator random)
    {
        var order = ImmutableArray.CreateBuilder<Trunk>();
        foreach (var level in trunks.GroupBy(trunk => (IsDown: !board.IsUsable(trunk.Id), trunk.Priority)).OrderBy(level => level.Key))
        {
            Draw([.. level], random, order);
        }

        return order.ToImmutable();
    }

    /// <summary>As RFC 2782 draws among SRV records of one priority: weight 0 is nearly never first.</summary>
    private static void Draw(List<Trunk> left, RandomNumberGenerator random, ImmutableArray<Trunk>.Builder order)
    {
        left.Sort(static (a, b) => Math.Sign(Weight(a)).CompareTo(Math.Sign(Weight(b))));
        while (left.Count > 1)
        {
            var total = left.Sum(static trunk => (long)Weight(trunk));
            var at = Draw(random, total);
            var chosen = left.FindIndex(trunk => (at -= Weight(trunk)) <= 0);
            order.Add(left[chosen]);
            left.RemoveAt(chosen);
        }

        order.AddRange(left);
    }

    private static int Weight(Trunk trunk) => Math.Max(0, trunk.Weight);

    /// <summary>0 to most, both included.</summary>
    private static long Draw(RandomNumberGenerator random, long most)
    {
        Span<byte> bytes = stackalloc byte[8];
        random.GetBytes(bytes);
        return (long)(BitConverter.ToUInt64(bytes) % ((ulong)most + 1));
    }
}
