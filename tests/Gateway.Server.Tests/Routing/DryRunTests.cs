using Gateway.Server.Routing;
using Gateway.Server.Trunks;
using static Gateway.Server.Tests.Routing.DialPlanRig;

namespace Gateway.Server.Tests.Routing;

/// <summary>"Where would this number go for this caller, and why": the same plan as a call's, in words and values.</summary>
public sealed class DryRunTests
{
    private readonly DialPlanRig _rig = new();

    private DryRunAnswer Ask(string number, CallerKind kind = CallerKind.Account, Guid? caller = null, DateTimeOffset? at = null) =>
        _rig.Planner.DryRun(new DryRunQuestion(kind, caller ?? _rig.Ada.Id, number, at));

    [Fact]
    public void It_tells_rule_trunks_and_rights()
    {
        var rule = _rig.Add(NewRule("+49", Out) with { Name = "Germany", Order = 2 });
        _rig.Add(NewRule("+33", Out) with { Name = "France", Order = 1 });
        _rig.Core.Services.Trunks.Update(_rig.Carrier.Id, status => status with { State = TrunkState.Down, LastReason = "no answer to OPTIONS" });

        var answer = Ask("030 1234");
        Assert.Equal(("trunk", "+49301234 by spare, then carrier", "+49301234", NumberClass.National), (answer.Outcome, answer.Target, answer.E164, answer.Class));
        Assert.Equal((rule.Id, "Germany", "+49301234", "allowed"), (answer.Rule, answer.RuleName, answer.Number, answer.Rights));
        Assert.Equal([("spare", TrunkState.Unknown, ""), ("carrier", TrunkState.Down, "no answer to OPTIONS")], answer.Trunks.Select(trunk => (trunk.Name, trunk.State, trunk.Reason)));
        Assert.Equal(
        [
            "030 1234 is +49301234, national",
            "rule \"France\": +49301234 is not its number",
            "rule \"Germany\" takes it",
            "+49301234 by spare, then carrier (down)",
        ], answer.Steps);
    }

    [Fact]
    public void A_refusal_says_which_right_is_missing()
    {
        _rig.Add(NewRule("", Out));

        var answer = Ask("tel:+44-20-7946-0000");
        Assert.Equal(("reject", 403, "International Calls Are Not Allowed", "refused: International Calls Are Not Allowed"), (answer.Outcome, answer.Status, answer.Reason, answer.Rights));
        Assert.Equal(NumberClass.International, answer.Class);
    }

    [Theory]
    [InlineData("sip:bob@gw.example", "account")]
    [InlineData("bob", "account")]
    [InlineData("sip:bob@elsewhere.example", "reject")]
    [InlineData("sips:bob@gw.example", "reject")]
    [InlineData("*43", "service")]
    [InlineData("", "reject")]
    [InlineData("tel:7042;phone-context=munich.example.com", "reject")]
    [InlineData("tel:*43;phone-context=gw.example", "service")]
    public void Numbers_names_and_URIs_may_be_asked(string number, string outcome) => Assert.Equal(outcome, Ask(number).Outcome);

    [Fact]
    public void Hours_are_read_at_the_moment_that_is_asked_for()
    {
        _rig.Add(NewRule("+49", Out) with { When = [new TimeWindow { Days = [DayOfWeek.Sunday], From = new TimeOnly(8, 0), To = new TimeOnly(9, 0) }] });

        Assert.Equal("reject", Ask("0301234").Outcome);
        Assert.Contains("outside its hours", Ask("0301234").Steps[1], StringComparison.Ordinal);
        Assert.Equal("trunk", Ask("0301234", at: new DateTimeOffset(2026, 5, 3, 8, 30, 0, TimeSpan.Zero)).Outcome);
    }

    [Fact]
    public void Trunks_and_widgets_may_be_asked_for_and_strangers_are_told()
    {
        _rig.SetCarrier(carrier => carrier with { Dids = [new DidEntry("+493012341*", new Destination.ToAccount(_rig.Bob.Id))] });
        var widget = _rig.Add(NewWidget(new Destination.ToService("tone")));

        Assert.Equal(("account", "DID +493012341*"), Ask("+4930123419", CallerKind.Trunk, _rig.Carrier.Id) is var inbound ? (inbound.Outcome, inbound.Steps[1]) : default);
        Assert.Equal("service", Ask("", CallerKind.Widget, widget.Id).Outcome);
        Assert.Equal(404, Ask("bob", CallerKind.Account, Guid.CreateVersion7()).Status);
        Assert.Equal(404, Ask("bob", CallerKind.Trunk, _rig.Ada.Id).Status);
    }

    [Fact]
    public void Nothing_is_counted_and_steps_are_bounded()
    {
        for (var i = 0; i < 500; i++) _rig.Add(NewRule($"+33{i}", Out) with { Order = i });

        var answer = Ask("0301234");
        Assert.Equal("…", answer.Steps[^1]);
        Assert.Equal(65, answer.Steps.Length);
        Assert.Equal(0, _rig.Core.Services.Caps.Calls(_rig.Ada.Id));
        // A call does not spell out every rule that was passed over.
        Assert.Equal(2, _rig.Dial("0301234").Why.Length);
    }
}
