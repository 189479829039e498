using System.Net;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.FrontEnd;

/// <summary>A front end without state (RFC 3261 §16.11): everything it does follows from the message, before and after a restart.</summary>
public sealed class StatelessProxyTests
{
    private const string First = "10.0.0.11:5060";
    private const string Second = "10.0.0.12:5060";
    private static readonly Flow s_phone = CoreHarness.Udp("198.51.100.7:5062");

    [Fact]
    [Row(41)]
    [Rfc(3261, "16.11")]
    public void A_repeat_of_a_request_is_forwarded_byte_for_byte_as_the_first_even_after_kill_9()
    {
        var front = Front();
        front.Receive(Invite("call-1"), s_phone);
        var first = front.TakeOnly();
        front.Receive(Invite("call-1"), s_phone);
        var repeat = front.TakeOnly();

        var restarted = Front();
        restarted.Receive(Invite("call-1"), s_phone);
        var afterwards = restarted.TakeOnly();

        Assert.Equal(first.Text, repeat.Text);
        Assert.Equal(first.Text, afterwards.Text);
        Assert.Equal(first.Flow.Remote, afterwards.Flow.Remote);
        Assert.Equal(0, front.Core.Transactions.ServerCount);
    }

    [Fact]
    [Row(41)]
    [Row(20)]
    [Rfc(3261, "16.11")]
    public void No_100_and_no_fork()
    {
        var front = Front();
        front.Receive(Invite("call-1"), s_phone);

        Assert.Equal("INVITE", System.Text.Encoding.ASCII.GetString(front.TakeOnly().Request.MethodToken));
        front.Advance(TimeSpan.FromSeconds(2));
        Assert.Empty(front.TakeAll());
    }

    [Fact]
    [Row(41)]
    [Rfc(3261, "16.11")]
    public void CANCEL_and_the_ACK_of_a_refusal_follow_their_INVITE_with_its_branch()
    {
        var front = Front();
        for (var call = 0; call < 20; call++)
        {
            var invite = Invite($"call-{call}");
            front.Receive(invite, s_phone);
            var sent = front.TakeOnly();
            front.Receive(invite.Replace("INVITE", "CANCEL", StringComparison.Ordinal), s_phone);
            var cancel = front.TakeOnly();
            front.Receive(invite.Replace("INVITE", "ACK", StringComparison.Ordinal).Replace("<sip:bob@gw.example>\n", "<sip:bob@gw.example>;tag=refused\n", StringComparison.Ordinal), s_phone);
            var ack = front.TakeOnly();

            Assert.Equal(sent.Flow.Remote, cancel.Flow.Remote);
            Assert.Equal(sent.Flow.Remote, ack.Flow.Remote);
            Assert.Equal(sent.Request.TopVia.Branch.ToArray(), cancel.Request.TopVia.Branch.ToArray());
            Assert.Equal(sent.Request.TopVia.Branch.ToArray(), ack.Request.TopVia.Branch.ToArray());
        }
    }

    [Fact]
    [Rfc(3261, "16.11")]
    public void An_RFC_2543_peer_gets_one_branch_for_INVITE_repeat_and_ACK_and_another_for_the_next()
    {
        var front = Front();
        var invite = Invite("call-1").Replace(";branch=z9hG4bKcall-1", "", StringComparison.Ordinal);
        front.Receive(invite, s_phone);
        var first = front.TakeOnly();
        front.Receive(invite.Replace("INVITE", "ACK", StringComparison.Ordinal).Replace("<sip:bob@gw.example>\n", "<sip:bob@gw.example>;tag=x\n", StringComparison.Ordinal), s_phone);
        var ack = front.TakeOnly();
        front.Receive(invite.Replace("1 INVITE", "2 INVITE", StringComparison.Ordinal), s_phone);
        var next = front.TakeOnly();

        Assert.Equal(first.Request.TopVia.Branch.ToArray(), ack.Request.TopVia.Branch.ToArray());
        Assert.NotEqual(first.Request.TopVia.Branch.ToArray(), next.Request.TopVia.Branch.ToArray());
    }

    [Fact]
    [Row(53)]
    public void Calls_spread_over_the_hops_and_all_of_a_call_goes_to_one()
    {
        var front = Front();
        var hops = new HashSet<string>();
        for (var call = 0; call < 40; call++)
        {
            front.Receive(Invite($"call-{call}"), s_phone);
            var sent = front.TakeOnly();
            hops.Add(sent.Flow.Remote.ToString());
            // In the dialog the server is named by its Contact, behind our Record-Route.
            var route = sent.Headers(HeaderId.RecordRoute).Single();
            front.Receive(InDialog("BYE", $"call-{call}", $"sip:gw@{sent.Flow.Remote}", route), s_phone);
            var bye = front.TakeOnly();
            Assert.Equal(sent.Flow.Remote, bye.Flow.Remote);
            Assert.Null(bye.Header(HeaderId.Route));
        }

        Assert.Equal([First, Second], hops.Order());
    }

