using System.Net;
using Gateway.Testing;
using static Gateway.Sip.Tests.Transactions.TransactionRig;

namespace Gateway.Sip.Tests.Transactions;

/// <summary>Which message belongs to which transaction (RFC 3261 §17.1.3, §17.2.3), and what is done with those that belong nowhere.</summary>
[Row(4)]
public sealed class MatchingTests
{
    [Fact]
    [Rfc(3261, "17.1.3")]
    public void A_response_matches_by_branch_and_method_of_CSeq()
    {
        var rig = new TransactionRig();
        rig.Send(SipMethod.Options, branch: "z9hG4bKa");
        rig.Send(SipMethod.Options, branch: "z9hG4bKb");
        Assert.NotEmpty(rig.Log);
        rig.Receive(ResponseText(200, "OPTIONS", "z9hG4bKb"));
        Assert.Equal("0 ! 200 OPTIONS", rig.Log);

        rig.Receive(ResponseText(200, "INVITE", "z9hG4bKa"));
        rig.Receive(ResponseText(200, "OPTIONS", "z9hG4bKA"));
        rig.Receive(ResponseText(200, "OPTIONS", "z9hG4bKab"));
        Assert.Equal("", rig.Log);
        Assert.Equal(3, rig.Layer.Counters.StrayResponses);
    }

    /// <summary>The peer's connection broke before our answer, or it changed the transport: it asks again the new way.</summary>
    [Fact]
    [Rfc(3261, "18.2.2")]
    public void A_repeat_that_came_another_way_is_answered_there()
    {
        var rig = new TransactionRig();
        rig.Receive(RequestText("OPTIONS"), Udp);
        rig.Respond(rig.Requests[0], 200);
        rig.Sent.Clear();

        rig.Receive(RequestText("OPTIONS"), Tcp);
        Assert.Equal(Tcp, Assert.Single(rig.Sent).Flow);
        Assert.Single(rig.Requests);

        // Of another host it is told nothing: the old place hears the answer once more.
        rig.Receive(RequestText("OPTIONS"), OtherUdp);
        Assert.Equal(Udp, rig.Sent[^1].Flow);
    }

    /// <summary>RFC 4475 writes one branch into many messages; so do some phones.</summary>
    [Fact]
    [Rfc(3261, "17.2.3")]
    public void One_branch_for_another_call_or_number_is_another_request()
    {
        var rig = new TransactionRig();
        rig.Receive(RequestText("OPTIONS"));
        rig.Receive(RequestText("OPTIONS").Replace("a84b4c76e66710", "other", StringComparison.Ordinal));
        rig.Receive(RequestText("OPTIONS").Replace("314159", "314160", StringComparison.Ordinal));
        rig.Receive(RequestText("OPTIONS"));

        Assert.Equal(3, rig.Requests.Count);
    }

    [Fact]
    [Rfc(6026, "7.2"), Threat(32)]
    public void A_stray_200_is_counted_and_dropped()
    {
        var rig = new TransactionRig();
        rig.Receive(ResponseText(200));

        Assert.Equal("", rig.Log);
        Assert.Equal(1, rig.Layer.Counters.StrayResponses);
    }

    [Fact]
    [Threat(32)]
    public void A_response_is_taken_only_from_where_the_request_went()
    {
        var rig = new TransactionRig();
        rig.Send(branch: "z9hG4bKudp");
        rig.Send(flow: Tcp, branch: "z9hG4bKtcp");
        var browser = new Flow(SipTransport.Wss, IPEndPoint.Parse("198.51.100.7:50000"), 0, 41);
        rig.Send(flow: browser, branch: "z9hG4bKwss");
        Assert.NotEmpty(rig.Log);

        rig.Receive(ResponseText(200, branch: "z9hG4bKudp"), OtherUdp);
        rig.Receive(ResponseText(200, branch: "z9hG4bKudp"), Tcp);
        rig.Receive(ResponseText(200, branch: "z9hG4bKtcp"), OtherUdp);
        rig.Receive(ResponseText(200, branch: "z9hG4bKwss"), browser with { Connection = 42 });
        Assert.Equal("", rig.Log);
        Assert.Equal(4, rig.Layer.Counters.ForeignResponses);

        // Another port of the same host is how some phones send; a browser's session may have moved to a new socket.
        rig.Receive(ResponseText(200, branch: "z9hG4bKudp"), Udp with { Remote = new IPEndPoint(Udp.Remote.Address, 49_152) });
        rig.Receive(ResponseText(200, branch: "z9hG4bKtcp"), Tcp);
        rig.Receive(ResponseText(200, branch: "z9hG4bKwss"), browser with { Remote = IPEndPoint.Parse("203.0.113.5:1024") });
        Assert.Equal("0 ! 200 INVITE\n0 ! 200 INVITE\n0 ! 200 INVITE", rig.Log);
    }

