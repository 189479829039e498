using Gateway.Server.Trunks;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Trunks;

/// <summary>The life of a registration of ours: what is asked for, what is proved, when it is refreshed and what becomes of it.</summary>
public sealed class RegistrationTests
{
    private readonly TrunkRig _rig = new();

    private static Trunk Trunk => TrunkRig.Registering;

    private TrunkStatus Status => _rig.Status(Trunk);

    private void Advance(double seconds) => _rig.Core.Advance(TimeSpan.FromSeconds(seconds));

    [Fact, Rfc(3261, "10.2"), Row(90)]
    public void A_registering_trunk_registers_one_contact_at_its_host()
    {
        _rig.Configure(Trunk with { RegisterSeconds = 900 });

        var request = _rig.TakeOnly();

        Assert.Equal("192.0.2.5:5060", request.Flow.Remote.ToString());
        Assert.StartsWith("REGISTER sip:192.0.2.5 SIP/2.0", request.Text, StringComparison.Ordinal);
        Assert.StartsWith("<sip:gw1@192.0.2.5>;tag=", request.Header(HeaderId.From), StringComparison.Ordinal);
        Assert.Equal("<sip:gw1@192.0.2.5>", request.Header(HeaderId.To));
        Assert.Matches("^<sip:g0000[a-z2-7]{16}@192\\.0\\.2\\.1:5060>;expires=900$", request.Header(HeaderId.Contact));
        Assert.Equal(900, TrunkRig.Expires(request));
        Assert.Null(request.Header(HeaderId.Authorization));
        Assert.Equal("registering", Status.Registration);
    }

    [Fact, Rfc(3261, "22.2"), Rfc(3261, "10.2.4"), Row(56)]
    public void A_challenge_is_answered_and_what_is_granted_shows()
    {
        _rig.Configure(Trunk);
        var first = _rig.TakeOnly();
        _rig.Challenge(first);

        var second = _rig.TakeOnly();

        Assert.Equal(1u, TrunkRig.Proves(second));
        Assert.Equal(first.Message.CSeq + 1, second.Message.CSeq);
        Assert.Equal(first.Header(HeaderId.CallId), second.Header(HeaderId.CallId));
        Assert.NotEqual(first.Header(HeaderId.Via), second.Header(HeaderId.Via));
        _rig.Grant(second, 300);
        Assert.Equal("registered", Status.Registration);
        Assert.Equal(TrunkState.Up, Status.State);
        Assert.Equal(_rig.Core.UtcNow.AddSeconds(300), Status.RegisteredUntil);
    }

    [Fact, Rfc(3261, "10.2.4"), Rfc(7616, "3.4")]
    public void It_is_refreshed_at_80_to_90_percent_with_the_same_call_id_and_the_nonce_counted_up()
    {
        _rig.Configure(Trunk);
        var request = _rig.Register(100);

        Advance(79.9);
        _rig.AssertQuiet();
        Advance(10.2);

        var refresh = _rig.TakeOnly();
        Assert.Equal(2u, TrunkRig.Proves(refresh));
        Assert.Equal(request.Header(HeaderId.CallId), refresh.Header(HeaderId.CallId));
        Assert.Equal(request.Header(HeaderId.Contact), refresh.Header(HeaderId.Contact));
        Assert.Equal(request.Message.CSeq + 1, refresh.Message.CSeq);
        _rig.Grant(refresh, 100);
        Assert.Equal("registered", Status.Registration);
    }

    [Fact, Rfc(7616, "3.3"), Threat(24)]
    public void A_stale_nonce_costs_another_round_and_nothing_more()
    {
        _rig.Configure(Trunk);
        _rig.Register(100);
        Advance(91);
        _rig.Challenge(_rig.TakeOnly(), "n2", ", stale=true");

        var again = _rig.TakeOnly();

        Assert.Equal(1u, TrunkRig.Proves(again));
        Assert.Contains("nonce=\"n2\"", again.Header(HeaderId.Authorization), StringComparison.Ordinal);
    }

