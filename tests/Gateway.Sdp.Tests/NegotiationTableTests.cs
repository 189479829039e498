using System.Globalization;
using System.Text;
using Gateway.Testing;
using static Gateway.Sdp.NegotiationAction;
using static Gateway.Sdp.NegotiationInput;
using static Gateway.Sdp.NegotiationState;

namespace Gateway.Sdp.Tests;

/// <summary>The whole offer/answer table, each cell written from RFC 3264 §4, RFC 3261 §13.2.1, §14 and RFC 6337 §2.</summary>
[Rfc(3264, "4")]
[Rfc(3261, "14.2")]
[Rfc(6337, "2.3")]
public sealed class NegotiationTableTests
{
    /// <summary>"=" keeps the state; "back" is Stable when something was agreed before, else Idle.</summary>
    public static TheoryData<NegotiationState, NegotiationInput, string, NegotiationAction> Cells => new()
    {
        { Idle, SendOffer, "LocalOffer", Offer },
        { Idle, ReceiveOffer, "RemoteOffer", TakeOffer },
        { Idle, SendAnswer, "=", RefuseOutOfOrder },
        { Idle, ReceiveEarlyAnswer, "=", RefuseOutOfOrder },
        { Idle, ReceiveAnswer, "=", RefuseOutOfOrder },
        { Idle, OfferFailed, "=", Nothing },

        { LocalOffer, SendOffer, "=", RefuseOutOfOrder },
        { LocalOffer, ReceiveOffer, "=", RefuseGlare },
        { LocalOffer, SendAnswer, "=", RefuseOutOfOrder },
        { LocalOffer, ReceiveEarlyAnswer, "EarlyAnswer", TakeEarlyAnswer },
        { LocalOffer, ReceiveAnswer, "Stable", TakeAnswer },
        { LocalOffer, OfferFailed, "back", RollBack },

        { EarlyAnswer, SendOffer, "=", RefuseOutOfOrder },
        { EarlyAnswer, ReceiveOffer, "=", RefuseGlare },
        { EarlyAnswer, SendAnswer, "=", RefuseOutOfOrder },
        { EarlyAnswer, ReceiveEarlyAnswer, "=", TakeEarlyAnswer },
        { EarlyAnswer, ReceiveAnswer, "Stable", TakeAnswer },
        { EarlyAnswer, OfferFailed, "back", RollBack },

        { RemoteOffer, SendOffer, "=", RefuseOutOfOrder },
        { RemoteOffer, ReceiveOffer, "=", RefusePending },
        { RemoteOffer, SendAnswer, "Stable", Answer },
        { RemoteOffer, ReceiveEarlyAnswer, "=", RefuseOutOfOrder },
        { RemoteOffer, ReceiveAnswer, "=", RefuseOutOfOrder },
        { RemoteOffer, OfferFailed, "back", RollBack },

        { Stable, SendOffer, "LocalOffer", Offer },
        { Stable, ReceiveOffer, "RemoteOffer", TakeOffer },
        { Stable, SendAnswer, "=", RefuseOutOfOrder },
        { Stable, ReceiveEarlyAnswer, "=", RefuseOutOfOrder },
        { Stable, ReceiveAnswer, "=", RefuseOutOfOrder },
        { Stable, OfferFailed, "=", Nothing },
    };

    [Theory]
    [MemberData(nameof(Cells))]
    public void EachCellIsAsTheRfcsSay(NegotiationState state, NegotiationInput input, string next, NegotiationAction action)
    {
        foreach (var agreed in new[] { false, true })
        {
            var expected = next switch
            {
                "=" => state,
                "back" => agreed ? Stable : Idle,
                _ => Enum.Parse<NegotiationState>(next),
            };
            Assert.Equal((expected, action), NegotiationTable.Next(state, input, agreed));
        }
    }

    [Fact]
    public void TheTableAboveIsComplete() =>
        Assert.Equal(Enum.GetValues<NegotiationState>().Length * Enum.GetValues<NegotiationInput>().Length, Cells.Count);

    [Fact]
    public void FromEveryStateAFailedOfferLeadsToOneThatCanOfferAgain()
    {
        foreach (var state in Enum.GetValues<NegotiationState>())
        {
            foreach (var agreed in new[] { false, true })
            {
                var (rest, _) = NegotiationTable.Next(state, OfferFailed, agreed);
                Assert.Equal(Offer, NegotiationTable.Next(rest, SendOffer, agreed).Action);
            }
        }
    }

    [Fact]
    public void ThePageOfStateMachinesShowsTheTable()
    {
        var page = new StringBuilder("\n# Offer and answer\n\n");
        page.Append("RFC 3264 §4, RFC 3261 §13.2.1 and §14, RFC 6337 §2; one machine for each leg. \"(agreed)\" is the state after an earlier exchange.\n\n");
        page.Append("| state | input | next | action |\n|---|---|---|---|\n");
        foreach (var state in Enum.GetValues<NegotiationState>())
        {
            foreach (var input in Enum.GetValues<NegotiationInput>())
            {
                var (fresh, agreed) = (NegotiationTable.Next(state, input, false), NegotiationTable.Next(state, input, true));
                if (fresh.Action == Nothing) continue;
                var next = fresh.Next == agreed.Next ? $"{fresh.Next}" : $"{fresh.Next}, {agreed.Next} (agreed)";
                page.Append(CultureInfo.InvariantCulture, $"| {state} | {input} | {next} | {fresh.Action} |\n");
            }
        }
        Assert.Null(GeneratedSection.Compare("docs/state-machines.md", "offer and answer", page.Append('\n').ToString()));
    }
}
