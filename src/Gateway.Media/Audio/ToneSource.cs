namespace Gateway.Media.Audio;

/// <summary>
/// A steady sine for tests and the tone service: by default 1004 Hz, the telephone test tone, which shares no factor with the frame rate, so lost or doubled
/// frames are heard and measured as breaks of its phase.
/// </summary>
public sealed class ToneSource
{
    private readonly double _step;
    private readonly double _amplitude;
    private double _phase;

    /// <summary>Makes a tone.</summary>
    /// <param name="sampleRate">Samples a second.</param>
    /// <param name="frequency">Hz, below half the sample rate.</param>
    /// <param name="level">Peak over full scale, in dB: 0 or less.</param>
    public ToneSource(int sampleRate = 8000, double frequency = 1004, double level = -10)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sampleRate);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(frequency, sampleRate / 2.0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(level, 0);
        _step = Math.Tau * frequency / sampleRate;
        _amplitude = short.MaxValue * Math.Pow(10, level / 20);
    }

    /// <summary>Fills the samples with the next part of the tone.</summary>
    public void Read(Span<short> samples)
    {
        for (var i = 0; i < samples.Length; i++)
        {
            samples[i] = (short)Math.Round(Math.Sin(_phase) * _amplitude);
            _phase += _step;
        }

        _phase %= Math.Tau;
    }

    /// <summary>Fills the octets with the next part of the tone in G.711.</summary>
    public void Read(G711Law law, Span<byte> octets)
    {
        Span<short> samples = stackalloc short[160];
        while (octets.Length > 0)
        {
            var part = samples[..Math.Min(samples.Length, octets.Length)];
            Read(part);
            G711.Encode(law, part, octets);
            octets = octets[part.Length..];
        }
    }
}
