using Gateway.Testing;

namespace Gateway.Sip.Tests.Transactions;

/// <summary>Requests too large for a datagram, and datagrams that could not be delivered.</summary>
public sealed class LargeRequestTests
{
    private static byte[] Invite(TransactionRig rig, string branch, int length)
    {
        var head = $"INVITE sip:bob@192.0.2.4 SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.1:5060;branch={branch};rport\r\nMax-Forwards: 70\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:b@b>\r\nCall-ID: c{branch}\r\nCSeq: 1 INVITE\r\nSubject: ";
        const string Tail = "\r\nContent-Length: 0\r\n\r\n";
        return System.Text.Encoding.ASCII.GetBytes(head + new string('x', length - head.Length - Tail.Length) + Tail);
    }

    [Theory, Row(68), Rfc(3261, "18.1.1")]
    [InlineData(1299, false)]
    [InlineData(1300, false)]
    [InlineData(1301, true)]
    public void A_request_over_1300_bytes_goes_by_tcp_and_its_via_says_so(int length, bool byTcp)
    {
        var rig = new TransactionRig { Reliable = TransactionRig.Tcp };
        var branch = rig.Layer.NewBranch();

        var transaction = rig.Layer.Send(SipMethod.Invite, branch, Invite(rig, branch, length), TransactionRig.Udp, null, rig.Now);

        Assert.Equal(byTcp ? TransactionRig.Tcp : TransactionRig.Udp, transaction.Flow);
        Assert.Equal(transaction.Flow, Assert.Single(rig.Sent).Flow);
        Assert.Contains($"\r\nVia: SIP/2.0/{(byTcp ? "TCP 192.0.2.1:5060" : "UDP 198.51.100.1:5060")};branch={branch};rport\r\n", rig.LastSent, StringComparison.Ordinal);
        rig.Until(3000);
        Assert.Equal(byTcp ? 1 : 3, rig.Sent.Count);
    }

    [Fact, Row(68), Rfc(3261, "18.1.1")]
    public void Where_there_is_no_tcp_it_goes_by_udp_after_all()
    {
        var rig = new TransactionRig { Reliable = TransactionRig.Tcp };
        var branch = rig.Layer.NewBranch();
        var transaction = rig.Layer.Send(SipMethod.Invite, branch, Invite(rig, branch, 1400), TransactionRig.Udp, null, rig.Now);

        rig.Layer.FlowFailed(TransactionRig.Tcp, rig.Now);

        Assert.Equal(TransactionRig.Udp, transaction.Flow);
        Assert.Equal(TxState.Calling, transaction.State);
        Assert.Equal(TransactionRig.Udp, rig.Sent[^1].Flow);
        Assert.Contains("Via: SIP/2.0/UDP 198.51.100.1:5060;", rig.LastSent, StringComparison.Ordinal);
        rig.Until(600);
        Assert.Equal(3, rig.Sent.Count);
        rig.Layer.Unreachable(TransactionRig.Udp, [], rig.Now);
        Assert.Contains("! Transport INVITE", rig.Log, StringComparison.Ordinal);
        Assert.Equal(0, rig.Layer.ClientCount);
    }

    [Fact, Rfc(3261, "18.1.1")]
    public void A_peer_known_to_have_no_tcp_is_not_asked()
    {
        var rig = new TransactionRig();
        var branch = rig.Layer.NewBranch();

        Assert.Equal(TransactionRig.Udp, rig.Layer.Send(SipMethod.Invite, branch, Invite(rig, branch, 1400), TransactionRig.Udp, null, rig.Now).Flow);
    }

    [Fact, Rfc(3261, "18.1.1")]
    public void Ack_and_cancel_of_a_large_request_follow_it()
    {
        var rig = new TransactionRig { Reliable = TransactionRig.Tcp };
        var branch = rig.Layer.NewBranch();
        var transaction = rig.Layer.Send(SipMethod.Invite, branch, Invite(rig, branch, 1400), TransactionRig.Udp, null, rig.Now);
        rig.Receive(Answer(branch, "180 Ringing"), TransactionRig.Tcp);

        rig.Layer.Cancel(transaction, null, rig.Now);
        Assert.StartsWith("CANCEL", rig.LastSent, StringComparison.Ordinal);
        Assert.Contains("Via: SIP/2.0/TCP 192.0.2.1:5060;", rig.LastSent, StringComparison.Ordinal);
        rig.Receive(Answer(branch, "487 Request Terminated"), TransactionRig.Tcp);

        Assert.StartsWith("ACK", rig.LastSent, StringComparison.Ordinal);
        Assert.Equal(TransactionRig.Tcp, rig.Sent[^1].Flow);
    }

