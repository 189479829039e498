using System.Buffers.Binary;
using System.Text;

namespace Gateway.Interop.Tests.Rig;

/// <summary>16-bit mono PCM files: what peers play and what they record.</summary>
internal sealed record Wave(int Rate, short[] Samples)
{
    public TimeSpan Duration => TimeSpan.FromSeconds((double)Samples.Length / Rate);

    /// <summary>Its end; all of it when it is shorter.</summary>
    public Wave Last(TimeSpan time) => this with { Samples = Samples[^Math.Min(Samples.Length, (int)(time.TotalSeconds * Rate))..] };

    /// <param name="level">Peak amplitude as a share of full scale, 0 to 1.</param>
    public static Wave Tone(double hertz, TimeSpan duration, int rate = 8000, double level = 0.5)
    {
        var samples = new short[(int)(duration.TotalSeconds * rate)];
        for (var i = 0; i < samples.Length; i++)
        {
            samples[i] = (short)(level * short.MaxValue * Math.Sin(2 * Math.PI * hertz * i / rate));
        }

        return new Wave(rate, samples);
    }

    public void Save(string path)
    {
        using var file = new BinaryWriter(File.Create(path));
        var size = Samples.Length * 2;
        file.Write("RIFF"u8);
        file.Write(36 + size);
        file.Write("WAVEfmt "u8);
        file.Write(16);
        file.Write((short)1);
        file.Write((short)1);
        file.Write(Rate);
        file.Write(Rate * 2);
        file.Write((short)2);
        file.Write((short)16);
        file.Write("data"u8);
        file.Write(size);
        foreach (var sample in Samples)
        {
            file.Write(sample);
        }
    }

    /// <summary>Reads a file that may still be open for writing elsewhere: sizes in its header are not trusted.</summary>
    public static Wave Load(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        var rate = 8000;
        var channels = 1;
        for (var at = 12; at + 8 <= bytes.Length;)
        {
            var name = Encoding.ASCII.GetString(bytes, at, 4);
            var size = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at + 4));
            if (name == "fmt ")
            {
                channels = BinaryPrimitives.ReadInt16LittleEndian(bytes.AsSpan(at + 10));
                rate = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at + 12));
            }
            else if (name == "data")
            {
                var data = bytes.AsSpan(at + 8, Math.Min(bytes.Length - at - 8, size <= 0 ? int.MaxValue : size));
                var samples = new short[data.Length / 2 / channels];
                for (var i = 0; i < samples.Length; i++)
                {
                    samples[i] = BinaryPrimitives.ReadInt16LittleEndian(data[(i * 2 * channels)..]);
                }

                return new Wave(rate, samples);
            }

            at += 8 + size + (size & 1);
        }

        return new Wave(rate, []);
    }
}
