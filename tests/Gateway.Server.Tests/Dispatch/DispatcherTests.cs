using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Dispatch;

/// <summary>Every request in every state is answered, and with what RFC 3261 §8.2 says.</summary>
public sealed class DispatcherTests
{
    private const string Sdp = "v=0\no=- 1 1 IN IP4 198.51.100.7\ns=-\nc=IN IP4 198.51.100.7\nt=0 0\nm=audio 30000 RTP/AVP 0\n";

    private readonly CoreHarness _core = new();
    private readonly TestPhone _phone;

    public DispatcherTests()
    {
        _core.AddAccount("ada");
        _core.AddAccount("bob");
        _phone = new TestPhone(_core, "ada", CoreHarness.Udp());
    }

    private SentMessage Ask(string text)
    {
        _core.Receive(text, _phone.Flow);
        return _core.TakeOnly();
    }

    /// <summary>A gateway that proxies nothing says at once what it lacks; one that may proxy leaves it to the phones.</summary>
    private SentMessage AskUserAgent(string text)
    {
        var agent = new CoreHarness(new ServerOptions { CallMode = Server.Proxy.CallMode.Bridge });
        agent.Receive(text, _phone.Flow);
        return agent.TakeOnly();
    }

    [Theory, Rfc(3261, "8.2.1"), Row(16), Row(28)]
    [InlineData("FOO")]
    [InlineData("invite")]
    public void An_unknown_method_is_405_with_what_we_know(string method)
    {
        var answer = Ask(_phone.Request(method, "sip:gw.example"));

        Assert.Equal(405, answer.Status);
        Assert.Contains("REGISTER", answer.Header(HeaderId.Allow), StringComparison.Ordinal);
    }

    [Theory, Rfc(3261, "8.2.2.1"), Rfc(5630, "3"), Row(61)]
    [InlineData("http://gw.example", 416)]
    [InlineData("nosuchscheme:bob", 416)]
    [InlineData("sips:bob@gw.example", 416)]
    [InlineData("sip:bob@gw.example:99999", 400)]
    public void A_target_that_we_cannot_route_is_refused(string uri, int status) =>
        Assert.Equal(status, Ask(_phone.Request("INVITE", uri)).Status);

    [Fact, Rfc(3261, "8.2.2.3"), Row(28)]
    public void Extensions_that_we_lack_are_named()
    {
        var answer = AskUserAgent(_phone.Request("INVITE", "sip:bob@gw.example", "Require: precondition, timer\nRequire: foo"));

        Assert.Equal(420, answer.Status);
        Assert.Equal(["precondition", "foo"], answer.Headers(HeaderId.Unsupported));
    }

    [Theory, Rfc(3261, "8.2.3"), Row(66)]
    [InlineData("Content-Type: text/plain", 415)]
    [InlineData("Content-Type: application/sdp\nContent-Encoding: gzip", 415)]
    [InlineData("", 400)]
    public void Bodies_that_we_cannot_read_are_refused(string extra, int status)
    {
        var answer = AskUserAgent(_phone.Request("INVITE", "sip:bob@gw.example", extra, body: Sdp));

        Assert.Equal(status, answer.Status);
        Assert.Equal(status == 415, answer.Header(HeaderId.Accept) is not null);
    }

    [Theory, Rfc(3261, "16.3"), Row(25)]
    [InlineData("INVITE", "sip:bob@gw.example", 483)]
    [InlineData("MESSAGE", "sip:bob@gw.example", 483)]
    [InlineData("OPTIONS", "sip:gw.example", 200)]
    public void A_request_with_no_hops_left_ends_here(string method, string uri, int status)
    {
        var text = _phone.Request(method, uri).Replace("Max-Forwards: 70", "Max-Forwards: 0", StringComparison.Ordinal);

        Assert.Equal(status, Ask(text).Status);
    }