    [Fact]
    public void A_multi_homed_peer_may_answer_from_elsewhere_when_the_owner_allows_it()
    {
        var rig = new TransactionRig(options: new TransactionOptions { ResponsesFromAnywhere = true });
        rig.Send();
        rig.Receive(ResponseText(180), OtherUdp);
        rig.Receive(ResponseText(180), Tcp);

        Assert.Equal("0 > INVITE\n0 ! 180 INVITE", rig.Log);
    }

    [Theory]
    [InlineData("SIP/2.0/UDP 192.0.2.4:5060", "z9hG4bKnashds8", true)]
    [InlineData("SIP/2.0/UDP 192.0.2.4:5061", "z9hG4bKnashds8", false)]
    [InlineData("SIP/2.0/UDP 192.0.2.5:5060", "z9hG4bKnashds8", false)]
    [InlineData("SIP/2.0/UDP 192.0.2.4:5060", "z9hG4bKnashds9", false)]
    [Rfc(3261, "17.2.3")]
    public void A_request_is_a_repeat_by_branch_and_sent_by(string via, string branch, bool repeated)
    {
        var rig = new TransactionRig();
        rig.Receive(RequestText("OPTIONS"));
        rig.Receive(RequestText("OPTIONS", branch: branch, via: via));

        Assert.Equal(repeated ? 1 : 2, rig.Requests.Count);
        Assert.Equal(repeated ? 1 : 0, rig.Layer.Counters.AbsorbedRequests);
    }

    [Fact]
    [Rfc(3261, "17.2.3")]
    public void The_host_of_sent_by_is_compared_without_case_and_methods_are_told_apart()
    {
        var rig = new TransactionRig();
        rig.Receive(RequestText("OPTIONS", via: "SIP/2.0/UDP pc33.example.com"));
        rig.Receive(RequestText("OPTIONS", via: "SIP/2.0/UDP PC33.Example.COM"));
        rig.Receive(RequestText("INFO", via: "SIP/2.0/UDP pc33.example.com"));

        Assert.Equal("0 ! OPTIONS\n0 ! INFO", rig.Log);
    }

    [Fact]
    [Rfc(3261, "17.2.3")]
    public void An_unheard_of_method_has_transactions_too()
    {
        var rig = new TransactionRig();
        rig.Receive(RequestText("FOO"));
        rig.Receive(RequestText("FOO"));

        Assert.Equal("0 ! FOO", rig.Log);
        Assert.Equal(SipMethod.Other, rig.Requests[0].Method);
    }

    [Fact]
    [Rfc(3261, "17.2.3"), Threat(15)]
    public void A_branch_as_long_as_the_parser_lets_it_be_is_matched_and_costs_no_more_to_keep()
    {
        var rig = new TransactionRig();
        var branch = "z9hG4bK" + new string('x', 480);
        rig.Receive(RequestText("OPTIONS", branch: branch));
        rig.Receive(RequestText("OPTIONS", branch: branch));
        rig.Receive(RequestText("OPTIONS", branch: branch + "y"));

        Assert.Equal(2, rig.Requests.Count);
        Assert.All(rig.Requests, transaction => Assert.InRange(transaction.Key.Length, 1, 33));
    }

    [Fact]
    [Rfc(3261, "17.2.3")]
    public void A_peer_of_RFC_2543_is_matched_by_the_whole_of_its_request()
    {
        var rig = new TransactionRig();
        rig.Receive(RequestText("OPTIONS", branch: "1"));
        rig.Receive(RequestText("OPTIONS", branch: "1"));
        Assert.Equal("0 ! OPTIONS", rig.Log);

        rig.Receive(RequestText("OPTIONS", branch: "1").Replace("314159", "314160", StringComparison.Ordinal));
        rig.Receive(RequestText("OPTIONS", branch: "1").Replace("a84b", "b84b", StringComparison.Ordinal));
        rig.Receive(RequestText("OPTIONS", branch: "1").Replace("tag=19", "tag=20", StringComparison.Ordinal));
        rig.Receive(RequestText("OPTIONS", branch: "1").Replace("OPTIONS sip:bob", "OPTIONS sip:rob", StringComparison.Ordinal));
        rig.Receive(RequestText("OPTIONS", branch: "2"));
        Assert.Equal(6, rig.Requests.Count);
    }

    [Fact]
    [Rfc(3261, "17.2.3"), Rfc(6026, "6")]
    public void The_ACK_of_a_2543_peer_is_matched_by_the_tag_of_our_answer()
    {
        var rig = new TransactionRig();
        rig.Receive(RequestText("INVITE", branch: "1"));
        rig.Respond(rig.Requests[0], 486);
        Assert.NotEmpty(rig.Log);
        rig.Receive(RequestText("ACK", branch: "1", toTag: ";tag=another"));
        Assert.Equal("0 ! ACK", rig.Log);
        rig.Receive(RequestText("ACK", branch: "1", toTag: ";tag=a6c85cf"));
        Assert.Equal("0 ! acknowledged", rig.Log);
    }

