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

    /// <summary>Each in turn is first as often as its weight says; one of weight 0 comes after all others.</summary>
    private static void Draw(List<Trunk> left, RandomNumberGenerator random, ImmutableArray<Trunk>.Builder order)
    {
        while (left.Count > 1)
        {
            var total = left.Sum(static trunk => (long)Weight(trunk));
            var at = total == 0 ? 0 : Below(random, total);
            var chosen = total == 0 ? 0 : left.FindIndex(trunk => (at -= Weight(trunk)) < 0);
            order.Add(left[chosen]);
            left.RemoveAt(chosen);
        }

        order.AddRange(left);
    }

    private static int Weight(Trunk trunk) => Math.Max(0, trunk.Weight);

    private static long Below(RandomNumberGenerator random, long most)
    {
        Span<byte> bytes = stackalloc byte[8];
        random.GetBytes(bytes);
        return (long)(BitConverter.ToUInt64(bytes) % (ulong)most);
    }
}
