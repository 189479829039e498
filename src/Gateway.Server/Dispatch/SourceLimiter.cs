using System.Net;
using System.Net.Sockets;

namespace Gateway.Server.Dispatch;

/// <summary>
/// A token bucket per source for what anyone may send unasked (challenges, OPTIONS). Memory is bounded: when too many
/// sources are known, those that are full again, the quiet ones, are forgotten, else newcomers share one bucket. Loop-only.
/// </summary>
/// <param name="perSecond">Tokens that come back per second.</param>
/// <param name="burst">Tokens of a source that was quiet.</param>
internal sealed class SourceLimiter(double perSecond, double burst, int capacity = 16_384)
{
    private struct Bucket
    {
        public double Tokens;
        public TimeSpan At;
    }

    private readonly Dictionary<UInt128, Bucket> _buckets = [];
    private TimeSpan _nextSweep;

    public int Count => _buckets.Count;

    public bool Take(IPAddress source, TimeSpan now)
    {
        var key = Key(source);
        if (!_buckets.ContainsKey(key) && _buckets.Count >= capacity)
        {
            Sweep(now);
            if (_buckets.Count >= capacity)
            {
                key = UInt128.MaxValue;
            }
        }

        ref var bucket = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_buckets, key, out var known);
        if (!known)
        {
            bucket = new Bucket { Tokens = burst, At = now };
        }

        bucket.Tokens = Math.Min(burst, bucket.Tokens + ((now - bucket.At).TotalSeconds * perSecond));
        bucket.At = now;
        if (bucket.Tokens < 1)
        {
            return false;
        }

        bucket.Tokens--;
        return true;
    }

    private void Sweep(TimeSpan now)
    {
        if (now < _nextSweep)
        {
            return;
        }

        _nextSweep = now + TimeSpan.FromSeconds(1);
        foreach (var (key, bucket) in _buckets)
        {
            if (bucket.Tokens + ((now - bucket.At).TotalSeconds * perSecond) >= burst)
            {
                _buckets.Remove(key);
            }
        }
    }

    /// <summary>An IPv4 address, or the /64 of an IPv6 one: who has an IPv6 line has that many addresses.</summary>
    internal static UInt128 Key(IPAddress source)
    {
        Span<byte> bytes = stackalloc byte[16];
        source.TryWriteBytes(bytes, out var length);
        if (source.AddressFamily == AddressFamily.InterNetworkV6)
        {
            return source.IsIPv4MappedToIPv6
                ? System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes[12..])
                : new UInt128(System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes), 1);
        }

        return length == 4 ? System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes) : UInt128.Zero;
    }
}