    [Fact, Rfc(3261, "22.3")]
    public void A_proxy_that_asks_as_well_gets_an_answer_of_its_own()
    {
        _rig.Configure(Trunk);
        _rig.Challenge(_rig.TakeOnly(), "p1", status: 407);
        _rig.Challenge(_rig.TakeOnly(), "o1");

        var request = _rig.TakeOnly();

        Assert.Equal(2u, TrunkRig.Proves(request, header: HeaderId.ProxyAuthorization));
        Assert.Equal(1u, TrunkRig.Proves(request));
    }

    [Fact, Rfc(3261, "22.2"), Threat(25)]
    public void A_wrong_password_is_said_so_and_not_tried_again_at_once()
    {
        _rig.Configure(Trunk);
        _rig.Challenge(_rig.TakeOnly(), "n1");
        _rig.Challenge(_rig.TakeOnly(), "n2");

        _rig.AssertQuiet();
        Assert.Equal(TrunkState.Down, Status.State);
        Assert.Equal("not registered", Status.Registration);
        Assert.Equal("401 again: the password is wrong for user gw1 at realm pbx.example", Status.LastReason);
        var (next, after) = _rig.Await(TimeSpan.FromMinutes(10));
        Assert.InRange(after.TotalMinutes, 4, 8.1);
        _rig.Grant(next);
        Assert.Equal(("registered", ""), (Status.Registration, Status.LastReason));
    }

    [Fact, Rfc(3608, "5.1")]
    public void A_service_route_of_a_registration_that_goes_is_not_the_next_ones()
    {
        _rig.Configure(Trunk);
        _rig.Grant(_rig.TakeOnly(), 600, "Service-Route: <sip:old.example;lr>");
        _rig.Configure(Trunk with { Transport = SipTransport.Tcp });
        var (leave, come) = (_rig.Take(), _rig.TakeOnly());
        Assert.Empty(_rig.Board.Memory.Routes(Trunk.Id, "gw1"));
        _rig.Grant(come, 600, "Service-Route: <sip:new.example;lr>");
        _rig.Grant(leave, 0);

        Assert.Equal(["<sip:new.example;lr>"], _rig.Board.Memory.Routes(Trunk.Id, "gw1"));
    }

    [Fact, Threat(23)]
    public void A_realm_that_is_not_the_trunks_is_not_answered()
    {
        _rig.Configure(Trunk with { Realm = "pbx.example" });
        _rig.Challenge(_rig.TakeOnly(), realm: "evil.example");

        _rig.AssertQuiet();
        Assert.Contains("realm evil.example, which is not the realm of this trunk", Status.LastReason, StringComparison.Ordinal);
    }

    [Fact, Threat(23)]
    public void The_first_realm_that_asked_stays_the_trunks_own()
    {
        _rig.Configure(Trunk);
        _rig.Register(100);
        Advance(91);
        _rig.Challenge(_rig.TakeOnly(), "n2", ", stale=true", realm: "other.example");

        _rig.AssertQuiet();
        Assert.Contains("realm other.example", Status.LastReason, StringComparison.Ordinal);
    }

    [Fact, Threat(39)]
    public void The_password_is_nowhere_to_be_read()
    {
        _rig.Configure(Trunk with { Password = new("pa55word-x") });
        _rig.Challenge(_rig.TakeOnly());

        var text = _rig.TakeOnly().Text + Status + _rig.Core.Services.Configuration.Current.Trunks[0];

        Assert.DoesNotContain("pa55word-x", text, StringComparison.Ordinal);
    }

    [Fact, Rfc(3261, "10.2.8"), Row(28)]
    public void An_interval_that_is_too_brief_is_lengthened_and_stays_so()
    {
        _rig.Configure(Trunk with { RegisterSeconds = 60 });
        _rig.Answer(_rig.TakeOnly(), 423, "Min-Expires: 120");
        var longer = _rig.TakeOnly();
        Assert.Equal(120, TrunkRig.Expires(longer));
        _rig.Grant(longer, 120);
        Advance(110);

        Assert.Equal(120, TrunkRig.Expires(_rig.TakeOnly()));
    }

