using System.Diagnostics;

namespace Gateway.Bench.Load;

/// <summary>What the media thread counts. Latency is taken in user space on both ends: it has the generator's own wake-ups in it.</summary>
internal sealed class MediaTotals
{
    private const int Capacity = 8_000_000;
    private readonly uint[] _nanoseconds = new uint[Capacity];
    private int _samples;

    public long Sent { get; set; }

    /// <summary>Of the packets that were sent in the window, whenever they came.</summary>
    public long Received { get; private set; }

    /// <summary>Wrong tag, or not what a peer of ours sent.</summary>
    public long Bad { get; set; }

    public void Take(long sentAt, long now)
    {
        Received++;
        if (_samples < Capacity)
        {
            _nanoseconds[_samples++] = (uint)Math.Min(uint.MaxValue, (now - sentAt) * (1_000_000_000.0 / Stopwatch.Frequency));
        }
    }

    public double Microseconds(double share)
    {
        var sorted = _nanoseconds.AsSpan(0, _samples);
        sorted.Sort();
        return _samples == 0 ? double.NaN : sorted[Math.Min(_samples - 1, (int)(_samples * share))] / 1000.0;
    }
}
