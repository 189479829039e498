using Gateway.Media;

namespace Gateway.Net.Media;

/// <summary>
/// Bounds what a source host that has proved nothing may make the port do: each refused check costs it a token, and without
/// tokens it is not listened to (threat 13). A NAT full of browsers whose checks are right pays nothing.
/// Fixed memory: hosts that share a bucket share its allowance.
/// </summary>
internal sealed class SourceLimiter(int burst, int perSecond)
{
    private const int Buckets = 4096; // a power of two
    private readonly Bucket[] _buckets = new Bucket[Buckets];

    /// <summary>May the host be listened to?</summary>
    public bool Allows(in MediaAddress source, TimeSpan now) => Fill(source, now).Tokens >= 1;

    /// <summary>The host was refused something.</summary>
    public void Charge(in MediaAddress source, TimeSpan now) => Fill(source, now).Tokens--;

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