    [Theory, Row(68), Rfc(3261, "18.1.1")]
    [InlineData(1080, false)]
    [InlineData(1081, true)]
    public void A_request_over_the_mtu_less_200_goes_by_tcp(int length, bool byTcp)
    {
        var rig = new TransactionRig { Reliable = TransactionRig.Tcp, Largest = 1080 };
        var branch = rig.Layer.NewBranch();

        var transaction = rig.Layer.Send(SipMethod.Invite, branch, Invite(rig, branch, length), TransactionRig.Udp, null, rig.Now);

        Assert.Equal(byTcp ? TransactionRig.Tcp : TransactionRig.Udp, transaction.Flow);
    }

    [Fact, Row(68), Rfc(3261, "18.1.1"), Rfc(8201, "4")]
    public void A_request_that_a_router_found_too_large_begins_anew_by_tcp_and_others_do_not()
    {
        var rig = new TransactionRig { Reliable = TransactionRig.Tcp };
        string[] branches = [rig.Layer.NewBranch(), rig.Layer.NewBranch(), rig.Layer.NewBranch()];
        var large = rig.Layer.Send(SipMethod.Invite, branches[0], Invite(rig, branches[0], 1250), TransactionRig.Udp, null, rig.Now);
        var small = rig.Layer.Send(SipMethod.Invite, branches[1], Invite(rig, branches[1], 500), TransactionRig.Udp, null, rig.Now);
        var answered = rig.Layer.Send(SipMethod.Invite, branches[2], Invite(rig, branches[2], 1250), TransactionRig.Udp, null, rig.Now);
        rig.Receive(Answer(branches[2], "180 Ringing"), TransactionRig.Udp);
        rig.Largest = 1080;

        rig.Layer.TooLarge(TransactionRig.OtherUdp, [], rig.Now);
        Assert.Equal(TransactionRig.Udp, large.Flow);
        rig.Layer.TooLarge(TransactionRig.Udp, "REGISTER"u8, rig.Now);
        Assert.Equal(TransactionRig.Udp, large.Flow);
        rig.Layer.TooLarge(TransactionRig.Udp, [], rig.Now);

        Assert.Equal((TransactionRig.Tcp, TransactionRig.Udp, TransactionRig.Udp), (large.Flow, small.Flow, answered.Flow));
        Assert.Contains("\r\nVia: SIP/2.0/TCP 192.0.2.1:5060;", rig.LastSent, StringComparison.Ordinal);

        // And where there is no TCP it goes by UDP after all.
        rig.Layer.FlowFailed(TransactionRig.Tcp, rig.Now);
        Assert.Equal((TransactionRig.Udp, TxState.Calling), (large.Flow, large.State));
    }

    [Fact, Row(37), Rfc(3261, "18.4")]
    public void An_icmp_error_fails_the_request_that_it_quotes_and_no_other()
    {
        var rig = new TransactionRig();
        string[] branches = [rig.Layer.NewBranch(), rig.Layer.NewBranch()];
        var first = rig.Layer.Send(SipMethod.Invite, branches[0], Invite(rig, branches[0], 500), TransactionRig.Udp, null, rig.Now);
        var second = rig.Layer.Send(SipMethod.Invite, branches[1], Invite(rig, branches[1], 500), TransactionRig.Udp, null, rig.Now);

        rig.Layer.Unreachable(TransactionRig.OtherUdp, [], rig.Now);
        rig.Layer.Unreachable(TransactionRig.Udp, "SIP/2.0 200 OK"u8, rig.Now);
        rig.Layer.Unreachable(TransactionRig.Udp, "INVITE sip:eve@192.0.2.4"u8, rig.Now);
        Assert.Equal(2, rig.Layer.ClientCount);
        rig.Layer.Unreachable(TransactionRig.Udp, first.Request.Span[..200], rig.Now);

        Assert.Equal((TxState.Terminated, TxState.Calling), (first.State, second.State));
    }

    [Fact, Rfc(3261, "18.4")]
    public void An_icmp_error_says_nothing_of_a_peer_that_has_answered()
    {
        var rig = new TransactionRig();
        var branch = rig.Layer.NewBranch();
        var transaction = rig.Layer.Send(SipMethod.Invite, branch, Invite(rig, branch, 500), TransactionRig.Udp, null, rig.Now);
        rig.Receive(Answer(branch, "180 Ringing"), TransactionRig.Udp);

        rig.Layer.Unreachable(TransactionRig.Udp, [], rig.Now);

        Assert.Equal(TxState.Proceeding, transaction.State);
    }

    private static string Answer(string branch, string status) => $"""
        SIP/2.0 {status}
        Via: SIP/2.0/UDP 198.51.100.1:5060;branch={branch};rport
        From: <sip:a@b>;tag=1
        To: <sip:b@b>;tag=2
        Call-ID: c{branch}
        CSeq: 1 INVITE
        Content-Length: 0


        """;
}
