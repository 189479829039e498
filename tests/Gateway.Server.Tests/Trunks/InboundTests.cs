using System.Globalization;
using Gateway.Server.Routing;
using Gateway.Server.Trunks;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Trunks;

/// <summary>Whose request it is when it comes from a trunk's address: who is let in, as which trunk, and what of its words is believed.</summary>
public sealed class InboundTests
{
    private const string Sdp = "v=0\no=- 1 1 IN IP4 192.0.2.5\ns=-\nc=IN IP4 192.0.2.5\nt=0 0\nm=audio 4000 RTP/AVP 0 8 101\na=rtpmap:101 telephone-event/8000\n";

    private readonly TrunkRig _rig = new();
    private int _count;

    private static Trunk Peer { get; } = TrunkRig.Peer with { Dids = [new DidEntry("+4930123", new Destination.ToService("echo"))] };

    private CoreHarness Core => _rig.Core;

    private IReadOnlyList<SentMessage> Receive(string remote, string method = "INVITE", string uri = "sip:+4930123@192.0.2.1", string from = "<sip:+49891@192.0.2.5>", string to = "", string extra = "", Flow? flow = null)
    {
        Core.TakeAll();
        var call = string.Create(CultureInfo.InvariantCulture, $"c{++_count}");
        var body = method == "INVITE" ? Sdp.ReplaceLineEndings("\r\n") : "";
        Core.Receive($"""
            {method} {uri} SIP/2.0
            Via: SIP/2.0/UDP {remote};branch=z9hG4bK{call};rport
            Max-Forwards: 70
            From: {from};tag=f{call}
            To: {(to.Length > 0 ? to : $"<{uri}>")}
            Call-ID: {call}
            CSeq: 1 {method}
            Contact: <sip:pbx@{remote}>
            {extra}{(extra.Length > 0 ? "\n" : "")}{(body.Length > 0 ? "Content-Type: application/sdp\n" : "")}Content-Length: {body.Length}


            """.ReplaceLineEndings("\n").TrimEnd('\n') + "\n\n" + body, flow ?? CoreHarness.Udp(remote));
        return Core.TakeAll();
    }

    private static int Final(IReadOnlyList<SentMessage> sent) => sent.Count == 0 ? 0 : sent[^1].Status;

    [Fact, Threat(29), Row(50)]
    public void A_call_from_the_trunks_address_reaches_its_number()
    {
        _rig.Configure(Peer);

        Assert.Equal(200, Final(Receive("192.0.2.5:5060")));
        Assert.Equal(200, Final(Receive("192.0.2.5:33333")));
    }

    [Theory, Threat(29), Row(50)]
    [InlineData("198.51.100.9:5060")]
    [InlineData("192.0.2.6:5060")]
    public void A_stranger_is_challenged_as_before(string remote)
    {
        _rig.Configure(Peer);

        Assert.Equal(401, Final(Receive(remote)));
    }

    [Theory, Threat(29)]
    [InlineData("sip:+4930123@evil.example", 403)]
    [InlineData("sip:+4930999@192.0.2.1", 404)]
    [InlineData("sip:+4930123@192.0.2.5", 200)]
    public void Through_us_it_reaches_its_own_numbers_and_no_host_elsewhere(string uri, int status)
    {
        _rig.Configure(Peer);

        Assert.Equal(status, Final(Receive("192.0.2.5:5060", uri: uri)));
    }

    [Theory, Row(55)]
    [InlineData(false, "ada", 401)]
    [InlineData(true, "ada", 200)]
    [InlineData(true, "nobody", 404)]
    public void An_edge_proxy_registers_phones_when_it_is_trusted_to(bool trusts, string user, int status)
    {
        Core.AddAccount("ada");
        _rig.Configure(Peer with { TrustsRegistrations = trusts });

        Assert.Equal(status, Final(Receive("192.0.2.5:5060", "REGISTER", $"sip:{CoreHarness.Realm}", from: $"<sip:{user}@{CoreHarness.Realm}>", to: $"<sip:{user}@{CoreHarness.Realm}>")));
        Assert.Equal(401, Final(Receive("198.51.100.9:5060", "REGISTER", $"sip:{CoreHarness.Realm}", from: $"<sip:ada@{CoreHarness.Realm}>", to: $"<sip:ada@{CoreHarness.Realm}>")));
    }

