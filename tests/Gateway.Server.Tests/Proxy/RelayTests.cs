using System.Text;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Proxy;

/// <summary>MESSAGE, OPTIONS and methods that nobody knows go to the user that they name, whatever transport he is on.</summary>
public sealed class RelayTests
{
    private readonly CoreHarness _core;
    private readonly StreamlessTransport _transport = new();
    private readonly TestPhone _alice;

    public RelayTests()
    {
        _core = new CoreHarness { Reliable = _transport.Try };
        _core.AddAccount("alice");
        _core.AddAccount("bob");
        _alice = new TestPhone(_core, "alice", CoreHarness.Udp("198.51.100.7:5062"));
        _alice.Register();
    }

    [Theory]
    [InlineData("MESSAGE", false, false)]
    [InlineData("MESSAGE", true, false)]
    [InlineData("MESSAGE", false, true)]
    [InlineData("MESSAGE", true, true)]
    [InlineData("OPTIONS", false, false)]
    [InlineData("NEWMETHOD", true, false)]
    [Row(13)]
    [Row(16)]
    [Rfc(3428, "5")]
    [Rfc(3261, "16.6")]
    public void A_request_for_a_user_goes_to_his_contact_on_any_transport_and_his_answer_comes_back(string method, bool toBrowser, bool fromBrowser)
    {
        var sender = fromBrowser ? new TestPhone(_core, "alice", CoreHarness.Wss(5)) { CallId = "web" } : _alice;
        if (fromBrowser) sender.Register();
        var bob = Bob(toBrowser ? CoreHarness.Wss(9) : CoreHarness.Udp("198.51.100.8:5060"));
        sender.CallId = "m1";
        _core.Receive(sender.Request(method, "sip:bob@gw.example", "Content-Type: text/plain\nX-Internal-Account : ceo@gw.example\nX-Mine: kept", to: "<sip:bob@gw.example>", body: "hello"), sender.Flow);

        var forwarded = _core.TakeOnly();
        Assert.Equal(bob.Flow, forwarded.Flow);
        Assert.StartsWith($"{method} {bob.ContactUri} SIP/2.0\r\n", forwarded.Text, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\nhello", forwarded.Text, StringComparison.Ordinal);
        Assert.Equal("69", forwarded.Header(HeaderId.MaxForwards));
        Assert.Null(forwarded.Header(HeaderId.RecordRoute));
        Assert.DoesNotContain("ceo@", forwarded.Text, StringComparison.Ordinal);
        Assert.Contains("\r\nX-Mine: kept\r\n", forwarded.Text, StringComparison.Ordinal);

        _core.Receive(Answer(forwarded, "202 Accepted"), bob.Flow);
        var answer = _core.TakeOnly();
        Assert.Equal((202, sender.Flow), (answer.Status, answer.Flow));
        Assert.Single(answer.Headers(HeaderId.Via));
    }

    [Theory]
    [InlineData("MESSAGE")]
    [InlineData("NEWMETHOD")]
    [InlineData("OPTIONS")]
    [Threat(26)]
    [Threat(27)]
    [Row(13)]
    public void A_stranger_is_asked_who_he_is_and_nothing_is_forwarded(string method)
    {
        Bob(CoreHarness.Udp("198.51.100.8:5060"));
        var stranger = new TestPhone(_core, "mallory", CoreHarness.Udp("203.0.113.5:5060"));
        _core.Receive(stranger.Request(method, "sip:bob@gw.example", body: "spam"), stranger.Flow);

        Assert.Equal(401, _core.TakeOnly().Status);
        Assert.Equal(403, _alice.Send(method, "sip:bob@gw.example", from: "<sip:bob@gw.example>").Status);
    }

    [Theory]
    [InlineData("sip:nobody@gw.example", "", 404)]
    [InlineData("sip:bob@gw.example", "", 480)]
    [InlineData("sip:victim@203.0.113.99", "", 403)]
    [InlineData("sip:alice@gw.example", "Route: <sip:203.0.113.99;lr>", 403)]
    [InlineData("sip:*43@gw.example", "", 403)]
    [InlineData("sip:alice@gw.example", "Proxy-Require: foo", 420)]
    [Threat(29)]
    [Row(13)]
    [Row(16)]
    public void What_is_for_no_user_who_is_there_is_refused(string uri, string header, int status)
    {
        Assert.Equal(status, _alice.Send("MESSAGE", uri, $"Content-Type: text/plain\n{header}".Trim(), body: "hello").Status);
    }

    [Theory]
    [InlineData("FOO")]
    [Row(16)]
    [Rfc(3261, "8.2.1")]
    public void A_method_that_nobody_knows_is_405_with_Allow_when_it_is_for_us(string method)
    {
        var answer = _alice.Send(method, "sip:gw.example");

        Assert.Equal(405, answer.Status);
        Assert.Contains("INVITE", answer.Header(HeaderId.Allow), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1299, SipTransport.Udp)]
    [InlineData(1300, SipTransport.Udp)]
    [InlineData(1301, SipTransport.Tcp)]
    [Row(68)]
    [Rfc(3428, "8")]
    [Rfc(3261, "18.1.1")]
    public void A_MESSAGE_of_1299_bytes_goes_by_UDP_and_one_of_1301_by_TCP(int bytes, SipTransport transport)
    {
        Bob(CoreHarness.Udp("198.51.100.8:5060"));

        var forwarded = Forward(bytes);

        Assert.Equal(transport, forwarded.Flow.Transport);
        Assert.StartsWith($"SIP/2.0/{transport.ToString().ToUpperInvariant()} ", forwarded.Headers(HeaderId.Via)[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Row(68)]
    [Rfc(3428, "8")]
    public void When_there_is_no_TCP_the_sender_is_told_513_and_not_left_in_silence(bool isKnown)
    {
        Bob(CoreHarness.Udp("198.51.100.8:5060"));
        _transport.HasTcp = !isKnown;
        if (isKnown)
        {
            Send(1301);
        }
        else
        {
            // The connection is tried, and refused.
            var tried = Forward(1301);
            _core.CloseFlow(tried.Flow);
        }

        var answer = _core.TakeOnly();
        Assert.Equal(513, answer.Status);
        _core.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(0, _core.Core.Transactions.ClientCount);
    }

    private TestPhone Bob(Flow flow)
    {
        var bob = new TestPhone(_core, "bob", flow);
        bob.Register();
        _core.TakeAll();
        return bob;
    }

    /// <summary>Sends a MESSAGE whose forwarded copy has so many bytes, and takes the copy.</summary>
    private SentMessage Forward(int bytes)
    {
        Send(bytes);
        var forwarded = _core.TakeOnly();
        // TCP and UDP are written alike; rport and the Via's own transport are not counted twice.
        Assert.Equal(bytes, Encoding.UTF8.GetByteCount(forwarded.Text));
        return forwarded;
    }

    private void Send(int bytes)
    {
        // What the copy has beside the body: found by a short one.
        _alice.CallId = "probe";
        _core.Receive(Message("x"), _alice.Flow);
        var probe = _core.TakeOnly();
        var overhead = Encoding.UTF8.GetByteCount(probe.Text) - 1;
        _core.Receive(Answer(probe, "200 OK"), probe.Flow);
        _core.TakeAll();
        _alice.CallId = "large";
        // Three more digits of Content-Length.
        _core.Receive(Message(new string('x', bytes - overhead - 2)), _alice.Flow);
    }

    private string Message(string body) => _alice.Request("MESSAGE", "sip:bob@gw.example", "Content-Type: text/plain", to: "<sip:bob@gw.example>", body: body);

    private static string Answer(SentMessage request, string status) =>
        $"SIP/2.0 {status}\n" + string.Concat(request.Headers(HeaderId.Via).Select(via => $"Via: {via}\n"))
        + $"From: {request.Header(HeaderId.From)}\nTo: {request.Header(HeaderId.To)};tag=b\nCall-ID: {request.Header(HeaderId.CallId)}\nCSeq: {request.Header(HeaderId.CSeq)}\nContent-Length: 0";

    /// <summary>TCP to the peers of UDP flows, as far as they have it.</summary>
    private sealed class StreamlessTransport
    {
        public bool HasTcp { get; set; } = true;

        public Flow? Try(Flow flow) => HasTcp ? new Flow(SipTransport.Tcp, flow.Remote, -1, 77) : null;
    }
}
