using System.Globalization;
using System.Text;
using Gateway.Testing;

namespace Gateway.Sdp.Tests;

/// <summary>docs/negotiation.md shows what the code writes and refuses.</summary>
public sealed class NegotiationPageTests
{
    [Fact]
    public void ThePageShowsOurOffers()
    {
        var page = new StringBuilder();
        foreach (var (title, profile, media) in new[] { ("To a browser", LegProfile.WebRtc, Offers.OurWebRtc), ("To a phone", LegProfile.Rtp, Offers.OurRtp) })
        {
            var leg = new LegNegotiator(profile, media, new SeededRandom(1));
            Assert.True(leg.TryCreateOffer(new OfferRequest { Codecs = GatewayCodecs.All }, out var offer, out _));
            page.Append(CultureInfo.InvariantCulture, $"\n{title}:\n\n```\n{offer.ReplaceLineEndings("\n")}```\n");
        }
        Assert.Null(GeneratedSection.Compare("docs/negotiation.md", "our offers", page.Append('\n').ToString()));
    }

    [Fact]
    public void ThePageShowsEveryRefusal()
    {
        var page = new StringBuilder("\n| text | label | answer |\n|---|---|---|\n");
        foreach (var kind in Enum.GetValues<SdpErrorKind>().Where(kind => kind != SdpErrorKind.None))
        {
            var error = new SdpError(kind, 7);
            page.Append(CultureInfo.InvariantCulture, $"| {kind} | `{error.Label}` | {error.StatusCode}: {error.Reason} |\n");
        }
        page.Append("\n| meaning | label | answer | Warning |\n|---|---|---|---|\n");
        foreach (var kind in Enum.GetValues<NegotiationFailureKind>().Where(kind => kind != NegotiationFailureKind.Syntax))
        {
            var failure = NegotiationFailure.Of(kind);
            Assert.Equal(kind, failure.Kind);
            var warning = failure.WarningCode == 0 ? "-" : failure.WarningCode.ToString(CultureInfo.InvariantCulture);
            page.Append(CultureInfo.InvariantCulture, $"| {kind} | `{failure.Label}` | {failure.StatusCode}: {failure.Text} | {warning} |\n");
        }
        Assert.Null(GeneratedSection.Compare("docs/negotiation.md", "sdp refusals", page.Append('\n').ToString()));
    }
}