    [Fact]
    [Row(41)]
    [Rfc(3261, "16.11")]
    [Rfc(3261, "18.2.2")]
    public void Answers_go_back_by_Via_alone_and_from_nobody_else()
    {
        var front = Front();
        front.Receive(Invite("call-1"), s_phone);
        var sent = front.TakeOnly();
        var answer = AnswerTo(sent, "200 OK");

        // Another start of the process: nothing but the message says where it belongs.
        var restarted = Front();
        restarted.Receive(answer, Flow(sent.Flow.Remote.ToString()));
        var back = restarted.TakeOnly();

        Assert.Equal(s_phone.Remote, back.Flow.Remote);
        Assert.Equal("SIP/2.0/UDP 198.51.100.7:5062;branch=z9hG4bKcall-1;received=198.51.100.7;rport=5062", back.Headers(HeaderId.Via).Single());

        restarted.Receive(answer, CoreHarness.Udp("203.0.113.66:5060"));
        Assert.Empty(restarted.TakeAll());
        restarted.Receive(answer.Replace("192.0.2.1:5060", "192.0.2.77:5060", StringComparison.Ordinal), Flow(First));
        Assert.Empty(restarted.TakeAll());
    }

    [Fact]
    [Rfc(3261, "18.2.2")]
    public void An_answer_takes_the_connection_that_its_request_came_by()
    {
        var front = Front();
        var browser = CoreHarness.Wss(7);
        front.Receive(Invite("call-1").Replace("UDP 198.51.100.7:5062", "WSS df7jal23ls0d.invalid", StringComparison.Ordinal), browser);
        var sent = front.TakeOnly();

        front.Receive(AnswerTo(sent, "180 Ringing"), Flow(sent.Flow.Remote.ToString()));
        Assert.Equal(7, front.TakeOnly().Flow.Connection);

        front.DeadConnections.Add(7);
        front.Receive(AnswerTo(sent, "200 OK"), Flow(sent.Flow.Remote.ToString()));
        Assert.Empty(front.TakeAll());
    }

    [Fact]
    [Rfc(3327, "5.2")]
    public void What_a_server_sends_later_takes_the_way_that_the_phone_came_by()
    {
        var front = Front();
        var phone = CoreHarness.Wss(7);
        front.Receive("""
            REGISTER sip:gw.example SIP/2.0
            Via: SIP/2.0/WSS x.invalid;branch=z9hG4bKreg
            Max-Forwards: 70
            From: <sip:bob@gw.example>;tag=1
            To: <sip:bob@gw.example>
            Call-ID: reg
            CSeq: 1 REGISTER
            Contact: <sip:bob@x.invalid;transport=ws>
            Content-Length: 0
            """, phone);
        var path = front.TakeOnly().Headers(HeaderId.Path).Single();

        front.Receive(InDialog("INVITE", "to-bob", "sip:bob@x.invalid;transport=ws", path).Replace(";tag=2", "", StringComparison.Ordinal), Flow(First));
        var invite = front.TakeOnly();

        Assert.Equal(phone, invite.Flow);
        Assert.StartsWith("INVITE sip:bob@x.invalid;transport=ws SIP/2.0\r\n", invite.Text, StringComparison.Ordinal);
        Assert.Null(invite.Header(HeaderId.Route));
        Assert.Equal(2, invite.Headers(HeaderId.RecordRoute).Count);
    }

    [Theory]
    [InlineData("INVITE", "sip:victim@203.0.113.99", null)]
    [InlineData("INVITE", "sip:bob@gw.example", "<sip:203.0.113.99;lr>")]
    [InlineData("MESSAGE", "sip:victim@203.0.113.99", "<sip:192.0.2.1:5060;lr>")]
    [Threat(29)]
    public void Nobody_outside_reaches_anybody_outside_through_us(string method, string uri, string? route)
    {
        var front = Front();

        front.Receive(InDialog(method, "relay", uri, route ?? "<sip:192.0.2.1:5060;lr>"), s_phone);

        Assert.Contains(front.TakeOnly().Flow.Remote.ToString(), new[] { First, Second });
    }