    [Theory, Rfc(3261, "10.2.8")]
    [InlineData("Min-Expires: 30")]
    [InlineData("Min-Expires: 9999999")]
    [InlineData("X: 1")]
    public void A_423_that_helps_nobody_is_a_refusal(string header)
    {
        _rig.Configure(Trunk with { RegisterSeconds = 60 });
        _rig.Answer(_rig.TakeOnly(), 423, header);

        _rig.AssertQuiet();
        Assert.StartsWith("423", Status.LastReason, StringComparison.Ordinal);
    }

    [Fact, Rfc(5626, "4.5")]
    public void Failures_wait_longer_each_time_up_to_ten_minutes()
    {
        _rig.Configure(Trunk);
        var request = _rig.TakeOnly();
        double[] bounds = [30, 60, 120, 240, 480, 600, 600];
        foreach (var bound in bounds)
        {
            _rig.Answer(request, 500);
            (request, var after) = _rig.Await(TimeSpan.FromSeconds(601));
            Assert.InRange(after.TotalSeconds, bound / 2, bound + 0.1);
        }

        Assert.StartsWith("500", Status.LastReason, StringComparison.Ordinal);
    }

    [Fact, Rfc(3261, "20.33")]
    public void A_registrar_that_names_a_time_gets_it()
    {
        _rig.Configure(Trunk);
        _rig.Answer(_rig.TakeOnly(), 503, "Retry-After: 300");

        Advance(299);
        _rig.AssertQuiet();
        Advance(2);
        _rig.TakeOnly();
    }

    [Fact, Rfc(3263, "4.3")]
    public void The_next_address_is_asked_when_one_is_broken_or_silent()
    {
        _rig.Names.Set("sip.example", "192.0.2.5:5060", "192.0.2.6:5060", "192.0.2.7:5060");
        _rig.Configure(Trunk with { Host = "sip.example" });
        _rig.Answer(_rig.TakeOnly(), 503);
        Assert.Equal("192.0.2.6:5060", _rig.TakeOnly().Flow.Remote.ToString());
        Advance(6);
        var last = _rig.TakeOnly();
        Assert.Equal("192.0.2.7:5060", last.Flow.Remote.ToString());
        _rig.Grant(last);

        Assert.Equal("registered", Status.Registration);
    }

    [Fact]
    public void Silence_is_named_with_the_address_and_the_transport()
    {
        _rig.Configure(Trunk);
        Advance(33);

        Assert.Equal("no answer from 192.0.2.5:5060 (UDP)", Status.LastReason);
        Assert.Equal(TrunkState.Down, Status.State);
    }

    [Fact]
    public void A_name_that_does_not_exist_is_named()
    {
        _rig.Configure(Trunk with { Host = "nowhere.example" });

        _rig.AssertQuiet();
        Assert.Equal("There is no name nowhere.example", Status.LastReason);
    }

    [Fact, Rfc(3261, "10.2.2")]
    public void A_disabled_trunk_takes_its_binding_out()
    {
        _rig.Configure(Trunk);
        var request = _rig.Register();
        _rig.Configure(Trunk with { IsEnabled = false });

        var leave = _rig.TakeOnly();

        Assert.Equal(0, TrunkRig.Expires(leave));
        Assert.Equal(request.Header(HeaderId.CallId), leave.Header(HeaderId.CallId));
        Assert.Equal(2u, TrunkRig.Proves(leave));
        Assert.Equal("disabled", Status.Registration);
        _rig.Grant(leave, 0);
        Assert.Equal(0, _rig.Manager.Registrations);
    }

    [Fact, Rfc(3261, "10.2.2")]
    public void A_removed_trunk_and_a_gateway_that_stops_leave_nothing_behind()
    {
        var other = Trunk with { Id = Guid.Parse("0190a000-0000-7000-8000-000000000009"), Name = "second", Host = "192.0.2.9" };
        _rig.Configure(Trunk, other);
        _rig.Challenge(_rig.Take());
        _rig.Challenge(_rig.Take());
        _rig.Grant(_rig.Take());
        _rig.Grant(_rig.Take());
        _rig.Configure(other);
        var first = _rig.TakeOnly();
        Assert.Equal(0, TrunkRig.Expires(first));
        _rig.Manager.Stop(_rig.Core.Now);
        var second = _rig.TakeOnly();
        Assert.Equal(("192.0.2.9:5060", 0), (second.Flow.Remote.ToString(), TrunkRig.Expires(second)));
        Assert.Equal(2, _rig.Manager.Registrations);
        _rig.Grant(first, 0);
        _rig.Grant(second, 0);
        Assert.Equal(0, _rig.Manager.Registrations);
        Advance(60);
        Assert.Equal(0, _rig.Core.Services.Timers.Count);
    }

