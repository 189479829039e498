using Gateway.Server.Proxy;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Proxy;

/// <summary>The redirect server says where a user is and carries nothing (RFC 3261 §8.3).</summary>
public sealed class RedirectServerTests
{
    private const string Sdp = "v=0\no=- 1 1 IN IP4 198.51.100.7\ns=-\nc=IN IP4 198.51.100.7\nt=0 0\nm=audio 4000 RTP/AVP 0\n";
    private readonly CoreHarness _core = new(new ServerOptions { Role = ServerRole.Redirect });
    private readonly TestPhone _alice;

    public RedirectServerTests()
    {
        _core.AddAccount("alice");
        _core.AddAccount("bob");
        _alice = new TestPhone(_core, "alice", CoreHarness.Udp("198.51.100.7:5062"));
        _alice.Register();
    }

    [Theory]
    [InlineData("INVITE")]
    [InlineData("MESSAGE")]
    [InlineData("OPTIONS")]
    [Row(54)]
    [Rfc(3261, "8.3")]
    public void A_redirect_server_answers_302_with_the_contacts_by_q_and_never_forwards(string method)
    {
        Bob("198.51.100.8:5060", ";q=0.5");
        Bob("198.51.100.9:5060", ";q=0.9");

        var answer = _alice.Send(method, "sip:bob@gw.example", method == "INVITE" ? "Contact: <sip:alice@198.51.100.7:5062>\nContent-Type: application/sdp" : "", to: "<sip:bob@gw.example>", body: method == "INVITE" ? Sdp : "");

        Assert.Equal(302, answer.Status);
        // What is left of a registration that its registrar may have shortened a little.
        Assert.Equal(["<sip:bob@198.51.100.9:5060>;q=0.9", "<sip:bob@198.51.100.8:5060>;q=0.5"], answer.Headers(HeaderId.Contact).Select(contact => contact[..contact.IndexOf(";expires=", StringComparison.Ordinal)]));
        Assert.DoesNotContain(_core.TakeAll(), sent => sent.Status == 0);
        Assert.Equal(0, _core.Core.Calls.Count);
    }

    [Theory]
    [InlineData("sip:bob@gw.example", 480)]
    [InlineData("sip:nobody@gw.example", 404)]
    [InlineData("sip:*43@gw.example", 404)]
    [InlineData("sip:bob@elsewhere.example", 403)]
    [Row(54)]
    [Row(52)]
    [Rfc(3261, "8.3")]
    public void Who_is_not_to_be_found_is_refused_and_not_called(string uri, int status)
    {
        Assert.Equal(status, _alice.Send("INVITE", uri, "Contact: <sip:alice@198.51.100.7:5062>\nContent-Type: application/sdp", to: $"<{uri}>", body: Sdp).Status);
        Assert.Equal(0, _core.Core.Calls.Count);
    }

    [Fact]
    [Row(54)]
    [Rfc(7118, "5.4")]
    public void A_browser_is_nobody_whom_others_could_call_by_his_address()
    {
        new TestPhone(_core, "bob", CoreHarness.Wss(3)).Register();

        Assert.Equal(480, _alice.Send("INVITE", "sip:bob@gw.example", "Contact: <sip:alice@198.51.100.7:5062>\nContent-Type: application/sdp", to: "<sip:bob@gw.example>", body: Sdp).Status);
    }

    [Fact]
    [Row(54)]
    [Threat(25)]
    public void A_stranger_is_asked_who_he_is_before_he_learns_an_address()
    {
        Bob("198.51.100.8:5060", "");
        var stranger = new TestPhone(_core, "mallory", CoreHarness.Udp("203.0.113.5:5060"));

        _core.Receive(stranger.Request("INVITE", "sip:bob@gw.example", "Contact: <sip:m@203.0.113.5>\nContent-Type: application/sdp", body: Sdp), stranger.Flow);

        var answer = _core.TakeAll()[^1];
        Assert.Equal(401, answer.Status);
        Assert.DoesNotContain("198.51.100.8", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("198.51.100.8:5060", CallMode.Redirect)]
    [InlineData(null, CallMode.Bridge)]
    [Row(54)]
    public void As_a_mode_of_the_gateway_it_redirects_to_plain_phones_and_bridges_to_browsers(string? phone, CallMode mode)
    {
        var core = new CoreHarness(new ServerOptions { CallMode = CallMode.Redirect });
        core.AddAccount("alice");
        core.AddAccount("bob");
        var alice = new TestPhone(core, "alice", CoreHarness.Udp("198.51.100.7:5062"));
        alice.Register();
        new TestPhone(core, "bob", phone is null ? CoreHarness.Wss(3) : CoreHarness.Udp(phone)).Register();

        var answer = alice.Send("INVITE", "sip:bob@gw.example", "Contact: <sip:alice@198.51.100.7:5062>\nContent-Type: application/sdp", to: "<sip:bob@gw.example>", body: Sdp);

        Assert.Equal(mode == CallMode.Redirect, answer.Status == 302);
        Assert.Equal(mode == CallMode.Redirect ? 0 : 1, core.Core.Calls.Count);
    }

    private void Bob(string address, string parameters) => new TestPhone(_core, "bob", CoreHarness.Udp(address)) { CallId = $"reg-{address}" }.Register(parameters: parameters);
}
