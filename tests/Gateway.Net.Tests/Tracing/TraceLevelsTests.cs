using System.Net;
using System.Text;
using Gateway.Net.Tracing;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Net.Tests.Tracing;

/// <summary>Messages in transactions in dialogs: what a call consists of, told apart in its trace.</summary>
public class TraceLevelsTests
{
    private static readonly Flow Phone = new(SipTransport.Udp, IPEndPoint.Parse("192.0.2.7:5062"), 0, 0);
    private static readonly IPEndPoint Local = IPEndPoint.Parse("203.0.113.1:5060");

    [Fact]
    [Row(1), Rfc(3261, "12"), Rfc(3261, "17")]
    public void Messages_stand_in_transactions_and_these_in_dialogs()
    {
        var trace = new SignallingTrace(1, TimeProvider.System);
        Ours(trace, "INVITE sip:bob@h SIP/2.0", "one", "us", "", "1 INVITE");
        Ours(trace, "INVITE sip:bob@h SIP/2.0", "one", "us", "", "1 INVITE");
        Theirs(trace, "SIP/2.0 180 Ringing", "one", "us", "bob", "1 INVITE");
        Theirs(trace, "SIP/2.0 200 OK", "one", "us", "bob", "1 INVITE");
        Ours(trace, "ACK sip:bob@h SIP/2.0", "two", "us", "bob", "1 ACK");
        Theirs(trace, "BYE sip:us@h SIP/2.0", "three", "bob", "us", "9 BYE");
        Ours(trace, "SIP/2.0 200 OK", "three", "bob", "us", "9 BYE");

        var dialog = Assert.Single(TraceLevels.Of(trace.LadderOf(["c"])));
        Assert.Equal(("c", "us", "bob"), (dialog.CallId, dialog.LocalTag, dialog.RemoteTag));
        Assert.Equal([("INVITE", 1u, true, 4), ("ACK", 1u, true, 1), ("BYE", 9u, false, 2)],
            dialog.Transactions.Select(one => (one.Method, one.CSeq, one.IsOurs, one.Messages.Count)));
    }

    [Fact]
    [Row(1), Row(5), Rfc(3261, "17.1.1.3")]
    public void The_ACK_of_a_refusal_belongs_to_its_INVITE()
    {
        var trace = new SignallingTrace(1, TimeProvider.System);
        Ours(trace, "INVITE sip:bob@h SIP/2.0", "one", "us", "", "1 INVITE");
        Theirs(trace, "SIP/2.0 486 Busy Here", "one", "us", "bob", "1 INVITE");
        Ours(trace, "ACK sip:bob@h SIP/2.0", "one", "us", "bob", "1 ACK");
        var transaction = Assert.Single(Assert.Single(TraceLevels.Of(trace.LadderOf(["c"]))).Transactions);
        Assert.Equal(["INVITE sip:bob@h SIP/2.0", "SIP/2.0 486 Busy Here", "ACK sip:bob@h SIP/2.0"], transaction.Messages.Select(message => message.FirstLine));
    }

    private static void Ours(SignallingTrace trace, string line, string branch, string from, string to, string cseq) => trace.Sent(Phone, Local, Message(line, branch, from, to, cseq));

    private static void Theirs(SignallingTrace trace, string line, string branch, string from, string to, string cseq) =>
        trace.Received(Phone, Local, "c"u8, Message(line, branch, from, to, cseq));

    private static byte[] Message(string line, string branch, string from, string to, string cseq) => Encoding.UTF8.GetBytes(
        $"{line}\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK{branch}\r\nMax-Forwards: 70\r\nFrom: <sip:a@h>;tag={from}\r\nTo: <sip:b@h>{(to.Length > 0 ? ";tag=" + to : "")}\r\nCall-ID: c\r\nCSeq: {cseq}\r\nContent-Length: 0\r\n\r\n");
}
