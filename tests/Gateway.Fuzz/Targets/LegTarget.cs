using System.Text;
using Gateway.Sdp;
using Gateway.Sdp.Tests;
using Gateway.Testing;

namespace Gateway.Fuzz.Targets;

/// <summary>
/// The offer and answer machine of a leg: offers and answers, damaged and in any order. Our own descriptions stay well
/// formed, what is agreed is usable, and a good offer is taken afterwards.
/// </summary>
internal sealed class LegTarget : IFuzzTarget
{
    public string Name => "leg";

    public IReadOnlyList<string> MustReach => ["agreed"];

    public string Run(Random random)
    {
        var profile = random.Next(2) == 0 ? LegProfile.WebRtc : LegProfile.Rtp;
        var isWebRtc = profile == LegProfile.WebRtc;
        var good = Offers.Wire(isWebRtc ? Offers.Chromium : Offers.Baresip);
        var leg = new LegNegotiator(profile, isWebRtc ? Offers.OurWebRtc : Offers.OurRtp, new SeededRandom(random.Next()));
        var agreed = false;
        for (var round = random.Next(1, 30); round > 0; round--)
        {
            switch (random.Next(6))
            {
                case 0: leg.TrySetOffer(Description(random), out _, out _); break;
                case 1: leg.TrySetAnswer(Description(random), random.Next(2) == 0, out _, out _); break;
                case 2: if (leg.TryCreateAnswer(new AnswerRequest(), out var answer, out _, out _)) CheckOwn(answer); break;
                case 3: if (leg.TryCreateOffer(new OfferRequest { IceRestart = random.Next(3) == 0 }, out var offer, out _)) CheckOwn(offer); break;
                case 4: leg.TryConfirmEarlyAnswer(out _); break;
                default: leg.OfferFailed(); break;
            }

            if (leg.Current is { } current)
            {
                agreed = true;
                FuzzException.Unless(current.Codecs.Any(), "an agreement has a codec");
                FuzzException.Unless(
                    current.Codecs.Concat(current.TelephoneEvents).All(codec => codec is { SendPayloadType: >= 0 and <= 127, ReceivePayloadType: >= 0 and <= 127 }), "payload types lie in their range");
                FuzzException.Unless(!isWebRtc || (current.RemoteFingerprints.Length > 0 && current.RemoteFingerprints.All(fingerprint => fingerprint.IsStrong)), "a browser is known by a strong fingerprint");
            }
        }

        leg.OfferFailed();
        FuzzException.Unless(leg.TrySetOffer(good, out _, out var failure), $"a good offer is taken afterwards: {failure?.Text}");
        FuzzException.Unless(leg.TryCreateAnswer(new AnswerRequest { Codecs = GatewayCodecs.All }, out _, out _, out failure), $"and answered: {failure?.Text}");
        return agreed ? "agreed" : "never agreed";
    }

    private static byte[] Description(Random random)
    {
        var whole = random.Pick(Corpus.Descriptions);
        return random.Next(3) == 0 ? whole : Mutator.Damage(random, whole, Corpus.Descriptions);
    }

    private static void CheckOwn(string sdp)
    {
        FuzzException.Unless(SdpParser.TryParse(Encoding.UTF8.GetBytes(sdp), out var own, out var error), $"our own description is well formed: {error.Kind} {error.Line}: {sdp}");
        var audio = own.Media.Single(section => section.Port != 0);
        FuzzException.Unless(audio.Formats.Length == audio.Formats.Distinct().Count(), "each payload type stands once");
    }
}
