using System.Runtime.InteropServices;
using Gateway.Net.Media;
using Gateway.Testing;

namespace Gateway.Net.Tests.Media;

public sealed unsafe partial class OpusToneTests
{
    [Fact]
    [Row(76)]
    public void The_frames_are_1004_hertz_also_where_the_end_meets_the_beginning()
    {
        var frames = OpusTone.Make();
        Assert.NotNull(frames);
        Assert.Equal(OpusTone.Frames, frames.Count);

        int error;
        var decoder = opus_decoder_create(48000, 1, &error);
        Assert.Equal(0, error);
        var sound = new List<short>();
        var samples = new short[960];
        foreach (var frame in frames.Concat(frames).Concat(frames))
        {
            fixed (byte* input = frame)
            fixed (short* output = samples)
            {
                Assert.Equal(960, opus_decode(decoder, input, frame.Length, output, 960, 0));
            }

            sound.AddRange(samples);
        }

        opus_decoder_destroy(decoder);
        var second = sound.Skip(24000).Take(48000).ToList(); // past the decoder's start, over both seams
        var crossings = second.Zip(second.Skip(1)).Count(pair => pair.First < 0 && pair.Second >= 0);
        Assert.InRange(crossings, 1002, 1006);
        var peaks = second.Chunk(960).Select(chunk => chunk.Max(sample => Math.Abs((int)sample))).ToList();
        Assert.All(peaks, peak => Assert.InRange(peak, 8000, 13000)); // -10 dB of full scale is 10362
    }

    [LibraryImport("libopus.so.0")]
    private static partial nint opus_decoder_create(int rate, int channels, int* error);

    [LibraryImport("libopus.so.0")]
    private static partial int opus_decode(nint decoder, byte* data, int length, short* samples, int frameSize, int fec);

    [LibraryImport("libopus.so.0")]
    private static partial void opus_decoder_destroy(nint decoder);
}