    [Fact]
    [Rfc(6026, "6")]
    public void The_ACK_of_a_200_to_a_2543_peer_goes_to_the_user()
    {
        var rig = new TransactionRig();
        rig.Receive(RequestText("INVITE", branch: "1"));
        rig.Respond(rig.Requests[0], 200);
        rig.Receive(RequestText("ACK", branch: "1", toTag: ";tag=a6c85cf"));

        Assert.Equal("0 ! INVITE\n0 > 200 INVITE\n0 ! ACK", rig.Log);
    }

    [Fact]
    [Rfc(3261, "9.2"), Rfc(3261, "17.2.3")]
    public void A_2543_peer_can_cancel()
    {
        var rig = new TransactionRig();
        rig.Receive(RequestText("INVITE", branch: "1"));
        rig.Receive(RequestText("CANCEL", branch: "1"));

        Assert.Equal("0 ! INVITE\n0 > 200 CANCEL\n0 ! CANCEL", rig.Log);
    }

    [Theory]
    [InlineData("224.2.0.1:5060")]
    [InlineData("255.255.255.255:5060")]
    [InlineData("0.0.0.0:5060")]
    [InlineData("192.0.2.4:0")]
    [InlineData("[ff02::1]:5060")]
    [InlineData("[::]:5060")]
    [InlineData("[::ffff:239.0.0.1]:5060")]
    [Threat(32)]
    public void A_source_that_stands_for_many_or_for_nobody_is_not_answered(string source)
    {
        var rig = new TransactionRig();
        rig.Receive(RequestText("OPTIONS"), Udp with { Remote = IPEndPoint.Parse(source) });

        Assert.Equal("", rig.Log);
        Assert.Equal(1, rig.Layer.Counters.Refused);
    }

    [Fact]
    [Rfc(3261, "21.5.4"), Threat(16)]
    public void Over_the_limit_new_requests_are_answered_503_without_state_and_calls_under_way_go_on()
    {
        var rig = new TransactionRig(options: new TransactionOptions { MaxServerTransactions = 4, RetryAfter = 7 });
        for (var call = 0; call < 4; call++)
        {
            rig.Receive(RequestText("INVITE", branch: $"z9hG4bK{call}"));
        }

        Assert.NotEmpty(rig.Log);
        rig.Receive(RequestText("INVITE", branch: "z9hG4bKmore"));
        rig.Receive(RequestText("INVITE", branch: "z9hG4bKmore"));
        Assert.Equal("0 > 503 INVITE\n0 > 503 INVITE", rig.Log);
        Assert.Contains("\r\nRetry-After: 7\r\n", rig.LastSent, StringComparison.Ordinal);
        Assert.Equal(rig.Sent[^1], rig.Sent[^2]); // the same tag, though nothing was remembered (§8.2.7)
        Assert.Equal(2, rig.Layer.Counters.Shed);
        Assert.Equal(4, rig.Layer.ServerCount);

        rig.Receive(RequestText("BYE", branch: "z9hG4bKbye", toTag: ";tag=a6c85cf"));
        rig.Receive(RequestText("INVITE", branch: "z9hG4bK0"));
        rig.Receive(RequestText("CANCEL", branch: "z9hG4bK0"));
        Assert.Equal("0 ! BYE\n0 > 200 CANCEL\n0 ! CANCEL", rig.Log);
        rig.Receive(RequestText("BYE", branch: "z9hG4bKbye2", toTag: ";tag=a6c85cf"));
        Assert.Equal("0 > 503 BYE", rig.Log);
    }

    [Fact]
    [Rfc(3261, "8.2.7"), Rfc(3261, "18.2.2")]
    public void A_request_that_could_not_be_read_whole_is_answered_along_its_Via()
    {
        var rig = new TransactionRig();
        var request = Sip.Request(RequestText("OPTIONS", via: "SIP/2.0/UDP 192.0.2.4:5080"));
        rig.Layer.AnswerStateless(request, Udp, 400, "Too Strange");
        rig.Layer.AnswerStateless(Sip.Request(RequestText("ACK")), Udp, 400);
        rig.Layer.AnswerStateless(request, Udp with { Remote = IPEndPoint.Parse("224.0.0.1:5060") }, 400);

        Assert.Equal("0 > 400 OPTIONS", rig.Log);
        Assert.StartsWith("SIP/2.0 400 Too Strange\r\n", rig.LastSent, StringComparison.Ordinal);
        Assert.Equal(5080, rig.Sent[^1].Flow.Remote.Port);
    }
}
