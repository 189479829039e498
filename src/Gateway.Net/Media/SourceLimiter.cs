using Gateway.Media;

namespace Gateway.Net.Media;

/// <summary>
/// Lets a source host make a bounded number of checks before it has proved anything, so that the port cannot be made to
/// work or to answer for a stranger (threat 13). Fixed memory: hosts that share a bucket share its allowance.
/// </summary>
internal sealed class SourceLimiter(int burst, int perSecond)
{
    private const int Buckets = 4096; // a power of two
    private readonly Bucket[] _buckets = new Bucket[Buckets];

    public bool TryTake(in MediaAddress source, TimeSpan now)
    {
        ref var bucket = ref _buckets[(uint)source.WithPort(0).GetHashCode() & (Buckets - 1)];
        if (!bucket.Used)
        {
            bucket = new Bucket { Used = true, Tokens = burst, At = now };
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

    private struct Bucket
    {
        public bool Used;
        public double Tokens;
        public TimeSpan At;
    }
}
