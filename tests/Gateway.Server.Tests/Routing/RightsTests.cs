using Gateway.Server.Routing;
using Gateway.Server.Trunks;
using Gateway.Server.Widgets;
using Gateway.Testing;
using static Gateway.Server.Tests.Routing.DialPlanRig;

namespace Gateway.Server.Tests.Routing;

/// <summary>Toll fraud, open relay and loops between trunks: what a caller may not do, whatever it dials (THREATS 28, 29, 31).</summary>
public sealed class RightsTests
{
    private readonly DialPlanRig _rig = new();

    public RightsTests() => _rig.Add(NewRule("", Out) with { Order = 100 });

    [Theory, Threat(28)]
    [InlineData("0301234", "+49301234 by carrier spare")]
    [InlineData("115", "115 by carrier spare")]
    [InlineData("00442079460000", "403 rights_international")]
    [InlineData("+442079460000", "403 rights_international")]
    [InlineData("tel:+44-20-7946-0000", "403 rights_international")]
    [InlineData("+%34%34207946", "403 rights_international")]
    [InlineData("0900123456", "403 rights_premium")]
    [InlineData("+49900123456", "403 rights_premium")]
    [InlineData("+49-900-123456", "403 rights_premium")]
    [InlineData("*31#0900123456", "403 rights_premium")]
    [InlineData("+88216123456", "403 rights_international")]
    [InlineData("000123", "404 bad_number")]
    public void Premium_and_international_are_off_by_default(string number, string outcome) =>
        Assert.Equal(outcome, Short(_rig.Uri(number.StartsWith("tel:", StringComparison.Ordinal) ? number : $"sip:{number.Replace("#", "%23", StringComparison.Ordinal)}@gw.example")));

    [Theory, Threat(28)]
    // Dial 9 for a line: the nine must not make a national number of what follows.
    [InlineData("9(.*)", PatternKind.Regex, 0, "$1", "90049900123456", "403 rights_premium")]
    [InlineData("9(.*)", PatternKind.Regex, 0, "$1", "9+442079460000", "404 bad_number")]
    [InlineData("9(.*)", PatternKind.Regex, 0, "$1", "900442079460000", "403 rights_international")]
    [InlineData("9(.*)", PatternKind.Regex, 0, "$1", "90301234", "0301234 by carrier spare")]
    [InlineData("9", PatternKind.Prefix, 1, "", "90049900123456", "403 rights_premium")]
    [InlineData("9", PatternKind.Prefix, 1, "00", "9442079460000", "403 rights_international")]
    [InlineData("9", PatternKind.Prefix, 1, "+", "949900123456", "403 rights_premium")]
    [InlineData("9", PatternKind.Prefix, 1, "", "9112", "112 by carrier spare")]
    public void A_prefix_does_not_hide_a_number(string pattern, PatternKind kind, int strip, string prepend, string dialled, string outcome)
    {
        _rig.Add(NewRule(pattern, Out, kind) with { Strip = strip, Prepend = prepend });

        Assert.Equal(outcome, _rig.Go(dialled));
    }

    [Theory, Threat(28)]
    [InlineData("0900/123456", "403 rights_premium")]
    [InlineData("x+49900123456", "403 rights_premium")]
    [InlineData("0044_2079460000", "403 rights_international")]
    [InlineData("%D9%A0%D9%A9%D9%A0%D9%A0", "404 bad_number")]
    [InlineData("carol", "carol by carrier spare")]
    public void A_name_does_not_hide_a_number(string dialled, string outcome) => Assert.Equal(outcome, Short(_rig.Uri($"sip:{dialled}@gw.example")));

    [Fact, Threat(28)]
    public void Whatever_rules_make_of_what_is_dialled_nothing_that_costs_leaves()
    {
        var random = new Random(28);
        string Text(string alphabet, int most) => new([.. Enumerable.Range(0, random.Next(0, most)).Select(_ => alphabet[random.Next(alphabet.Length)])]);
        string[] starts = ["", "0", "00", "+", "9", "*31#", "900", "00900", "+49900", "0049900", "0900", "44", "0044", "+1900", "9+", "90", "*", "0-9"];
        var numbers = NumberNormaliser.For(_rig.Core.Services.Configuration.Current.Numbers);
        var left = 0;
        for (var round = 0; round < 60; round++)
        {
            var rig = new DialPlanRig();
            for (var i = 0; i < 3; i++)
            {
                rig.Add(random.Next(2) == 0
                    ? NewRule(starts[random.Next(starts.Length)], Out) with { Order = i, Strip = random.Next(5), Prepend = new[] { "", "+", "00", "0", "9" }[random.Next(5)] }
                    : NewRule(new[] { "9(.*)", "(.*)", "0(.*)", "\\+49(.*)", "(.)(.*)", "([0-9]{2})(.*)" }[random.Next(6)], Out, PatternKind.Regex) with { Order = i, Prepend = new[] { "", "$1", "0$1", "00$1", "+$1" }[random.Next(5)] });
            }

            for (var i = 0; i < 300; i++)
            {
                var dialled = starts[random.Next(starts.Length)] + Text("0123456789", 12) + (i % 10 == 0 ? Text("/_.-+*#x", 3) + Text("0123456789", 6) : "");
                if (rig.Planner.Plan(rig.AsAda, dialled) is not RoutePlan.ToTrunks { Class: not NumberClass.Emergency } plan) continue;
                left++;
                var sent = numbers.Read(plan.Number);
                Assert.True(sent.Problem is not null || sent.Class is NumberClass.National or NumberClass.Short or NumberClass.Emergency or NumberClass.Internal, $"{dialled} left as {plan.Number}: {sent.Class}\n{string.Join('\n', plan.Why)}");
            }
        }

        Assert.InRange(left, 1_000, 17_000);
    }

    [Fact, Threat(28)]
    public void A_forward_carries_the_callers_rights_where_the_caller_chose_the_number()
    {
        _rig.Add(NewRule("77(.*)", new Destination.ToNumber("$1"), PatternKind.Regex));
        _rig.Add(NewRule("78", new Destination.ToNumber("+442079460000"), PatternKind.Exact));

        Assert.Equal("403 rights_international", _rig.Go("7700442079460000"));
        Assert.Equal("+49301234 by carrier spare", _rig.Go("770301234"));
        // The operator wrote this one himself.
        Assert.Equal("+442079460000 by carrier spare", _rig.Go("78"));
    }

    [Theory, Threat(28)]
    [InlineData("0301234", true)]
    [InlineData("0305555", false)]
    [InlineData("03055551", true)]
    [InlineData("+4420794600", true)]
    [InlineData("+4430794600", false)]
    [InlineData("+4942", false)]
    public void The_longest_prefix_wins_over_the_class(string number, bool allowed)
    {
        _rig.SetRights(CallRights.Default with
        {
            AllowedPrefixes = ["+4420", "+493055551", "+4942"],
            DeniedPrefixes = ["+493055", "+4942"],
        });

        Assert.Equal(allowed, _rig.Dial(number) is RoutePlan.ToTrunks);
    }

    [Fact]
    public void Every_class_has_its_switch()
    {
        _rig.SetRights(CallRights.Nothing);
        Assert.Equal("403 rights_internal", _rig.Go("bob"));
        Assert.Equal("403 rights_internal", _rig.Go("*43"));
        Assert.Equal("403 rights_national", _rig.Go("0301234"));
        Assert.Equal("403 rights_short", _rig.Go("115"));
        Assert.Equal("403 rights_emergency", _rig.Go("112"));
        _rig.SetRights(new CallRights { International = true, Premium = true });
        Assert.Equal("+442079460000 by carrier spare", _rig.Go("00442079460000"));
        Assert.Equal("+49900123456 by carrier spare", _rig.Go("0900123456"));
    }

    [Theory, Threat(29)]
    [InlineData("sip:+49301234@carrier.example")]
    [InlineData("sip:bob@198.51.100.1")]
    [InlineData("sip:bob@gw.example.evil.example")]
    [InlineData("sip:bob@")]
    public void No_host_elsewhere_is_reached_by_naming_it(string uri)
    {
        if (!Gateway.Sip.SipUri.TryParse(uri, out _)) return;
        Assert.Equal("403 foreign_host", Short(_rig.Uri(uri)));
    }

    [Fact, Threat(28), Threat(29)]
    public void A_trunk_reaches_its_DIDs_and_nothing_else()
    {
        _rig.SetCarrier(carrier => carrier with
        {
            Dids =
            [
                new DidEntry("+49301234100", new Destination.ToAccount(_rig.Bob.Id)),
                new DidEntry("+493012342*", new Destination.ToService("echo")),
                new DidEntry("030777", new Destination.ToNumber("+442079460000")),
                new DidEntry("main", new Destination.ToAccount(_rig.Ada.Id)),
            ],
        });
        var carrier = From(_rig.Carrier);

        Assert.Equal("account bob", _rig.Go("+49301234100", carrier));
        Assert.Equal("account bob", _rig.Go("49301234100", carrier));
        Assert.Equal("account bob", _rig.Go("0301234100", carrier));
        Assert.Equal("account bob", Short(_rig.Uri("sip:+49301234100;npdi@203.0.113.1;user=phone", carrier)));
        Assert.Equal("service echo", _rig.Go("+4930123429", carrier));
        Assert.Equal("service echo", _rig.Go("493012342", carrier));
        Assert.Equal("account ada", _rig.Go("MAIN", carrier));
        // An operator's forward of a DID; the number's own trunk is not taken, the spare is.
        Assert.Equal("+442079460000 by spare", _rig.Go("+4930777", carrier));

        Assert.Equal("404 unknown_did", _rig.Go("+49301234101", carrier));
        Assert.Equal("404 unknown_did", _rig.Go("bob", carrier));
        Assert.Equal("404 unknown_did", _rig.Go("*43", carrier));
        Assert.Equal("404 unknown_did", _rig.Go("112", carrier));
        Assert.Equal("404 unknown_did", _rig.Go("+49900123456", carrier));
        Assert.Equal("404 unknown_did", _rig.Go("+49301234100", From(_rig.Spare)));
    }

    [Fact]
    public void A_trunk_with_rights_reaches_more_and_learns_no_users()
    {
        _rig.SetCarrier(carrier => carrier with { Rights = CallRights.Nothing with { Internal = true } });
        Assert.Equal("account bob", _rig.Go("bob", From(_rig.Carrier)));
        Assert.Equal("403 rights_national", _rig.Go("+4930777", From(_rig.Carrier)));

        _rig.SetCarrier(carrier => carrier with { Rights = CallRights.Nothing with { AllowedPrefixes = ["+4930777"] } });
        Assert.Equal("+4930777 by spare", _rig.Go("+4930777", From(_rig.Carrier)));
        Assert.Equal("403 rights_national", _rig.Go("+4930888", From(_rig.Carrier)));

        _rig.SetCarrier(carrier => carrier with { Rights = CallRights.Nothing with { National = true } });
        Assert.Equal("404 unknown_did", _rig.Go("bob", From(_rig.Carrier)));
        Assert.Equal("+4930777 by spare", _rig.Go("+4930777", From(_rig.Carrier)));
    }

    [Fact]
    public void A_PBX_that_calls_an_extension_rings_its_account()
    {
        Assert.Equal("account bob", _rig.Go("whatever", From(_rig.Carrier) with { Extension = _rig.Bob.Id }));
        Assert.Equal("404 destination_gone", _rig.Go("whatever", From(_rig.Carrier) with { Extension = Guid.CreateVersion7() }));
    }

    [Fact, Threat(31)]
    public void A_call_does_not_go_back_out_by_the_trunk_it_came_from()
    {
        _rig.SetCarrier(carrier => carrier with { Rights = CallRights.Default });
        Assert.Equal("+4930777 by spare", _rig.Go("+4930777", From(_rig.Carrier)));

        _rig.Add(NewRule("+4940", new Destination.ToTrunkGroup("carrier")));
        Assert.Equal("482 loop_trunk", _rig.Go("+4940777", From(_rig.Carrier)));
        Assert.Equal("+4940777 by carrier", _rig.Go("+4940777"));

        _rig.Add(NewRule("+4941", new Destination.ToTrunkGroup("carrier")) with { Sources = [_rig.Carrier.Id] });
        Assert.Equal("+4941777 by carrier", _rig.Go("+4941777", From(_rig.Carrier)));
    }

    [Theory, Threat(28)]
    [InlineData("sip:bob@gw.example")]
    [InlineData("sip:+49900123456@gw.example")]
    [InlineData("sip:x@elsewhere.example")]
    [InlineData("tel:112")]
    public void A_visitor_reaches_the_widgets_destination_whatever_the_page_asked_for(string uri)
    {
        var widget = NewWidget(new Destination.ToService("echo")) with { MaxCallSeconds = 60 };
        var visitor = new Caller.FromWidget(new WidgetSession { Id = Guid.Empty, Widget = widget, Origin = "https://shop.example" }, "visitor@gw.example");

        var plan = _rig.Uri(uri, visitor);
        Assert.Equal(("service echo", TimeSpan.FromSeconds(60)), (Short(plan), plan.MaxDuration));
    }

    [Fact]
    public void A_widget_may_lead_out_by_a_number_of_its_operator()
    {
        var widget = NewWidget(new Destination.ToNumber("+49301234"));
        Assert.Equal("+49301234 by carrier spare", _rig.Go("x", Visitor(widget)));
        Assert.Equal("404 destination_gone", _rig.Go("x", Visitor(widget with { To = Out })));
        Assert.Equal("403 widget_off", _rig.Go("x", Visitor(widget with { IsEnabled = false })));

        static Caller Visitor(Widget widget) => new Caller.FromWidget(new WidgetSession { Id = Guid.Empty, Widget = widget, Origin = "" }, "visitor@gw.example");
    }

    [Fact]
    public void Longest_calls_follow_the_rights_but_not_for_an_emergency()
    {
        _rig.SetRights(CallRights.Default with { MaxCallSeconds = 600 });

        Assert.Equal(TimeSpan.FromSeconds(600), _rig.Dial("0301234").MaxDuration);
        Assert.Equal(TimeSpan.FromSeconds(600), _rig.Dial("bob").MaxDuration);
        Assert.Equal(TimeSpan.Zero, _rig.Dial("112").MaxDuration);
    }
}
