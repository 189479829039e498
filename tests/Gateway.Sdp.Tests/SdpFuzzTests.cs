using System.Text;
using Gateway.Testing;

namespace Gateway.Sdp.Tests;

/// <summary>Seeded damage to real offers: whatever comes, nothing throws, what is read can be written again, and a leg stays usable.</summary>
[Threat(18)]
public sealed class SdpFuzzTests
{
    private static readonly string[] Seeds = [Offers.Chromium, Offers.Firefox, Offers.FirefoxMdns, Offers.Baresip, Offers.Sipp, Offers.Linphone];

    private static readonly string[] Tokens =
    [
        "\r\n", "\n", "\r", "\0", "=", ":", " ", "/", "a=", "m=", "m=audio 0 RTP/AVP 0\r\n", "c=IN IP4 0.0.0.0\r\n", "c=IN IP6 ::\r\n", "a=ptime:", "a=rtpmap:",
        "a=fmtp:", "a=rtcp:", "a=mid:", "a=group:BUNDLE ", "a=candidate:", "a=fingerprint:sha-256 ", "a=setup:passive\r\n", "a=rtcp-mux\r\n", "a=bundle-only\r\n", "4294967296", "-1", "127", "128", "65535",
        "99999999999999999999", "\u00e9\u4e2d", "\u00ff", "%s%n", "255.255.255.255", "opus/0/0", "telephone-event/8000", "a=sendonly\r\n", "v=0\r\n",
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void DamagedOffersNeverThrowAndWhatIsReadIsStable(int seed)
    {
        var random = new Random(seed);
        var read = 0;
        for (var round = 0; round < 2500; round++)
        {
            var body = Damage(random);
            if (!SdpParser.TryParse(body, out var sdp, out var error))
            {
                Assert.True(error.StatusCode is 400 or 488);
                continue;
            }
            read++;
            var text = sdp.ToString();
            Assert.True(SdpParser.TryParse(Encoding.UTF8.GetBytes(text), out var again, out error), $"{error.Kind} {error.Line}: {text}");
            Assert.Equal(text, again.ToString());
        }
        Assert.InRange(read, 100, 2499);
    }

    [Theory]
    [InlineData(LegProfile.WebRtc, 5)]
    [InlineData(LegProfile.WebRtc, 6)]
    [InlineData(LegProfile.Rtp, 7)]
    [InlineData(LegProfile.Rtp, 8)]
    public void ALegOutlivesDamagedOffersAndAnswersInAnyOrder(LegProfile profile, int seed)
    {
        var random = new Random(seed);
        var good = Offers.Wire(profile == LegProfile.WebRtc ? Offers.Chromium : Offers.Baresip);
        LegNegotiator leg = null!;
        var agreed = 0;
        for (var round = 0; round < 2500; round++)
        {
            if (round % 50 == 0) leg = new LegNegotiator(profile, profile == LegProfile.WebRtc ? Offers.OurWebRtc : Offers.OurRtp, new SeededRandom(seed));
            switch (random.Next(6))
            {
                case 0: leg.TrySetOffer(Damage(random), out _, out _); break;
                case 1: leg.TrySetAnswer(Damage(random), random.Next(2) == 0, out _, out _); break;
                case 2: if (leg.TryCreateAnswer(new AnswerRequest(), out var answer, out _, out _)) CheckOwn(answer); break;
                case 3: if (leg.TryCreateOffer(new OfferRequest { IceRestart = random.Next(3) == 0 }, out var offer, out _)) CheckOwn(offer); break;
                case 4: leg.TryConfirmEarlyAnswer(out _); break;
                default: leg.OfferFailed(); break;
            }
            if (leg.Current is { } current)
            {
                agreed++;
                Assert.NotEmpty(current.Codecs);
                Assert.All(current.Codecs.Concat(current.TelephoneEvents), codec => Assert.True(codec is { SendPayloadType: >= 0 and <= 127, ReceivePayloadType: >= 0 and <= 127 }));
                Assert.True(profile == LegProfile.Rtp || (current.RemoteFingerprints.Length > 0 && current.RemoteFingerprints.All(fingerprint => fingerprint.IsStrong)));
            }
            if (round % 50 != 49) continue;
            leg.OfferFailed();
            Assert.True(leg.TrySetOffer(good, out _, out var failure), failure?.Text);
            Assert.True(leg.TryCreateAnswer(new AnswerRequest { Codecs = GatewayCodecs.All }, out _, out _, out failure), failure?.Text);
        }
        Assert.True(agreed > 100);
    }

    /// <summary>Whatever the peer sent, our own description is well formed and its payload types are each used once.</summary>
    private static void CheckOwn(string sdp)
    {
        Assert.True(SdpParser.TryParse(Encoding.UTF8.GetBytes(sdp), out var own, out var error), $"{error.Kind} {error.Line}: {sdp}");
        var audio = own.Media.Single(section => section.Port != 0);
        Assert.Equal(audio.Formats.Length, audio.Formats.Distinct().Count());
    }

    private static byte[] Damage(Random random)
    {
        var bytes = new List<byte>(Offers.Wire(Seeds[random.Next(Seeds.Length)]));
        for (var hits = random.Next(1, 5); hits > 0; hits--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(6))
            {
                case 0: bytes[at] = (byte)random.Next(256); break;
                case 1: bytes.RemoveRange(at, Math.Min(random.Next(1, 40), bytes.Count - at)); break;
                case 2: bytes.InsertRange(at, Encoding.UTF8.GetBytes(Tokens[random.Next(Tokens.Length)])); break;
                case 3: bytes.InsertRange(at, bytes.GetRange(0, random.Next(Math.Min(200, bytes.Count)))); break;
                case 4: SwapLines(bytes, random); break;
                default: ReplaceNumber(bytes, at, random); break;
            }
            if (bytes.Count == 0) bytes.Add((byte)'v');
        }
        return [.. bytes];
    }

    private static void SwapLines(List<byte> bytes, Random random)
    {
        var lines = Encoding.Latin1.GetString([.. bytes]).Split("\r\n");
        var (first, second) = (random.Next(lines.Length), random.Next(lines.Length));
        (lines[first], lines[second]) = (lines[second], lines[first]);
        bytes.Clear();
        bytes.AddRange(Encoding.Latin1.GetBytes(string.Join("\r\n", lines)));
    }

    private static void ReplaceNumber(List<byte> bytes, int from, Random random)
    {
        var at = bytes.FindIndex(from, octet => octet is >= (byte)'0' and <= (byte)'9');
        if (at >= 0) bytes[at] = (byte)('0' + random.Next(10));
    }
}
