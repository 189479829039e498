using Gateway.Media.Audio;
using Gateway.Testing;

namespace Gateway.Media.Tests.Audio;

[Rfc(3551, "4.5.14")]
public class G711Tests
{
    [Theory]
    [InlineData(G711Law.Mu, 0, 0xFF)]
    [InlineData(G711Law.Mu, 32767, 0x80)]
    [InlineData(G711Law.Mu, -32768, 0x00)]
    [InlineData(G711Law.Mu, 1000, 0xCE)]
    [InlineData(G711Law.Mu, -1000, 0x4E)]
    [InlineData(G711Law.A, 0, 0xD5)]
    [InlineData(G711Law.A, -1, 0x55)]
    [InlineData(G711Law.A, 32767, 0xAA)]
    [InlineData(G711Law.A, -32768, 0x2A)]
    [InlineData(G711Law.A, 1000, 0xFA)]
    public void Known_samples_have_their_octets(G711Law law, int sample, int octet) => Assert.Equal(octet, G711.Encode(law, (short)sample));

    [Theory]
    [InlineData(G711Law.Mu)]
    [InlineData(G711Law.A)]
    public void Every_octet_survives_decoding_and_encoding(G711Law law)
    {
        for (var i = 0; i < 256; i++)
        {
            if (law == G711Law.Mu && i == 0x7F)
            {
                continue; // minus zero comes back as plus zero
            }

            Assert.Equal(i, G711.Encode(law, G711.Decode(law, (byte)i)));
        }
    }

    [Theory]
    [InlineData(G711Law.Mu, 32124)]
    [InlineData(G711Law.A, 32256)]
    public void The_error_grows_with_the_segment_and_stays_below_half_a_step(G711Law law, int peak)
    {
        Assert.Equal(peak, G711.Decode(law, law == G711Law.Mu ? (byte)0x80 : (byte)0xAA));
        for (var sample = -32768; sample <= 32767; sample++)
        {
            var error = Math.Abs(G711.Decode(law, G711.Encode(law, (short)sample)) - sample);
            Assert.True(error <= (Math.Abs(sample) + 260) / 31 || Math.Abs(sample) > peak, $"{sample}: {error}");
        }
    }

    [Theory]
    [InlineData(G711Law.Mu)]
    [InlineData(G711Law.A)]
    public void Spans_give_what_single_samples_give(G711Law law)
    {
        var samples = Enumerable.Range(0, 1000).Select(i => (short)((i * 131) - 32768)).ToArray();
        var octets = new byte[1000];
        var decoded = new short[1000];
        G711.Encode(law, samples, octets);
        G711.Decode(law, octets, decoded);

        Assert.Equal(samples.Select(s => G711.Encode(law, s)), octets);
        Assert.Equal(octets.Select(o => G711.Decode(law, o)), decoded);
        Assert.Equal(law == G711Law.Mu ? 0 : 8, G711.Decode(law, G711.Silence(law)));
    }

    [Fact]
    public void The_tone_has_its_frequency_and_no_break_between_reads()
    {
        var tone = new ToneSource();
        var samples = new short[8000];
        for (var at = 0; at < samples.Length; at += 160)
        {
            tone.Read(samples.AsSpan(at, 160));
        }

        var rising = Enumerable.Range(1, 7999).Count(i => samples[i - 1] < 0 && samples[i] >= 0);
        Assert.InRange(rising, 1003, 1004);
        Assert.InRange(samples.Max(s => (int)s), 10_300, 10_362); // 10 dB below full scale
        var step = Enumerable.Range(1, 7999).Max(i => Math.Abs(samples[i] - samples[i - 1]));
        Assert.InRange(step, 7_500, 10_362 * 0.79); // no jump that a sine of 1004 Hz does not make

        var octets = new byte[160];
        new ToneSource().Read(G711Law.A, octets);
        Assert.Equal(G711.Encode(G711Law.A, samples[7]), octets[7]);
    }
}