    [Theory]
    [InlineData("Max-Forwards: 0", 483)]
    [InlineData("Max-Forwards: 70\nProxy-Require: foo", 420)]
    [Row(25)]
    [Rfc(3261, "16.3")]
    public void What_may_not_go_on_is_refused_without_state(string header, int status)
    {
        var front = Front();

        front.Receive(Invite("call-1").Replace("Max-Forwards: 70", header, StringComparison.Ordinal), s_phone);

        var refusal = front.TakeOnly();
        Assert.Equal(status, refusal.Status);
        Assert.Equal(0, front.Core.Transactions.ServerCount);
        Assert.Equal(status == 420 ? "foo" : null, refusal.Header(HeaderId.Unsupported));
    }

    [Fact]
    [Row(53)]
    public void A_server_that_does_not_answer_OPTIONS_gets_no_new_calls_until_it_does()
    {
        var front = Front(ask: false);
        front.Advance(TimeSpan.FromSeconds(11));
        // Only the first one answers.
        foreach (var ping in front.TakeAll().Where(ping => ping.Flow.Remote.ToString() == First).TakeLast(1))
        {
            front.Receive(AnswerTo(ping, "200 OK"), Flow(First));
        }

        Assert.All(Enumerable.Range(0, 20), call => Assert.Equal(First, Sent($"a{call}")));

        front.Advance(TimeSpan.FromSeconds(6));
        foreach (var ping in front.TakeAll().GroupBy(ping => ping.Flow.Remote).Select(group => group.Last()))
        {
            front.Receive(AnswerTo(ping, "200 OK"), ping.Flow);
        }

        Assert.Contains(Enumerable.Range(0, 20), call => Sent($"b{call}") == Second);

        string Sent(string call)
        {
            front.Receive(Invite(call), s_phone);
            return front.TakeAll().Single(sent => sent.Status == 0 && sent.Request.Method == SipMethod.Invite).Flow.Remote.ToString();
        }
    }

    [Fact]
    public void Without_a_server_there_is_503_with_RetryAfter()
    {
        var front = new CoreHarness(new ServerOptions { Role = ServerRole.Stateless, FrontHops = ["sip:nowhere.example"] }, nextHops: new FakeNextHops(), connector: new FakeConnector());

        front.Receive(Invite("call-1"), s_phone);

        var refusal = front.TakeOnly();
        Assert.Equal(503, refusal.Status);
        Assert.NotNull(refusal.Header(HeaderId.RetryAfter));
    }

    /// <summary>Its first questions answered, unless the test is about them.</summary>
    private static CoreHarness Front(bool ask = true)
    {
        var options = new ServerOptions { Role = ServerRole.Stateless, FrontHops = [$"sip:{First}", $"sip:{Second}"], FrontPing = TimeSpan.FromSeconds(5) };
        var front = new CoreHarness(options, nextHops: new FakeNextHops(), connector: new FakeConnector());
        front.RunPosted();
        var pings = front.TakeAll();
        Assert.Equal([First, Second], pings.Select(ping => ping.Flow.Remote.ToString()).Order());
        foreach (var ping in ask ? pings : [])
        {
            front.Receive(AnswerTo(ping, "200 OK"), ping.Flow);
        }

        return front;
    }

    private static Flow Flow(string remote) => new(SipTransport.Udp, IPEndPoint.Parse(remote), 0, 0);

    private static string AnswerTo(SentMessage request, string status) =>
        $"SIP/2.0 {status}\n" + string.Concat(request.Headers(HeaderId.Via).Select(via => $"Via: {via}\n"))
        + $"From: {request.Header(HeaderId.From)}\nTo: {request.Header(HeaderId.To)};tag=answer\nCall-ID: {request.Header(HeaderId.CallId)}\nCSeq: {request.Header(HeaderId.CSeq)}\nContent-Length: 0";

    private static string Invite(string call) => $"""
        INVITE sip:bob@gw.example SIP/2.0
        Via: SIP/2.0/UDP 198.51.100.7:5062;branch=z9hG4bK{call};rport
        Max-Forwards: 70
        From: <sip:alice@gw.example>;tag=1
        To: <sip:bob@gw.example>
        Call-ID: {call}
        CSeq: 1 INVITE
        Contact: <sip:alice@198.51.100.7:5062>
        Content-Length: 0


        """;

    private static string InDialog(string method, string call, string uri, string route) => $"""
        {method} {uri} SIP/2.0
        Via: SIP/2.0/UDP 198.51.100.7:5062;branch=z9hG4bK{method}{call};rport
        Max-Forwards: 70
        Route: {route}
        From: <sip:alice@gw.example>;tag=1
        To: <sip:bob@gw.example>;tag=2
        Call-ID: {call}
        CSeq: 2 {method}
        Content-Length: 0


        """;
}
