using Gateway.Media;

namespace Gateway.Net.Media;

/// <summary>
/// Bounds how many error answers a host that has proved nothing can have, so that the port is no reflector (threat 13).
/// Fixed memory: hosts that share a bucket share its allowance.
/// </summary>
internal sealed class SourceLimiter(int burst, int perSecond)
{
    private const int Buckets = 4096; // a power of two
    private readonly Bucket[] _buckets = new Bucket[Buckets];

    /// <summary>May the host have an error answer?</summary>
    public bool Allows(in MediaAddress source, TimeSpan now) => Fill(source, now).Tokens >= 1;

    /// <summary>The host had one, or asked for one.</summary>
    public void Charge(in MediaAddress source, TimeSpan now)
    {
        ref var bucket = ref Fill(source, now);
        bucket.Tokens = Math.Max(0, bucket.Tokens - 1);
    }

    private ref Bucket Fill(in MediaAddress source, TimeSpan now)
    {
        ref var bucket = ref _buckets[(uint)source.WithPort(0).GetHashCode() & (Buckets - 1)];
        if (!bucket.Used)
        {
            bucket = new Bucket { Used = true, Tokens = burst, At = now };
        }

        bucket.Tokens = Math.Min(burst, bucket.Tokens + ((now - bucket.At).TotalSeconds * perSecond));
        bucket.At = now;
        return ref bucket;
    }

    private struct Bucket
    {
        public bool Used;
        public double Tokens;
        public TimeSpan At;
    }
}