    [Fact]
    public void A_disabled_trunk_is_a_stranger()
    {
        _rig.Configure(Peer with { IsEnabled = false });

        Assert.Equal(401, Final(Receive("192.0.2.5:5060")));
    }

    [Theory]
    [InlineData("10.9.0.0/16", "10.9.7.7:5060", 200)]
    [InlineData("10.9.0.0/16", "10.8.7.7:5060", 401)]
    [InlineData("10.9.7.8", "10.9.7.8:5060", 200)]
    [InlineData("2001:db8:9::/48", "[2001:db8:9:1::7]:5060", 200)]
    [InlineData("2001:db8:9::/48", "[2001:db8:8:1::7]:5060", 401)]
    public void Allowed_sources_may_call_beside_the_host(string allowed, string remote, int status)
    {
        _rig.Configure(Peer with { AllowedSources = [allowed] });

        Assert.Equal(status, Final(Receive(remote)));
    }

    [Fact]
    public void The_hosts_addresses_are_followed_as_dns_changes_them()
    {
        _rig.Names.Set("pbx.example", "192.0.2.8:5060");
        _rig.Configure(Peer with { Host = "pbx.example" });
        Assert.Equal(200, Final(Receive("192.0.2.8:5060")));
        _rig.Names.Set("pbx.example", "192.0.2.9:5060");
        Core.Advance(TimeSpan.FromSeconds(70));

        Assert.Equal(200, Final(Receive("192.0.2.9:5060")));
        Assert.Equal(401, Final(Receive("192.0.2.8:5060")));
    }

    [Fact]
    public void The_longest_prefix_wins()
    {
        var wide = Peer with { Id = Guid.CreateVersion7(), Name = "wide", Host = "203.0.113.1", AllowedSources = ["10.0.0.0/8"], Dids = [] };
        var narrow = Peer with { Id = Guid.CreateVersion7(), Name = "narrow", Host = "203.0.113.2", AllowedSources = ["10.1.0.0/16"] };
        _rig.Configure(wide, narrow);

        Assert.Equal(200, Final(Receive("10.1.0.1:5060")));
        Assert.Equal(404, Final(Receive("10.2.0.1:5060")));
    }

    [Fact]
    public void Trunks_on_one_address_are_told_apart_by_port_then_by_the_number_called()
    {
        var first = Peer with { Id = Guid.CreateVersion7(), Name = "first", Port = 5060, Dids = [new DidEntry("111", new Destination.ToService("echo"))] };
        var second = Peer with { Id = Guid.CreateVersion7(), Name = "second", Port = 5080, Dids = [new DidEntry("222", new Destination.ToService("echo"))] };
        _rig.Configure(first, second);

        Assert.Equal(200, Final(Receive("192.0.2.5:5060", uri: "sip:111@192.0.2.1")));
        Assert.Equal(404, Final(Receive("192.0.2.5:5060", uri: "sip:222@192.0.2.1")));
        Assert.Equal(200, Final(Receive("192.0.2.5:5080", uri: "sip:222@192.0.2.1")));
        Assert.Equal(200, Final(Receive("192.0.2.5:40000", uri: "sip:222@192.0.2.1")));
        Assert.Equal(200, Final(Receive("192.0.2.5:40000", uri: "sip:111@192.0.2.1")));
    }