    [Fact, Rfc(3261, "10.2")]
    public void What_is_stopped_while_it_asks_waits_for_the_answer_first()
    {
        _rig.Configure(Trunk);
        var request = _rig.TakeOnly();
        _rig.Configure();
        _rig.AssertQuiet();
        _rig.Grant(request);

        Assert.Equal(0, TrunkRig.Expires(_rig.TakeOnly()));
    }

    [Fact]
    public void A_change_that_the_registrar_never_sees_keeps_the_registration()
    {
        _rig.Configure(Trunk);
        _rig.Register();
        _rig.Configure(Trunk with { Name = "renamed", Codecs = ["PCMA"], MaxCalls = 5, Dids = [], TrustsIdentity = true });

        _rig.AssertQuiet();
        Assert.Equal("registered", Status.Registration);
    }

    [Fact]
    public void Another_password_is_tried_at_once_in_the_same_registration()
    {
        _rig.Configure(Trunk);
        _rig.Challenge(_rig.TakeOnly(), "n1");
        var wrong = _rig.TakeOnly();
        _rig.Challenge(wrong, "n2");
        _rig.Configure(Trunk with { Password = new("better") });
        _rig.Challenge(_rig.TakeOnly(), "n3");

        var right = _rig.TakeOnly();

        TrunkRig.Proves(right, "better");
        Assert.Equal(wrong.Header(HeaderId.CallId), right.Header(HeaderId.CallId));
        _rig.Grant(right);
        Assert.Equal((TrunkState.Up, ""), (Status.State, Status.LastReason));
    }

    [Fact]
    public void Another_user_is_another_registration_and_the_old_one_goes()
    {
        _rig.Configure(Trunk);
        var old = _rig.Register();
        _rig.Configure(Trunk with { User = "gw2" });

        var (leave, come) = (_rig.Take(), _rig.TakeOnly());

        Assert.Equal((0, old.Header(HeaderId.CallId)), (TrunkRig.Expires(leave), leave.Header(HeaderId.CallId)));
        Assert.Equal("<sip:gw1@192.0.2.5>", leave.Header(HeaderId.To));
        Assert.Equal(("<sip:gw2@192.0.2.5>", 600), (come.Header(HeaderId.To), TrunkRig.Expires(come)));
        Assert.NotEqual(leave.Header(HeaderId.CallId), come.Header(HeaderId.CallId));
    }

    [Fact, Rfc(3608, "5.1"), Rfc(3261, "8.1.2")]
    public void A_service_route_is_remembered_for_calls_and_not_for_registering()
    {
        _rig.Configure(Trunk);
        _rig.Challenge(_rig.TakeOnly());
        _rig.Grant(_rig.TakeOnly(), 100, "Service-Route: <sip:edge.example:5080;lr>, <sip:home.example;lr>");
        var credentials = _rig.Core.Services.TrunkAccess.For(_rig.Core.Services.Configuration.Current.Trunks[0], null)!;

        Assert.Equal(["<sip:edge.example:5080;lr>", "<sip:home.example;lr>"], credentials.Routes);
        Assert.Equal(("edge.example", 5080), (credentials.NextHop.Host, credentials.NextHop.Port));
        Advance(91);
        var refresh = _rig.TakeOnly();
        Assert.Null(refresh.Header(HeaderId.Route));
        Assert.Equal("192.0.2.5:5060", refresh.Flow.Remote.ToString());
        _rig.Grant(refresh);
        Assert.Empty(credentials.Routes);
    }

    [Fact, Rfc(3261, "8.1.2")]
    public void An_outbound_proxy_is_where_it_goes_and_stands_in_route()
    {
        _rig.Configure(Trunk with { Host = "carrier.example", OutboundProxy = "192.0.2.77:5070" });

        var request = _rig.TakeOnly();

        Assert.Equal("192.0.2.77:5070", request.Flow.Remote.ToString());
        Assert.Equal("<sip:192.0.2.77:5070;lr>", request.Header(HeaderId.Route));
        Assert.StartsWith("REGISTER sip:carrier.example SIP/2.0", request.Text, StringComparison.Ordinal);
    }

