using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Overload;

/// <summary>What an overloaded loop answers, to whom, and what it says of its load.</summary>
public sealed class SheddingTests
{
    private readonly CoreHarness _core = new();
    private readonly TestPhone _alice;
    private readonly TestPhone _bob;
    private readonly string _call;

    /// <summary>The registration's transaction waits for repeats.</summary>
    private readonly int _lingering;

    public SheddingTests()
    {
        _core.AddAccount("alice");
        _core.AddAccount("bob");
        _alice = new TestPhone(_core, "alice", CoreHarness.Udp("198.51.100.7:5062"));
        _bob = new TestPhone(_core, "bob", CoreHarness.Udp("198.51.100.8:5062"));
        _alice.Register();
        _call = _alice.CallId;
        _core.TakeAll();
        _lingering = _core.Core.Transactions.ServerCount;
    }

    [Fact]
    [Threat(16)]
    [Row(26)]
    [Rfc(3261, "21.5.4")]
    public void A_new_call_is_answered_503_with_RetryAfter_and_leaves_nothing_behind()
    {
        Overload();
        _core.Receive(_bob.Request("INVITE", "sip:alice@gw.example", "Contact: <sip:bob@198.51.100.8:5062>"), _bob.Flow);

        var refusal = _core.TakeOnly();
        Assert.Equal(503, refusal.Status);
        Assert.InRange(int.Parse(refusal.Header(HeaderId.RetryAfter)!, System.Globalization.CultureInfo.InvariantCulture), 5, 9);
        Assert.Equal(_lingering, _core.Core.Transactions.ServerCount);
        Assert.Equal(0, _core.Core.Calls.Count);
    }

    [Theory]
    [InlineData("REGISTER", true)]
    [InlineData("BYE", true)]
    [InlineData("new REGISTER", false)]
    [InlineData("OPTIONS", false)]
    [InlineData("112", true)]
    [Threat(16)]
    public void Requests_of_calls_under_way_registered_phones_and_emergency_calls_go_before_new_ones(string kind, bool isTaken)
    {
        Overload(keptToo: false);
        switch (kind)
        {
            case "REGISTER":
                _alice.CallId = _call;
                _core.Receive(_alice.Request("REGISTER", "sip:gw.example", $"Contact: <{_alice.ContactUri}>"), _alice.Flow);
                break;
            case "new REGISTER":
                _core.Receive(_bob.Request("REGISTER", "sip:gw.example", $"Contact: <{_bob.ContactUri}>"), _bob.Flow);
                break;
            case "BYE":
                _core.Receive(_alice.Request("BYE", "sip:gw@gw.example", to: "<sip:x@gw.example>;tag=1"), _alice.Flow);
                break;
            case "112":
                _core.Receive(_bob.Request("INVITE", "sip:112@gw.example", "Contact: <sip:bob@198.51.100.8:5062>"), _bob.Flow);
                break;
            default:
                _core.Receive(_bob.Request(kind, "sip:gw.example"), _bob.Flow);
                break;
        }

        Assert.Equal(isTaken, _core.Take().Status != 503);
    }

    [Fact]
    [Rfc(7339, "5.10.2")]
    public void A_proxy_before_us_is_not_told_to_keep_all_its_users_away()
    {
        Overload();
        _core.Receive(_bob.Request("INVITE", "sip:alice@gw.example", "Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKinner"), _bob.Flow);

        var refusal = _core.TakeOnly();
        Assert.Equal(503, refusal.Status);
        Assert.Null(refusal.Header(HeaderId.RetryAfter));
    }

    [Fact]
    [Rfc(7339, "5.2")]
    public void A_neighbour_that_understands_it_is_told_the_share_to_hold_back_in_its_Via()
    {
        Overload();
        _core.Receive(_bob.Request("INVITE", "sip:alice@gw.example").Replace(";rport", ";rport;oc;oc-algo=\"loss,rate\"", StringComparison.Ordinal), _bob.Flow);

        var refusal = _core.TakeOnly();
        Assert.Matches(";oc=9[0-9];oc-algo=\"loss\";oc-validity=1000;oc-seq=[0-9]{1,12}\\.[0-9]{1,5}$", refusal.Headers(HeaderId.Via)[0]);
        Assert.DoesNotContain("loss,rate", refusal.Text, StringComparison.Ordinal);
        Assert.Null(refusal.Header(HeaderId.RetryAfter));
    }

    [Fact]
    [Rfc(7339, "5.7")]
    public void Without_overload_it_is_told_that_there_is_none_and_strangers_to_it_are_told_nothing()
    {
        _core.Core.Weigh(TimeSpan.Zero, isMemoryShort: false, _core.Now);
        _core.Receive(_bob.Request("OPTIONS", "sip:gw.example").Replace(";rport", ";rport;oc;oc-algo=\"loss\"", StringComparison.Ordinal), _bob.Flow);
        Assert.Contains(";oc=0;oc-algo=\"loss\";oc-validity=0;oc-seq=", _core.TakeOnly().Headers(HeaderId.Via)[0], StringComparison.Ordinal);

        _core.Receive(_bob.Request("OPTIONS", "sip:gw.example"), _bob.Flow);
        Assert.DoesNotContain("oc", _core.TakeOnly().Headers(HeaderId.Via)[0], StringComparison.Ordinal);
    }

    [Fact]
    [Rfc(3261, "17.2.2")]
    public void A_repeat_of_what_was_taken_before_is_absorbed_and_not_turned_away()
    {
        var invite = _alice.Request("INVITE", "sip:bob@gw.example", "Contact: <sip:alice@198.51.100.7:5062>");
        _core.Receive(invite, _alice.Flow);
        var before = _core.TakeAll();
        Assert.Equal(_lingering + 1, _core.Core.Transactions.ServerCount);

        Overload();
        _core.Receive(invite, _alice.Flow);

        Assert.DoesNotContain(_core.TakeAll(), answer => answer.Status == 503);
        Assert.NotEmpty(before);
    }

    /// <summary>Waits of seconds; <paramref name="keptToo"/>: long enough to turn away nearly everything.</summary>
    private void Overload(bool keptToo = true)
    {
        var now = _core.Now + TimeSpan.FromSeconds(1);
        for (var i = 0; i < (keptToo ? 40 : 9); i++, now += TimeSpan.FromMilliseconds(100))
        {
            _core.Core.Weigh(TimeSpan.FromSeconds(3), isMemoryShort: false, now);
        }

        // A Call-ID that is unlucky for the test's sake.
        while (_core.Core.Overload.Admits(Gateway.Server.Overload.RequestRank.New, System.Text.Encoding.ASCII.GetBytes(_bob.CallId)))
        {
            _bob.CallId += "x";
        }
    }
}
