using System.Runtime.InteropServices;
using Gateway.Media.Audio;

namespace Gateway.Net.Media;

/// <summary>
/// The test tone in opus, for legs that have agreed nothing simpler: encoded once by libopus, where that is installed, so
/// that no codec ever runs on a packet loop.
/// </summary>
internal static unsafe partial class OpusTone
{
    /// <summary>1004 Hz fits 502 times into half a second: after 25 frames of 20 ms the tone is where it began.</summary>
    public const int Frames = 25;

    /// <summary>The ringing tone, 425 Hz but for a cycle: so it fits a whole number of times into half a second too.</summary>
    public const double Ring = 424;

    private const string Library = "libopus.so.0";
    private const int Rate = 48000;
    private const int SamplesPerFrame = Rate / 50;
    private const int ApplicationAudio = 2049; // OPUS_APPLICATION_AUDIO
    private const int LargestFrame = 400;

    /// <summary>The frames in order, or null where there is no libopus.</summary>
    /// <param name="frequency">Hz, even, so that the frames can be played round and round.</param>
    public static IReadOnlyList<byte[]>? Make(double frequency = 1004)
    {
        if (!NativeLibrary.TryLoad(Library, out _))
        {
            return null;
        }

        int error;
        var encoder = opus_encoder_create(Rate, 1, ApplicationAudio, &error);
        if (error != 0)
        {
            return null;
        }

        try
        {
            var tone = new ToneSource(Rate, frequency);
            var samples = new short[SamplesPerFrame];
            var packet = new byte[LargestFrame];
            var frames = new List<byte[]>(Frames);
            // The first round lets the encoder settle, so that the last frame of the second leads into its first.
            for (var i = 0; i < 2 * Frames; i++)
            {
                tone.Read(samples);
                int length;
                fixed (short* input = samples)
                fixed (byte* output = packet)
                {
                    length = opus_encode(encoder, input, SamplesPerFrame, output, packet.Length);
                }

                if (length <= 0)
                {
                    return null;
                }

                if (i >= Frames)
                {
                    frames.Add(packet[..length]);
                }
            }

            return frames;
        }
        finally
        {
            opus_encoder_destroy(encoder);
        }
    }

    [LibraryImport(Library)]
    private static partial nint opus_encoder_create(int rate, int channels, int application, int* error);

    [LibraryImport(Library)]
    private static partial int opus_encode(nint encoder, short* samples, int frameSize, byte* output, int size);

    [LibraryImport(Library)]
    private static partial void opus_encoder_destroy(nint encoder);
}
