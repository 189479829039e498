using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;

namespace Gateway.Sip;

/// <summary>
/// The order in which the targets of a service are tried (RFC 2782, "Usage rules"): by priority, and within one priority
/// drawn at random in proportion to the weights.
/// </summary>
public static class SrvOrder
{
    public static ImmutableArray<SrvRecord> Draw(IEnumerable<SrvRecord> records, RandomNumberGenerator random)
    {
        var ordered = ImmutableArray.CreateBuilder<SrvRecord>();
        foreach (var group in records.GroupBy(record => record.Priority).OrderBy(group => group.Key))
        {
            // Records of weight 0 come first, so that the number 0 draws one of them: a small chance, as the RFC wants. Where
            // there are none 0 is not drawn: it would be one share more for whoever stands first.
            var left = group.OrderBy(record => record.Weight != 0).ToList();
            while (left.Count > 0)
            {
                var at = Choose(left, random);
                ordered.Add(left[at]);
                left.RemoveAt(at);
            }
        }

        return ordered.ToImmutable();
    }

    private static int Choose(List<SrvRecord> left, RandomNumberGenerator random)
    {
        var total = (uint)left.Sum(record => record.Weight);
        if (total == 0)
        {
            return (int)Number(random, (uint)left.Count - 1);
        }

        var drawn = left[0].Weight == 0 ? Number(random, total) : Number(random, total - 1) + 1;
        var at = 0;
        for (uint sum = left[0].Weight; sum < drawn; sum += left[at].Weight)
        {
            at++;
        }

        return at;
    }

    /// <summary>A number from 0 to <paramref name="highest"/>, both included, each as likely as the others.</summary>
    private static uint Number(RandomNumberGenerator random, uint highest)
    {
        Span<byte> bytes = stackalloc byte[8];
        var count = (ulong)highest + 1;
        var fair = ulong.MaxValue - (ulong.MaxValue % count);
        ulong value;
        do
        {
            random.GetBytes(bytes);
            value = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        }
        while (value >= fair);

        return (uint)(value % count);
    }
}