    [Fact, Rfc(3261, "11.2"), Row(18)]
    public void Options_say_what_we_can_to_anyone()
    {
        var answer = Ask(_phone.Request("OPTIONS", "sip:192.0.2.1:5060"));

        Assert.Equal(200, answer.Status);
        Assert.NotNull(answer.Header(HeaderId.Allow));
        Assert.NotNull(answer.Header(HeaderId.Accept));
        Assert.NotNull(answer.Header(HeaderId.Supported));
        Assert.NotEmpty(answer.ToTag);
    }

    [Fact, Threat(16)]
    public void Options_and_challenges_are_not_free_without_end()
    {
        var statuses = Enumerable.Range(0, 200).Select(_ => Ask(_phone.Request("OPTIONS", "sip:gw.example")).Status).ToList();

        Assert.Equal(100, statuses.Count(status => status == 200));
        Assert.Equal(100, statuses.Count(status => status == 503));
        _core.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(200, Ask(_phone.Request("OPTIONS", "sip:gw.example")).Status);

        var challenges = Enumerable.Range(0, 5000).Select(_ => Ask(_phone.Request("REGISTER", "sip:gw.example")).Status).ToList();
        Assert.Equal(4000, challenges.Count(status => status == 401));
        Assert.All(challenges.Skip(4000), status => Assert.Equal(503, status));
    }

    [Fact, Threat(16), Rfc(3261, "8.2.7")]
    public void A_flood_of_challenges_leaves_nothing_behind()
    {
        for (var i = 0; i < 1000; i++)
        {
            Ask(_phone.Request("INVITE", "sip:bob@gw.example"));
        }

        Assert.Equal(0, _core.Core.Transactions.ServerCount);
        Assert.Equal(0, _core.Services.Timers.Count);
    }

    [Theory, Threat(26), Row(13)]
    [InlineData("MESSAGE", 480)]
    [InlineData("NEWMETHOD", 480)]
    [InlineData("SUBSCRIBE", 489)]
    [InlineData("NOTIFY", 481)]
    [InlineData("PUBLISH", 405)]
    [InlineData("REFER", 403)]
    [InlineData("OPTIONS", 200)]
    public void Every_method_outside_a_dialog_asks_who_it_is_first(string method, int afterwards)
    {
        Assert.Equal(401, Ask(_phone.Request(method, "sip:bob@gw.example")).Status);
        Assert.Equal(afterwards, _phone.Send(method, "sip:bob@gw.example").Status);
    }

    [Theory, Rfc(3261, "12.2.2"), Row(3), Row(28)]
    [InlineData("BYE")]
    [InlineData("INVITE")]
    [InlineData("INFO")]
    [InlineData("UPDATE")]
    [InlineData("PRACK")]
    [InlineData("REFER")]
    [InlineData("NOTIFY")]
    [InlineData("OPTIONS")]
    [InlineData("MESSAGE")]
    public void A_tag_that_names_no_dialog_is_481(string method)
    {
        var answer = Ask(_phone.Request(method, "sip:bob@gw.example", to: "<sip:bob@gw.example>;tag=nobody"));

        Assert.Equal(481, answer.Status);
        Assert.Equal("nobody", answer.ToTag);
    }

    [Theory, Rfc(3261, "12.2.2")]
    [InlineData("BYE")]
    [InlineData("INFO")]
    [InlineData("UPDATE")]
    [InlineData("PRACK")]
    public void A_method_of_dialogs_without_one_is_481(string method) =>
        Assert.Equal(481, Ask(_phone.Request(method, "sip:bob@gw.example")).Status);

    [Fact, Rfc(3261, "9.2")]
    public void A_cancel_of_nothing_is_481() => Assert.Equal(481, Ask(_phone.Request("CANCEL", "sip:bob@gw.example")).Status);

    [Theory]
    [InlineData("")]
    [InlineData(";tag=nobody")]
    public void An_ack_of_nothing_is_not_answered(string tag)
    {
        _core.Receive(_phone.Request("ACK", "sip:bob@gw.example", to: $"<sip:bob@gw.example>{tag}"), _phone.Flow);

        Assert.Empty(_core.Sent);
    }

