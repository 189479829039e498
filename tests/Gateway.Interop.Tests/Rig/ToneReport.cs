namespace Gateway.Interop.Tests.Rig;

/// <summary>Is a tone in a recording, for how long, how loud, with what gaps, and is the other side's tone there too (cross-talk)?</summary>
/// <param name="Present">Time in which the wanted tone dominates.</param>
/// <param name="LongestGap">Longest stretch without it between its first and last frame.</param>
/// <param name="Level">RMS of the frames that hold it, in dB of full scale.</param>
/// <param name="Other">Time in which the unwanted tone is audible.</param>
internal sealed record ToneReport(TimeSpan Present, TimeSpan LongestGap, double Level, TimeSpan Other)
{
    private static readonly TimeSpan s_frame = TimeSpan.FromMilliseconds(20);

    /// <param name="other">A tone that must not be heard; 0 for none.</param>
    public static ToneReport Of(Wave wave, double hertz, double other = 0)
    {
        var length = (int)(wave.Rate * s_frame.TotalSeconds);
        var (good, bad, gap, longest) = (0, 0, 0, 0);
        var energy = 0.0;
        for (var at = 0; at + length <= wave.Samples.Length; at += length)
        {
            var frame = wave.Samples.AsSpan(at, length);
            var power = Power(frame);
            var wanted = power > 3e3 && Goertzel(frame, hertz, wave.Rate) > 0.6 * power;
            if (wanted)
            {
                good++;
                energy += power;
                longest = Math.Max(longest, gap);
                gap = 0;
            }
            else if (good > 0)
            {
                gap++;
            }

            if (other > 0 && power > 3e3 && Goertzel(frame, other, wave.Rate) > 0.2 * power)
            {
                bad++;
            }
        }

        var level = good == 0 ? double.NegativeInfinity : 10 * Math.Log10(energy / good / (32768.0 * 32768.0));
        return new ToneReport(good * s_frame, longest * s_frame, level, bad * s_frame);
    }

    private static double Power(ReadOnlySpan<short> frame)
    {
        var sum = 0.0;
        foreach (var sample in frame)
        {
            sum += (double)sample * sample;
        }

        return sum / frame.Length;
    }

    /// <summary>The power of one frequency in the frame, on the same scale as <see cref="Power"/>.</summary>
    private static double Goertzel(ReadOnlySpan<short> frame, double hertz, int rate)
    {
        var c = 2 * Math.Cos(2 * Math.PI * hertz / rate);
        var (p, q) = (0.0, 0.0);
        foreach (var sample in frame)
        {
            (p, q) = (sample + (c * p) - q, p);
        }

        return ((p * p) + (q * q) - (c * p * q)) * 2 / ((double)frame.Length * frame.Length);
    }
}