    [Fact, Rfc(3261, "10.2"), Row(90)]
    public void A_call_to_the_registered_contact_goes_by_the_number_in_to()
    {
        var trunk = TrunkRig.Registering with { Dids = [new DidEntry("+4930123", new Destination.ToService("echo")), new DidEntry("gw1", new Destination.ToService("tone"))] };
        _rig.Configure(trunk);
        var contact = ContactUri(_rig.TakeOnly());

        Assert.Equal(200, Final(Receive("192.0.2.5:5060", uri: contact, to: "<sip:+4930123@192.0.2.5>")));
        Assert.StartsWith("JoinService Echo", Core.Media.Commands.Last(command => command.StartsWith("JoinService", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Equal(200, Final(Receive("192.0.2.5:5060", uri: contact)));
        Assert.StartsWith("JoinService Tone", Core.Media.Commands.Last(command => command.StartsWith("JoinService", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Equal(401, Final(Receive("198.51.100.9:5060", uri: contact)));
    }

    [Fact, Rfc(3261, "11.2"), Row(18)]
    public void Its_options_are_answered_for_us_and_for_our_contact()
    {
        _rig.Configure(TrunkRig.Registering);
        var contact = ContactUri(_rig.TakeOnly());

        Assert.Equal(200, Final(Receive("192.0.2.5:5060", "OPTIONS", contact)));
        Assert.Equal(200, Final(Receive("192.0.2.5:5060", "OPTIONS", "sip:192.0.2.1")));
    }

    [Fact]
    public void A_connection_that_we_opened_is_the_trunks_whatever_its_address()
    {
        var trunk = TrunkRig.Registering with { Transport = SipTransport.Tcp, Dids = [new DidEntry("5", new Destination.ToService("echo"))] };
        _rig.Configure(trunk);
        var flow = _rig.TakeOnly().Flow;

        Assert.Equal(200, Final(Receive("192.0.2.5:5060", uri: "sip:5@192.0.2.1", flow: flow)));
        var other = flow with { Connection = 77, Remote = System.Net.IPEndPoint.Parse("198.51.100.9:5060") };
        Assert.Equal(401, Final(Receive("198.51.100.9:5060", uri: "sip:5@192.0.2.1", flow: other)));
    }

    [Fact, Threat(27)]
    public void A_browser_behind_the_trunks_address_is_no_trunk()
    {
        _rig.Configure(Peer);

        Assert.Equal(401, Final(Receive("192.0.2.5:5060", flow: CoreHarness.Wss(remote: "192.0.2.5:5060"))));
    }

    [Fact, Threat(27)]
    public void An_account_on_the_trunks_address_has_to_prove_itself_and_then_is_the_account()
    {
        Core.AddAccount("ada");
        _rig.Configure(Peer with { Rights = CallRights.InternalOnly });

        Assert.Equal(401, Final(Receive("192.0.2.5:5070", uri: "sip:echo@gw.example", from: "<sip:ada@gw.example>")));
        var phone = new TestPhone(Core, "ada", CoreHarness.Udp("192.0.2.5:5070"));
        Assert.Equal(200, phone.Register().Status);
        Assert.Equal(200, Final(Receive("192.0.2.5:5070", uri: "sip:echo@gw.example", from: "<sip:ada@gw.example>")));
        Assert.Equal("ada@gw.example", Core.CallChanges[^1].Caller);
    }

    [Theory, Threat(21), Threat(27), Rfc(3325, "9.1")]
    [InlineData(false, "P-Asserted-Identity: \"Boss\" <sip:+49111@192.0.2.5>", "+49891@192.0.2.5")]
    [InlineData(true, "P-Asserted-Identity: \"Boss\" <sip:+49111@192.0.2.5>", "+49111@192.0.2.5")]
    [InlineData(true, "P-Asserted-Identity : <tel:+49111>", "+49111@192.0.2.5")]
    [InlineData(true, "Remote-Party-ID: <sip:+49222@x>;party=calling;screen=yes", "+49222@192.0.2.5")]
    [InlineData(true, "Remote-Party-ID: <sip:+49222@x>;party=called", "+49891@192.0.2.5")]
    [InlineData(false, "Remote-Party-ID: <sip:+49222@x>;party=calling", "+49891@192.0.2.5")]
    public void What_it_asserts_counts_only_when_it_is_trusted(bool trusts, string header, string caller)
    {
        _rig.Configure(Peer with { TrustsIdentity = trusts });
        Receive("192.0.2.5:5060", extra: header);

        Assert.Equal(caller, Core.CallChanges[^1].Caller);
    }

    [Theory, Rfc(3323, "4.1"), Rfc(3325, "7"), Threat(27)]
    [InlineData("<sip:+49891@192.0.2.5>", "P-Asserted-Identity: <sip:+49111@192.0.2.5>\nPrivacy: id")]
    [InlineData("<sip:+49891@192.0.2.5>", "Privacy: user;critical")]
    [InlineData("\"Anonymous\" <sip:anonymous@anonymous.invalid>", "P-Asserted-Identity: \"Boss\" <sip:+49111@192.0.2.5>")]
    [InlineData("<sip:+49891@192.0.2.5>", "Remote-Party-ID: \"Boss\" <sip:+49111@192.0.2.5>;party=calling;privacy=full")]
    public void Who_asks_not_to_be_named_is_not(string from, string extra)
    {
        var ring = Ring(TrunkRig.Peer with { TrustsIdentity = true }, from, extra);

        Assert.StartsWith("\"Anonymous\" <sip:anonymous@anonymous.invalid>", ring.Header(HeaderId.From), StringComparison.Ordinal);
        Assert.DoesNotContain("+49", ring.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Boss", ring.Text, StringComparison.Ordinal);
    }

    [Theory, Threat(21), Threat(27), Rfc(3325, "5")]
    [InlineData(true)]
    [InlineData(false)]
    public void None_of_its_identity_headers_reaches_the_called_side(bool trusts)
    {
        var ring = Ring(TrunkRig.Peer with { TrustsIdentity = trusts }, "\"Reception\" <sip:+49891@192.0.2.5>", """
            P-Asserted-Identity : <sip:+49111@192.0.2.5>
            P-Preferred-Identity: <sip:+49111@192.0.2.5>
            Remote-Party-ID: <sip:+49111@192.0.2.5>;party=calling
            Diversion: <sip:+49222@192.0.2.5>;reason=unconditional
            History-Info: <sip:+49222@192.0.2.5>;index=1
            Identity: abc;info=<https://x.example/c>;alg=ES256
            X-Internal: yes
            P-Access-Network-Info: 3GPP
            """);

        foreach (var name in new[] { "P-Asserted", "P-Preferred", "Remote-Party", "Diversion", "History-Info", "Identity:", "X-Internal", "P-Access", "+49222" })
        {
            Assert.DoesNotContain(name, ring.Text, StringComparison.OrdinalIgnoreCase);
        }

        Assert.Contains(trusts ? "+49111@192.0.2.5" : "\"Reception\" <sip:+49891@192.0.2.5>", ring.Header(HeaderId.From), StringComparison.Ordinal);
    }

    /// <summary>A call of the trunk to an account, as the account's phone gets it.</summary>
    private SentMessage Ring(Trunk trunk, string from, string extra)
    {
        var ada = Core.AddAccount("ada");
        Assert.Equal(200, new TestPhone(Core, "ada", CoreHarness.Udp()).Register().Status);
        _rig.Configure(trunk with { Dids = [new DidEntry("30", new Destination.ToAccount(ada.Id))] });
        return Receive("192.0.2.5:5060", uri: "sip:30@192.0.2.1", from: from, extra: extra).Single(message => message.Message is SipRequest);
    }

    [Theory, Threat(32)]
    [InlineData("192.0.2.5:40000", 200)]
    [InlineData("10.9.0.1:5060", 200)]
    [InlineData("192.0.2.99:5060", 481)]
    [InlineData("198.51.100.9:5060", 481)]
    public void Inside_a_dialog_only_the_trunks_own_addresses_are_heard(string remote, int status)
    {
        var other = Peer with { Id = Guid.CreateVersion7(), Name = "other", Host = "192.0.2.99" };
        _rig.Configure(Peer with { AllowedSources = ["10.9.0.0/16"] }, other);
        var answer = Receive("192.0.2.5:5060")[^1];
        Assert.Equal(200, answer.Status);

        Core.Receive($"""
            BYE sip:gw@192.0.2.1 SIP/2.0
            Via: SIP/2.0/UDP {remote};branch=z9hG4bKbye;rport
            Max-Forwards: 70
            From: <sip:+49891@192.0.2.5>;tag=fc1
            To: <sip:+4930123@192.0.2.1>;tag={answer.ToTag}
            Call-ID: c1
            CSeq: 2 BYE
            Content-Length: 0
            """, CoreHarness.Udp(remote));

        Assert.Equal(status, Core.TakeAll().Single(message => message.Header(HeaderId.CSeq) == "2 BYE").Status);
    }

    [Theory, Rfc(3323, "4.1"), Threat(22)]
    [InlineData("\"Anonymous\" <sip:anonymous@anonymous.invalid>", "anonymous@192.0.2.5")]
    [InlineData("<sip:192.0.2.5>", "anonymous@192.0.2.5")]
    [InlineData("<sip:a%0d%0aX-Evil:1@192.0.2.5>", "anonymous@192.0.2.5")]
    [InlineData("<tel:+49-89-1>", "+49891@192.0.2.5")]
    public void A_caller_without_a_usable_number_is_nobody(string from, string caller)
    {
        _rig.Configure(Peer);
        Receive("192.0.2.5:5060", from: from);

        Assert.Equal(caller, Core.CallChanges[^1].Caller);
    }

    [Fact, Threat(25), Threat(29)]
    public void A_trunk_with_a_login_of_its_own_has_to_know_it()
    {
        _rig.Configure(Peer with { InboundUser = "pbx", InboundPassword = new("inside") });
        var challenge = Receive("192.0.2.5:5060")[^1];
        Assert.Equal(401, challenge.Status);
        var phone = new TestPhone(Core, "pbx", CoreHarness.Udp("192.0.2.5:5060"), "inside");

        var right = phone.Authorization(challenge, "INVITE", "sip:+4930123@192.0.2.1");
        Assert.Equal(200, Final(Receive("192.0.2.5:5060", extra: right)));
        Assert.Contains("stale=true", Receive("192.0.2.5:5060", extra: right)[^1].Header(HeaderId.WwwAuthenticate), StringComparison.Ordinal);
        var wrong = Receive("192.0.2.5:5060")[^1];
        Assert.Equal(401, Final(Receive("192.0.2.5:5060", extra: phone.Authorization(wrong, "INVITE", "sip:+4930123@192.0.2.1", "guess"))));
    }

    [Fact, Threat(25)]
    public void Who_guesses_the_trunks_login_is_slowed_down()
    {
        _rig.Configure(Peer with { InboundUser = "pbx", InboundPassword = new("inside") });
        var phone = new TestPhone(Core, "pbx", CoreHarness.Udp("192.0.2.5:5060"), "inside");
        var status = 0;
        for (var i = 0; i < 8 && status != 403; i++)
        {
            var challenge = Receive("192.0.2.5:5060")[^1];
            status = challenge.Status == 403 ? 403 : Final(Receive("192.0.2.5:5060", extra: phone.Authorization(challenge, "INVITE", "sip:+4930123@192.0.2.1", "guess")));
        }

        Assert.Equal(403, status);
    }

    [Theory, Threat(26)]
    [InlineData("SUBSCRIBE", 489)]
    [InlineData("NOTIFY", 481)]
    [InlineData("MESSAGE", 405)]
    public void Other_methods_get_no_further_than_before(string method, int status)
    {
        _rig.Configure(Peer);

        Assert.Equal(status, Final(Receive("192.0.2.5:5060", method)));
    }

    [Fact, Threat(30)]
    public void A_trunk_registers_nobody_here()
    {
        Core.AddAccount("ada");
        _rig.Configure(Peer);

        Assert.Equal(401, Final(Receive("192.0.2.5:5060", "REGISTER", "sip:gw.example", from: "<sip:ada@gw.example>", to: "<sip:ada@gw.example>")));
    }

    private static string ContactUri(SentMessage register)
    {
        var contact = register.Header(HeaderId.Contact)!;
        return contact[1..contact.IndexOf('>', StringComparison.Ordinal)];
    }
}
