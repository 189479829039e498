namespace Gateway.Net.Sip;

/// <summary>The monotonic clock that all loops share: time since it was made.</summary>
public sealed class LoopClock(TimeProvider time)
{
    private readonly long _origin = time.GetTimestamp();

    public TimeSpan Now => time.GetElapsedTime(_origin);
}
