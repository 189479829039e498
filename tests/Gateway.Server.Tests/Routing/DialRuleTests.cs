using Gateway.Server.Routing;
using Gateway.Server.Trunks;
using Gateway.Testing;
using static Gateway.Server.Tests.Routing.DialPlanRig;

namespace Gateway.Server.Tests.Routing;

/// <summary>Which rule takes a number, what it makes of it, and where its trunks stand in line.</summary>
public sealed class DialRuleTests
{
    private readonly DialPlanRig _rig = new();

    [Fact]
    public void What_has_a_name_here_comes_before_every_rule()
    {
        _rig.Add(NewRule("", Out));
        _rig.Add(NewGroup("sales", "200", _rig.Bob));

        Assert.Equal("account bob", _rig.Go("100"));
        Assert.Equal("account bob", _rig.Go("0301234100"));
        Assert.Equal("group sales (bob)", _rig.Go("200"));
        Assert.Equal("service *43", _rig.Go("*43"));
        Assert.Equal("account bob", Short(_rig.Planner.Plan(_rig.AsAda, "1 00")));
        Assert.Equal("account bob", Short(_rig.Planner.Plan(_rig.AsAda, "+49 (30) 1234-100")));
        Assert.Equal("+49301234 by carrier spare", _rig.Go("0301234"));
    }

    [Fact]
    public void A_number_that_no_rule_takes_is_not_found()
    {
        _rig.Add(NewRule("+33", Out));

        Assert.Equal("404 no_route", _rig.Go("0301234"));
        Assert.Equal("404 no_route", _rig.Go("nobody"));
        Assert.Equal("404 bad_number", _rig.Go("+4930123456789012"));
    }

    [Fact]
    public void The_first_enabled_rule_that_matches_decides()
    {
        var third = _rig.Add(NewRule("+49", new Destination.Refusal(480, "Third")) with { Order = 3 });
        _rig.Add(NewRule("+49", new Destination.Refusal(486, "Second")) with { Order = 2 });
        _rig.Add(NewRule("+49", new Destination.Refusal(410, "First")) with { Order = 1, IsEnabled = false });

        var plan = Assert.IsType<RoutePlan.Reject>(_rig.Dial("0301234"));
        Assert.Equal((486, "Second"), (plan.Status, plan.Reason));
        Assert.Equal("rule +49", plan.Rule?.Name);
        Assert.NotEqual(third.Id, plan.Rule?.Id);
    }