    [Fact, Rfc(3261, "8.2.2.2"), Row(43)]
    public void The_same_request_by_two_paths_is_482_on_the_second()
    {
        _phone.Register();
        var text = _phone.Request("INVITE", "sip:bob@gw.example", "Content-Type: application/sdp\nContact: <sip:ada@198.51.100.7:5062>", body: Sdp);
        _core.Receive(text, _phone.Flow);
        _core.TakeAll();

        var merged = Ask(text.Replace("branch=z9hG4bK", "branch=z9hG4bKother", StringComparison.Ordinal));

        Assert.Equal(482, merged.Status);
    }

    [Theory, Rfc(3261, "8.2.6"), Row(28)]
    [InlineData("SIP/2.0", "SIP/7.0", 505)]
    [InlineData("Max-Forwards: 70", "Max-Forwards: -5", 400)]
    [InlineData("Max-Forwards: 70", "Max-Forwards: 256", 400)]
    [InlineData("CSeq: 1 OPTIONS", "CSeq: 1 INVITE", 400)]
    [InlineData("Max-Forwards: 70", "Max-Forwards: 70\nCall-ID: second", 400)]
    public void What_cannot_be_read_is_answered_where_that_can_be(string part, string bad, int status)
    {
        var at = _phone.Request("OPTIONS", "sip:gw.example");
        var index = at.IndexOf(part, StringComparison.Ordinal);
        _core.Receive(at[..index] + bad + at[(index + part.Length)..], _phone.Flow);

        Assert.Equal(status, _core.TakeOnly().Status);
    }

    [Fact, Threat(29), Row(50)]
    public void Foreign_hosts_are_not_reached_through_us()
    {
        Assert.Equal(403, _phone.Send("INVITE", "sip:someone@elsewhere.example", "Content-Type: application/sdp\nContact: <sip:ada@198.51.100.7:5062>", body: Sdp).Status);
        Assert.Equal(401, Ask(_phone.Request("INVITE", "sip:someone@elsewhere.example")).Status);
    }

    [Fact, Threat(25)]
    public void Without_proof_nobody_learns_who_exists()
    {
        var known = Ask(_phone.Request("OPTIONS", "sip:bob@gw.example"));
        var unknown = Ask(_phone.Request("OPTIONS", "sip:nobody@gw.example"));

        Assert.Equal((401, 401), (known.Status, unknown.Status));
        Assert.Equal(404, _phone.Send("OPTIONS", "sip:nobody@gw.example").Status);
        Assert.Equal(200, _phone.Send("OPTIONS", "sip:bob@gw.example").Status);
    }

    [Fact, Rfc(3261, "17.2.2"), Row(4)]
    public void A_repeat_gets_the_same_answer_and_no_second_thought()
    {
        _core.BindingStore.AutoCommit = false;
        var challenge = Ask(_phone.Request("REGISTER", "sip:gw.example"));
        var request = _phone.Request("REGISTER", "sip:gw.example", $"{_phone.Authorization(challenge, "REGISTER", "sip:gw.example")}\nContact: <sip:ada@198.51.100.7>");
        _core.Receive(request, _phone.Flow);
        _core.Receive(request, _phone.Flow);
        Assert.Empty(_core.Sent);
        _core.BindingStore.Commit();
        _core.RunPosted();
        var first = _core.TakeOnly();
        _core.Receive(request, _phone.Flow);

        Assert.Equal(200, first.Status);
        Assert.Equal(first.Text, _core.TakeOnly().Text);
    }

    [Fact, Rfc(3581, "4"), Threat(32)]
    public void Nothing_is_sent_to_a_broadcast_address()
    {
        _core.Receive(_phone.Request("OPTIONS", "sip:gw.example"), CoreHarness.Udp("255.255.255.255:5060"));
        _core.Receive(_phone.Request("OPTIONS", "sip:gw.example"), CoreHarness.Udp("224.0.0.1:5060"));

        Assert.Empty(_core.Sent);
    }

    [Fact, Threat(39)]
    public void Personal_data_prints_as_nothing()
    {
        var user = Gateway.Server.Observability.Pii.Of("ada@gw.example");

        Assert.DoesNotContain("ada", $"{user}", StringComparison.Ordinal);
        Assert.Equal("ada@gw.example", user.Value);
    }
}