    [Fact, Rfc(5626, "4.5")]
    public void A_lost_connection_is_made_again_at_once_unless_it_breaks_each_time()
    {
        _rig.Configure(Trunk with { Transport = SipTransport.Tcp });
        _rig.Challenge(_rig.Take());
        var request = _rig.TakeOnly();
        Assert.Contains(";transport=tcp>", request.Header(HeaderId.Contact), StringComparison.Ordinal);
        _rig.Grant(request);
        Advance(60);
        Lose(request.Flow);
        var again = _rig.TakeOnly();
        Assert.NotEqual(request.Flow.Connection, again.Flow.Connection);
        _rig.Grant(again);
        Advance(1);
        Lose(again.Flow);

        _rig.AssertQuiet();
        Assert.Equal("192.0.2.5:5060 (TCP): the peer closed it", Status.LastReason);
        Assert.Equal("registered, but the last refresh failed", Status.Registration);
        Advance(31);
        _rig.TakeOnly();
    }

    [Fact, Rfc(3261, "10.2")]
    public void One_that_is_wanted_again_before_it_is_out_waits_for_the_farewell_to_be_answered()
    {
        _rig.Configure(Trunk);
        var first = _rig.Register();
        _rig.Configure(Trunk with { IsEnabled = false });
        var leave = _rig.TakeOnly();
        _rig.Configure(Trunk with { Name = "again" });
        _rig.AssertQuiet();
        _rig.Grant(leave, 0);

        var again = _rig.TakeOnly();

        Assert.Equal((600, first.Header(HeaderId.CallId)), (TrunkRig.Expires(again), again.Header(HeaderId.CallId)));
        _rig.Grant(again);
        Assert.Equal("registered", Status.Registration);
    }

    [Fact]
    public void A_trunk_that_becomes_a_peer_is_not_held_for_its_registration()
    {
        _rig.Configure(Trunk);
        _rig.Answer(_rig.TakeOnly(), 403);
        Assert.Equal(TrunkState.Down, Status.State);
        _rig.Configure(Trunk with { Type = TrunkKind.Peer });

        Assert.Equal((TrunkState.Unknown, "", false), (Status.State, Status.Registration, Status.IsRefused));
        Assert.Equal(0, _rig.Manager.Registrations);
    }

    [Fact, Rfc(3261, "10.2.2")]
    public void Another_transport_leaves_no_contact_of_the_old_one()
    {
        _rig.Configure(Trunk);
        _rig.Register();
        _rig.Configure(Trunk with { Transport = SipTransport.Tcp });

        var (leave, come) = (_rig.Take(), _rig.TakeOnly());

        Assert.Equal((0, SipTransport.Udp), (TrunkRig.Expires(leave), leave.Flow.Transport));
        Assert.Equal((600, SipTransport.Tcp), (TrunkRig.Expires(come), come.Flow.Transport));
    }

    [Fact, Rfc(3261, "10.2.2"), Rfc(3263, "4.3")]
    public void A_refresh_by_another_transport_takes_the_old_contact_out_with_it()
    {
        _rig.Names.Set("sip.example", "192.0.2.5:5060", "192.0.2.6:5060/tcp");
        _rig.Configure(Trunk with { Host = "sip.example" });
        var old = _rig.Register(100);
        Advance(91);
        _rig.Answer(_rig.TakeOnly(), 503);

        var contacts = _rig.TakeOnly().Headers(HeaderId.Contact);

        Assert.Equal(2, contacts.Count);
        Assert.EndsWith(";transport=tcp>;expires=600", contacts[0], StringComparison.Ordinal);
        Assert.Equal(old.Header(HeaderId.Contact)!.Replace("expires=600", "expires=0", StringComparison.Ordinal), contacts[1]);
    }

    private void Lose(Flow flow)
    {
        _rig.Connector.Forget(flow, "the peer closed it");
        _rig.Core.CloseFlow(flow);
    }
}
