using Gateway.Server.Routing;
using Gateway.Server.Widgets;
using Gateway.Sip;
using Gateway.Server.Tests.Calls;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Widgets;

/// <summary>What a visitor's socket may say, through the whole core of a loop.</summary>
public sealed class WidgetGateTests
{
    private readonly CoreHarness _core = new();
    private readonly Widget _widget;
    private readonly WidgetSession _session;
    private readonly TestPhone _visitor;

    public WidgetGateTests()
    {
        _widget = WidgetFixtures.Shop(shop => shop with { To = new Destination.ToService("echo") });
        _session = WidgetFixtures.Session(_widget) with { Visitor = VisitorData.Select(["Order-Id"], new Dictionary<string, string> { ["orderId"] = "42" }), Page = "https://shop.example/cart" };
        _core.Services.Configuration.Set(_widget);
        _core.AddAccount("bob");
        _visitor = new TestPhone(_core, "visitor", CoreHarness.Wss(7));
        Assert.True(_core.Services.Visits.TryAdmit(_session, _visitor.Flow));
    }

    private SentMessage Say(string method, string uri, string to = "<sip:call@gateway>", string extra = "Contact: <sip:v@v.invalid;transport=ws>", string body = "") =>
        _visitor.Send(method, uri, extra, from: "\"Your boss\" <sip:bob@gw.example>", to: to, body: body);

    [Theory, Threat(26), Threat(28)]
    [InlineData("REGISTER")]
    [InlineData("MESSAGE")]
    [InlineData("SUBSCRIBE")]
    [InlineData("PUBLISH")]
    [InlineData("REFER")]
    [InlineData("NOTIFY")]
    [InlineData("OPTIONS")]
    [InlineData("INFO")]
    [InlineData("BYE")]
    public void Everything_but_a_call_is_refused(string method)
    {
        var answer = Say(method, method == "REGISTER" ? "sip:gw.example" : "sip:bob@gw.example");

        Assert.Equal(403, answer.Status);
        Assert.Empty(_core.Services.Bindings.All);
    }

    [Theory, Threat(28), Threat(29)]
    [InlineData("sip:bob@gw.example")]
    [InlineData("sip:*43@gw.example")]
    [InlineData("sip:call@gw.example")]
    [InlineData("sip:call@elsewhere.example")]
    [InlineData("sip:callx@gateway")]
    [InlineData("tel:+4930900100")]
    public void A_destination_of_the_pages_own_is_refused(string uri) => Assert.Equal(403, Say("INVITE", uri, extra: s_offer, body: s_body).Status);

    [Fact, Threat(27), Threat(28)]
    public void The_call_goes_where_the_widget_leads_and_is_the_widgets_whatever_the_page_says()
    {
        var answer = Say("INVITE", WidgetTarget, extra: s_offer + "\nX-Order-Id: 1\nP-Asserted-Identity: <sip:bob@gw.example>", body: s_body);

        Assert.Equal(200, answer.Status);
        var record = Assert.Single(_core.CallLog.Started);
        Assert.Equal($"{_widget.PublicId}@gw.example", record.Caller);
        Assert.Equal(CallerKind.Widget, record.CallerKind);
        Assert.Equal(_widget.Id, record.Widget);
        Assert.Equal("42", record.Visitor["Order-Id"]);
        Assert.Equal("https://shop.example/cart", record.Visitor["Page"]);
    }

    [Fact, Threat(28)]
    public void A_second_call_at_once_is_busy_and_one_after_the_first_is_refused()
    {
        Assert.Equal(200, Say("INVITE", WidgetTarget, extra: s_offer, body: s_body).Status);
        _visitor.CallId = "second@phone";
        Assert.Equal(486, Say("INVITE", WidgetTarget, extra: s_offer, body: s_body).Status);

        _core.Services.Visits.End(_session);
        _visitor.CallId = "third@phone";
        Assert.Equal(403, Say("INVITE", WidgetTarget, extra: s_offer, body: s_body).Status);
    }

    [Fact, Threat(28)]
    public void The_kill_switch_holds_for_sockets_that_are_open_already()
    {
        _core.Services.Configuration.Set(_widget with { IsEnabled = false });

        Assert.Equal(403, Say("INVITE", WidgetTarget, extra: s_offer, body: s_body).Status);
    }

    [Fact, Threat(32)]
    public void A_visit_that_moved_on_leaves_nothing_to_its_old_socket()
    {
        Assert.Equal(200, Say("INVITE", WidgetTarget, extra: s_offer, body: s_body).Status);
        Assert.NotNull(_core.Services.Visits.Move(_session.Id, CoreHarness.Wss(8)));

        Assert.Equal(403, Say("OPTIONS", WidgetTarget).Status);
        Assert.Equal(403, Say("INVITE", WidgetTarget, extra: s_offer, body: s_body).Status);
    }

    [Fact, Threat(28)]
    public void The_call_ends_when_its_longest_time_is_over_and_the_visit_with_it()
    {
        var over = new List<WidgetVisit>();
        _core.Services.Visits.Over += over.Add;
        var answer = Say("INVITE", WidgetTarget, extra: s_offer, body: s_body);
        _visitor.CSeq--;
        _core.Receive(_visitor.Request("ACK", WidgetTarget, "Contact: <sip:v@v.invalid;transport=ws>", from: "<sip:bob@gw.example>", to: answer.Header(HeaderId.To)), _visitor.Flow);

        _core.Advance(TimeSpan.FromSeconds(_widget.MaxCallSeconds - 1));
        Assert.Empty(over);
        Assert.DoesNotContain(_core.TakeAll(), sent => sent.Text.StartsWith("BYE ", StringComparison.Ordinal));
        _core.Advance(TimeSpan.FromSeconds(60));

        Assert.Contains(_core.TakeAll(), sent => sent.Text.StartsWith("BYE ", StringComparison.Ordinal));
        Assert.Equal(_session.Id, Assert.Single(over).Session.Id);
    }

    private static readonly string s_offer = "Contact: <sip:v@v.invalid;transport=ws>\nContent-Type: application/sdp";
    private static readonly string s_body = SdpText.Offer(browser: true, "opus PCMU");

    private const string WidgetTarget = "sip:call@gateway";
}