    [Theory]
    [InlineData(PatternKind.Prefix, "+4930", 0, "", "0301234", "+49301234")]
    [InlineData(PatternKind.Prefix, "+49", 2, "0", "0301234", "0301234")]
    [InlineData(PatternKind.Prefix, "+49", 0, "7777#", "0301234", "7777#49301234")]
    [InlineData(PatternKind.Prefix, "+49", 0, "+", "0301234", "+49301234")]
    [InlineData(PatternKind.Exact, "+49301234", 0, "", "0301234", "+49301234")]
    [InlineData(PatternKind.Exact, "115", 0, "+4930", "115", "+4930115")]
    [InlineData(PatternKind.Regex, "\\+49(30)(\\d+)", 0, "0$1-$2", "0301234", "030-1234")]
    [InlineData(PatternKind.Regex, "\\+49.*", 0, "", "0301234", "+49301234")]
    [InlineData(PatternKind.Regex, "\\+4930\\d{4}|none", 2, "", "0301234", "301234")]
    [InlineData(PatternKind.Prefix, "*21*", 0, "", "*21*201#", "*21*201#")]
    public void Numbers_are_rewritten(PatternKind kind, string pattern, int strip, string prepend, string dialled, string sent)
    {
        _rig.Add(NewRule(pattern, Out, kind) with { Strip = strip, Prepend = prepend });

        var plan = Assert.IsType<RoutePlan.ToTrunks>(_rig.Uri($"sip:{dialled.Replace("#", "%23", StringComparison.Ordinal)}@gw.example"));
        Assert.Equal(sent, plan.Number);
    }

    [Theory]
    [InlineData("+4930", PatternKind.Exact)]
    [InlineData("30", PatternKind.Prefix)]
    [InlineData("4930\\d+", PatternKind.Regex)]
    [InlineData("\\+4930|\\+33", PatternKind.Regex)]
    public void A_pattern_is_about_the_whole_number(string pattern, PatternKind kind)
    {
        _rig.Add(NewRule(pattern, Out, kind));

        Assert.Equal("404 no_route", _rig.Go("0301234"));
    }

    [Fact]
    public void A_rule_may_be_for_some_callers_only()
    {
        var rule = _rig.Add(NewRule("+49", Out) with { From = [CallerKind.Account] });
        _rig.SetCarrier(carrier => carrier with { Rights = CallRights.Default });
        Assert.Equal("+49301234 by carrier spare", _rig.Go("0301234"));
        Assert.Equal("404 no_route", _rig.Go("0301234", From(_rig.Carrier)));

        _rig.Add(rule with { From = [], Sources = [_rig.Bob.Id] });
        Assert.Equal("404 no_route", _rig.Go("0301234"));
        Assert.Equal("+49301234 by carrier spare", _rig.Go("0301234", new Caller.FromAccount(_rig.Bob, "bob@gw.example", "")));
    }

    [Fact]
    public void A_rule_may_have_hours()
    {
        // The harness's clock stands at 2026-05-04, a Monday, 12:00 UTC: 14:00 in Berlin.
        var rule = NewRule("+49", Out) with
        {
            TimeZone = "Europe/Berlin",
            When = [new TimeWindow { Days = [DayOfWeek.Monday], From = new TimeOnly(9, 0), To = new TimeOnly(14, 0) }],
        };
        _rig.Add(rule);
        Assert.Equal("404 no_route", _rig.Go("0301234"));
        _rig.Core.ClockStep = TimeSpan.FromMinutes(-1);
        Assert.Equal("+49301234 by carrier spare", _rig.Go("0301234"));
    }

    [Fact]
    public void A_rule_may_lead_inside_or_to_another_number()
    {
        var group = _rig.Add(NewGroup("sales", "", _rig.Ada, _rig.Bob));
        _rig.Add(NewRule("0", new Destination.ToAccount(_rig.Bob.Id), PatternKind.Exact));
        _rig.Add(NewRule("1", new Destination.ToGroup(group.Id), PatternKind.Exact));
        _rig.Add(NewRule("2", new Destination.ToService("echo"), PatternKind.Exact));
        _rig.Add(NewRule("3", new Destination.ToNumber("0301234"), PatternKind.Exact));
        _rig.Add(NewRule("4(\\d+)", new Destination.ToNumber("030$1"), PatternKind.Regex));
        _rig.Add(NewRule("5", new Destination.ToNumber("bob"), PatternKind.Exact));
        _rig.Add(NewRule("+49", Out));

        Assert.Equal("account bob", _rig.Go("0"));
        // Who dials his own group does not ring himself.
        Assert.Equal("group sales (bob)", _rig.Go("1"));
        Assert.Equal("service echo", _rig.Go("2"));
        Assert.Equal("+49301234 by carrier spare", _rig.Go("3"));
        Assert.Equal("+49305678 by carrier spare", _rig.Go("45678"));
        Assert.Equal("account bob", _rig.Go("5"));
    }

    [Fact]
    public void What_is_gone_or_switched_off_says_so()
    {
        _rig.Core.Accounts.Set(_rig.Bob with { IsEnabled = false });
        _rig.Add(NewRule("0", new Destination.ToAccount(_rig.Bob.Id), PatternKind.Exact));
        _rig.Add(NewRule("1", new Destination.ToAccount(Guid.CreateVersion7()), PatternKind.Exact));
        _rig.Add(NewRule("2", new Destination.ToGroup(Guid.CreateVersion7()), PatternKind.Exact));
        _rig.Add(NewRule("3", new Destination.ToTrunkGroup("nowhere"), PatternKind.Exact));
        _rig.Add(NewRule("4", new Destination.ToService("fax"), PatternKind.Exact));
        _rig.Add(NewRule("+49", Out));
        _rig.SetCarrier(carrier => carrier with { IsEnabled = false });
        _rig.Add(_rig.Spare with { IsEnabled = false });

        Assert.Equal("480 account_off", _rig.Go("0"));
        Assert.Equal("404 destination_gone", _rig.Go("1"));
        Assert.Equal("404 destination_gone", _rig.Go("2"));
        Assert.Equal("503 no_trunk", _rig.Go("3"));
        Assert.Equal("404 destination_gone", _rig.Go("4"));
        Assert.Equal("503 no_trunk", _rig.Go("0301234"));
    }

    [Fact, Threat(31)]
    public void Forwards_end_after_five_and_in_a_circle()
    {
        _rig.Add(NewRule("1", new Destination.ToNumber("2"), PatternKind.Exact));
        _rig.Add(NewRule("2", new Destination.ToNumber("1"), PatternKind.Exact));
        _rig.Add(NewRule("9(\\d+)", new Destination.ToNumber("99$1"), PatternKind.Regex));
        _rig.Add(NewRule("8(\\d+)", new Destination.ToNumber("$1"), PatternKind.Regex));

        Assert.Equal("482 loop_forward", _rig.Go("1"));
        Assert.Equal("482 loop_forward", _rig.Go("91"));
        Assert.Equal("account bob", _rig.Go("88888100"));
        Assert.Equal("482 loop_forward", _rig.Go("888888100"));
    }

    [Fact]
    public void Trunks_stand_in_line_by_state_priority_and_weight()
    {
        _rig.Add(NewRule("+49", Out));
        var heavy = _rig.Add(NewTrunk("heavy") with { Group = "out", Priority = 1, Weight = 9 });
        var lead = new Dictionary<string, int>();
        for (var i = 0; i < 2000; i++)
        {
            var trunks = ((RoutePlan.ToTrunks)_rig.Dial("0301234")).Trunks;
            Assert.Equal("spare", trunks[2].Name);
            lead[trunks[0].Name] = lead.GetValueOrDefault(trunks[0].Name) + 1;
        }

        Assert.InRange(lead["heavy"], 1650, 1900);

        _rig.Core.Services.Trunks.Update(heavy.Id, status => status with { State = TrunkState.Down });
        Assert.Equal("+49301234 by carrier spare heavy", _rig.Go("0301234"));
        _rig.Core.Services.Trunks.Update(_rig.Carrier.Id, status => status with { State = TrunkState.Down });
        _rig.Core.Services.Trunks.Update(_rig.Spare.Id, status => status with { State = TrunkState.Down });
        Assert.EndsWith("spare", _rig.Go("0301234"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_trunk_is_reached_by_its_name_too()
    {
        _rig.Add(NewRule("+49", new Destination.ToTrunkGroup("SPARE")));

        Assert.Equal("+49301234 by spare", _rig.Go("0301234"));
    }

    [Fact]
    public void Emergency_calls_take_a_rule_else_any_trunk_even_past_an_alias_of_that_name()
    {
        _rig.Core.AddAccount("eve", aliases: ["112"]);
        Assert.Equal("112 by carrier spare", _rig.Go("112"));
        Assert.Equal("112 by carrier spare", _rig.Go("+49112"));
        Assert.Equal(NumberClass.Emergency, Assert.IsType<RoutePlan.ToTrunks>(_rig.Dial("0112")).Class);

        _rig.Add(NewRule("112", new Destination.ToTrunkGroup("spare"), PatternKind.Exact));
        Assert.Equal("112 by spare", _rig.Go("112"));
        Assert.Equal("112 by spare", _rig.Go("0049112"));
        Assert.Equal("110 by carrier spare", _rig.Go("110"));
    }

    [Fact]
    public void An_extension_dials_its_PBX_for_what_is_not_here()
    {
        var pbx = _rig.Add(NewTrunk("pbx", TrunkKind.Extensions) with { Extensions = [new TrunkExtension { Account = _rig.Ada.Id, User = "101" }] });
        _rig.Add(NewRule("", Out));

        Assert.Equal("account bob", _rig.Go("bob"));
        Assert.Equal("service echo", _rig.Go("echo"));
        Assert.Equal("202 by pbx", _rig.Go("202"));
        Assert.Equal("00441234 by pbx", _rig.Go("00441234"));
        Assert.Equal("*97 by pbx", _rig.Go("*97"));
        Assert.Equal("carol by pbx", _rig.Go("carol"));
        Assert.Equal("+49301234 by carrier spare", _rig.Go("0301234", new Caller.FromAccount(_rig.Bob, "bob@gw.example", "")));

        _rig.Add(pbx with { IsEnabled = false });
        Assert.Equal("202 by carrier spare", _rig.Go("202"));
    }

    [Fact]
    public void The_words_tell_the_whole_way()
    {
        _rig.Add(NewRule("+49", Out));

        Assert.Equal(["0301234 is +49301234, national", "rule \"rule +49\" takes it", "+49301234 by carrier, then spare"], _rig.Dial("0301234").Why);
    }
}
