using System.Net;
using Gateway.Testing;

namespace Gateway.Sip.Tests.Dialogs;

public sealed class DialogTests
{
    private static readonly Flow Udp = new(SipTransport.Udp, new IPEndPoint(IPAddress.Loopback, 5060), 0, 0);

    private static readonly Flow Tls = Udp with { Transport = SipTransport.Tls, Connection = 7 };

    private static SipRequest Invite(string headers = "", string uri = "sip:bob@192.0.2.4", uint cseq = 314159, string method = "INVITE") => Sip.Request($"""
        {method} {uri} SIP/2.0
        Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1
        Max-Forwards: 70
        From: "Alice" <sip:alice@atlanta.com;x=1>;tag=1928301774;y=2
        To: Bob <sip:bob@biloxi.com>
        Call-ID: a84b4c76e66710@pc33.atlanta.com
        CSeq: {cseq} {method}
        Contact: <sip:alice@pc33.atlanta.com;transport=tcp>
        {headers}
        X-End: 1


        """.Replace("\n\nX-End", "\nX-End", StringComparison.Ordinal));

    private static SipResponse Response(int status, string headers = "", string toTag = ";tag=a6c85cf", uint cseq = 314159) => Sip.Response($"""
        SIP/2.0 {status} X
        Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1
        From: "Alice" <sip:alice@atlanta.com>;tag=1928301774
        To: Bob <sip:bob@biloxi.com>{toTag}
        Call-ID: a84b4c76e66710@pc33.atlanta.com
        CSeq: {cseq} INVITE
        X-Begin: 1
        {headers}
        X-End: 1


        """.Replace("\n\nX-End", "\nX-End", StringComparison.Ordinal));

    private static SipRequest Send(Dialog dialog, SipMethod method, uint? sequence = null)
    {
        var writer = new SipWriter();
        dialog.BeginRequest(writer, method, "z9hG4bKnext", "192.0.2.9:5060", sequence);
        writer.NoBody();
        return Sip.Request(Sip.Text(writer.Written));
    }

    private static List<string> Values(SipMessage message, HeaderId id)
    {
        var list = new List<string>();
        foreach (var value in message.Values(id))
        {
            list.Add(Sip.Text(value));
        }
        return list;
    }

    [Fact]
    [Rfc(3261, "12.1.1")]
    public void The_callees_dialog_takes_its_state_from_the_INVITE()
    {
        Assert.True(Dialog.TryCreateUas(Invite("Record-Route: <sip:p2;lr>, <sip:p1;lr>;x"), "314159", Udp, out var dialog));

        Assert.Equal(("a84b4c76e66710@pc33.atlanta.com", "314159", "1928301774"), (dialog!.CallId, dialog.LocalTag, dialog.RemoteTag));
        Assert.Equal(DialogState.Early, dialog.State);
        Assert.Equal(["<sip:p2;lr>", "<sip:p1;lr>;x"], dialog.RouteSet);
        Assert.Equal(SipUri.Parse("sip:alice@pc33.atlanta.com;transport=tcp"), dialog.RemoteTarget);
        Assert.Equal((0u, 314159u), (dialog.LocalSequence, dialog.RemoteSequence));
        Assert.False(dialog.Secure);

        dialog.Confirm(null);
        Assert.Equal(DialogState.Confirmed, dialog.State);
        var bye = Send(dialog, SipMethod.Bye);
        Assert.Equal("sip:alice@pc33.atlanta.com;transport=tcp", Sip.Text(bye.UriBytes));
        Assert.Equal("Bob <sip:bob@biloxi.com>;tag=314159", Sip.Text(bye.From.Raw));
        Assert.Equal("\"Alice\" <sip:alice@atlanta.com;x=1>;tag=1928301774", Sip.Text(bye.To.Raw));
        Assert.Equal("a84b4c76e66710@pc33.atlanta.com", Sip.Text(bye.CallId));
        Assert.Equal(1u, bye.CSeq);
        Assert.Equal(["<sip:p2;lr>", "<sip:p1;lr>;x"], Values(bye, HeaderId.Route));
        Assert.Equal("SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKnext;rport", Sip.Text(bye.TopVia.Raw));
        Assert.True(bye.TryGetNumber(HeaderId.MaxForwards, out var hops));
        Assert.Equal(70u, hops);
    }

    [Fact]
    [Rfc(3261, "12.1.2")]
    public void The_callers_dialog_takes_the_route_set_in_reverse()
    {
        Assert.True(Dialog.TryCreateUac(Response(200, "Contact: <sip:bob@192.0.2.4>\nRecord-Route: <sip:p2;lr>,<sip:p1;lr>\nRecord-Route: <sip:p0;lr>"), Udp, out var dialog));

        Assert.Equal(("1928301774", "a6c85cf", DialogState.Confirmed), (dialog!.LocalTag, dialog.RemoteTag, dialog.State));
        Assert.Equal(["<sip:p0;lr>", "<sip:p1;lr>", "<sip:p2;lr>"], dialog.RouteSet);
        Assert.Equal((314159u, (uint?)null), (dialog.LocalSequence, dialog.RemoteSequence));
        var ack = Send(dialog, SipMethod.Ack);
        Assert.Equal((314159u, SipMethod.Ack), (ack.CSeq, ack.CSeqMethod));
        Assert.Equal("sip:bob@192.0.2.4", Sip.Text(ack.UriBytes));
        Assert.Equal(["<sip:p0;lr>", "<sip:p1;lr>", "<sip:p2;lr>"], Values(ack, HeaderId.Route));
        Assert.Equal("\"Alice\" <sip:alice@atlanta.com>;tag=1928301774", Sip.Text(ack.From.Raw));
        Assert.Equal("Bob <sip:bob@biloxi.com>;tag=a6c85cf", Sip.Text(ack.To.Raw));
        Assert.Equal(314160u, Send(dialog, SipMethod.Bye).CSeq);
    }

    [Theory]
    [InlineData(100, ";tag=1", false)]
    [InlineData(180, "", false)]
    [InlineData(180, ";tag=1", true)]
    [InlineData(199, ";tag=1", true)]
    [InlineData(200, "", true)]
    [InlineData(302, ";tag=1", false)]
    [InlineData(486, ";tag=1", false)]
    [Rfc(3261, "12.1")]
    public void Which_responses_make_a_dialog(int status, string toTag, bool makes)
    {
        Assert.Equal(makes, Dialog.TryCreateUac(Response(status, "Contact: <sip:bob@192.0.2.4>", toTag), Udp, out var dialog));
        Assert.Equal(makes, dialog is not null);
        Assert.True(!makes || (dialog!.State == DialogState.Early) == (status < 200));
    }

    [Fact]
    [Rfc(3261, "12.1.1")]
    public void A_null_tag_is_left_out_of_what_we_send()
    {
        Assert.True(Dialog.TryCreateUac(Response(200, "Contact: <sip:bob@192.0.2.4>", toTag: ""), Udp, out var dialog));

        Assert.Equal("", dialog!.RemoteTag);
        Assert.Equal("Bob <sip:bob@biloxi.com>", Sip.Text(Send(dialog, SipMethod.Ack).To.Raw));
    }

    [Fact]
    [Rfc(3261, "12.1.1")]
    public void An_INVITE_without_a_usable_Contact_makes_no_dialog()
    {
        const string contact = "Contact: <sip:alice@pc33.atlanta.com;transport=tcp>\r\n";
        var text = Sip.Text(Invite().Bytes);

        Assert.False(Dialog.TryCreateUas(Sip.Request(text.Replace(contact, "", StringComparison.Ordinal)), "1", Udp, out _));
        Assert.False(Dialog.TryCreateUas(Sip.Request(text.Replace(contact, "Contact: <tel:+1>\r\n", StringComparison.Ordinal)), "1", Udp, out _));
        Assert.False(Dialog.TryCreateUas(Sip.Request(text.Replace(contact, "Contact: *\r\n", StringComparison.Ordinal)), "1", Udp, out _));
    }

    [Fact]
    [Rfc(3261, "13.2.2.4")]
    public void The_2xx_sets_route_set_and_target_anew()
    {
        Assert.True(Dialog.TryCreateUac(Response(183, "Contact: <sip:early@192.0.2.4>\nRecord-Route: <sip:old;lr>"), Udp, out var dialog));
        dialog!.Confirm(Response(200, "Contact: <sip:final@192.0.2.4>\nRecord-Route: <sip:b;lr>, <sip:a;lr>"));

        Assert.Equal(["<sip:a;lr>", "<sip:b;lr>"], dialog.RouteSet);
        Assert.Equal("sip:final@192.0.2.4", dialog.RemoteTarget.ToString());
        Assert.Equal(DialogState.Confirmed, dialog.State);
        // A retransmitted 2xx changes nothing any more (§12.2: the route set stays).
        dialog.Confirm(Response(200, "Contact: <sip:x@192.0.2.4>"));
        Assert.Equal(["<sip:a;lr>", "<sip:b;lr>"], dialog.RouteSet);
        Assert.Equal("sip:final@192.0.2.4", dialog.RemoteTarget.ToString());
        dialog.Terminate();
        dialog.Confirm(Response(200, "Contact: <sip:x@192.0.2.4>"));
        Assert.Equal(DialogState.Terminated, dialog.State);
    }

    /// <summary>The example of §12.2.1.1, and its loose counterpart.</summary>
    [Fact]
    [Rfc(3261, "12.2.1.1")]
    [Row(48)]
    public void Strict_routers_get_the_Request_URI_and_the_target_goes_last()
    {
        var invite = Invite("Record-Route: <sip:proxy1;method=INVITE?X=y>,<sip:proxy2>,<sip:proxy3;lr>,<sip:proxy4>").Bytes;
        var text = Sip.Text(invite).Replace("<sip:alice@pc33.atlanta.com;transport=tcp>", "<sip:user@remoteua>", StringComparison.Ordinal);
        Assert.True(Dialog.TryCreateUas(Sip.Request(text), "1", Udp, out var dialog));

        var request = Send(dialog!, SipMethod.Bye);

        Assert.Equal("sip:proxy1", Sip.Text(request.UriBytes));
        Assert.Equal(["<sip:proxy2>", "<sip:proxy3;lr>", "<sip:proxy4>", "<sip:user@remoteua>"], Values(request, HeaderId.Route));
    }

    [Fact]
    [Rfc(3261, "12.2.1.1")]
    public void Without_a_route_set_there_is_no_Route()
    {
        Assert.True(Dialog.TryCreateUas(Invite(), "1", Udp, out var dialog));

        Assert.False(Send(dialog!, SipMethod.Info).Has(HeaderId.Route));
    }

    [Fact]
    [Rfc(3261, "19.1.1")]
    public void What_may_not_stand_in_a_Request_URI_is_left_out_of_it()
    {
        Assert.True(Dialog.TryCreateUac(Response(200, "Contact: <sip:bob:pw@192.0.2.4;method=BYE;x=1?Route=%3Csip:evil%3E>"), Udp, out var dialog));

        Assert.Equal("sip:bob:pw@192.0.2.4;x=1", Sip.Text(Send(dialog!, SipMethod.Bye).UriBytes));
    }

    [Fact]
    [Rfc(3261, "12.2.1.1")]
    public void Our_numbers_rise_by_one_and_ACK_takes_the_INVITEs()
    {
        Assert.True(Dialog.TryCreateUac(Response(200, "Contact: <sip:bob@192.0.2.4>"), Udp, out var dialog));

        Assert.Equal(314160u, Send(dialog!, SipMethod.Info).CSeq);
        Assert.Equal(314159u, Send(dialog!, SipMethod.Ack).CSeq);
        Assert.Equal(314161u, Send(dialog!, SipMethod.Invite).CSeq);
        Assert.Equal(314162u, Send(dialog!, SipMethod.Update).CSeq);
        Assert.Equal(314161u, Send(dialog!, SipMethod.Ack).CSeq);
        Assert.Equal(314159u, Send(dialog!, SipMethod.Ack, 314159).CSeq);
        Assert.Equal(314163u, Send(dialog!, SipMethod.Bye).CSeq);
    }

    [Fact]
    [Rfc(3261, "12.2.2")]
    [BrowserRule("D3")]
    public void The_peers_numbers_must_rise_but_one_equal_one_is_let_pass()
    {
        Assert.True(Dialog.TryCreateUas(Invite(cseq: 10), "1", Udp, out var dialog));

        Assert.Equal(DialogVerdict.OutOfOrder, dialog!.Receive(Invite(cseq: 9)));
        Assert.Equal(10u, dialog.RemoteSequence);
        Assert.Equal(DialogVerdict.Accept, dialog.Receive(Invite(cseq: 15)));
        Assert.Equal(DialogVerdict.Accept, dialog.Receive(Invite(cseq: 15)));
        Assert.Equal(DialogVerdict.OutOfOrder, dialog.Receive(Invite(cseq: 15)));
        Assert.Equal(DialogVerdict.Accept, dialog.Receive(Invite(cseq: 14, method: "ACK")));
        Assert.Equal(DialogVerdict.Accept, dialog.Receive(Invite(cseq: 16, method: "BYE")));
        Assert.Equal(16u, dialog.RemoteSequence);
    }

    [Theory]
    [InlineData("INVITE", true)]
    [InlineData("UPDATE", true)]
    [InlineData("NOTIFY", true)]
    [InlineData("INFO", false)]
    [InlineData("ACK", false)]
    [InlineData("BYE", false)]
    [Rfc(3261, "12.2.2")]
    [Rfc(3311, "5.1")]
    public void Which_requests_move_the_target(string method, bool moves)
    {
        Assert.True(Dialog.TryCreateUas(Invite(cseq: 1), "1", Udp, out var dialog));
        var text = Sip.Text(Invite(cseq: 2, method: method).Bytes).Replace("alice@pc33", "moved@pc34", StringComparison.Ordinal);

        dialog!.Receive(Sip.Request(text));

        Assert.Equal(moves ? "sip:moved@pc34.atlanta.com;transport=tcp" : "sip:alice@pc33.atlanta.com;transport=tcp", dialog.RemoteTarget.ToString());
        dialog.RevertTarget();
        Assert.Equal("sip:alice@pc33.atlanta.com;transport=tcp", dialog.RemoteTarget.ToString());
    }

    [Fact]
    [Rfc(3261, "12.2.1.2")]
    public void A_2xx_to_our_refresh_moves_the_target_and_others_do_not()
    {
        Assert.True(Dialog.TryCreateUac(Response(200, "Contact: <sip:bob@192.0.2.4>\nRecord-Route: <sip:p;lr>"), Udp, out var dialog));

        dialog!.Refresh(Response(488, "Contact: <sip:no@192.0.2.5>"));
        dialog.Refresh(Response(200));
        Assert.Equal("sip:bob@192.0.2.4", dialog.RemoteTarget.ToString());
        dialog.Refresh(Response(200, "Contact: <sip:new@192.0.2.5>\nRecord-Route: <sip:other;lr>"));
        Assert.Equal("sip:new@192.0.2.5", dialog.RemoteTarget.ToString());
        Assert.Equal(["<sip:p;lr>"], dialog.RouteSet);
    }

    [Fact]
    [Rfc(3261, "12.1.1")]
    public void Sips_over_TLS_is_secure()
    {
        Assert.True(Dialog.TryCreateUas(Invite(uri: "sips:bob@192.0.2.4"), "1", Tls, out var secure));
        Assert.True(Dialog.TryCreateUas(Invite(), "1", Tls, out var plain));

        Assert.True(secure!.Secure);
        Assert.False(plain!.Secure);
        Assert.StartsWith("SIP/2.0/TLS ", Sip.Text(Send(plain, SipMethod.Bye).TopVia.Raw), StringComparison.Ordinal);
        Assert.False(Send(plain, SipMethod.Bye).TopVia.HasRPort);
    }

    [Fact]
    [Rfc(3261, "12.2.2")]
    public void Messages_match_by_Call_ID_and_both_tags()
    {
        Assert.True(Dialog.TryCreateUas(Invite(), "314159", Udp, out var dialog));
        var text = Sip.Text(Invite(cseq: 314160).Bytes);
        var tagged = text.Replace("To: Bob <sip:bob@biloxi.com>", "To: Bob <sip:bob@biloxi.com>;tag=314159", StringComparison.Ordinal);

        Assert.True(dialog!.Matches(Sip.Request(tagged)));
        Assert.False(dialog.Matches(Sip.Request(text)));
        Assert.False(dialog.Matches(Sip.Request(tagged.Replace("a84b", "A84b", StringComparison.Ordinal))));
        Assert.False(dialog.Matches(Sip.Request(tagged.Replace("1928301774", "1928301775", StringComparison.Ordinal))));
        Assert.True(Dialog.TryCreateUac(Response(180, "Contact: <sip:b@c>"), Udp, out var caller));
        Assert.True(caller!.Matches(Response(200)));
        Assert.False(caller.Matches(Response(200, toTag: ";tag=fork")));
    }

    [Fact]
    public void A_snapshot_goes_through_bytes_and_comes_back_the_same()
    {
        Assert.True(Dialog.TryCreateUas(Invite("Record-Route: <sip:p2;lr>, <sip:p1;lr>", cseq: 5), "314159", Udp, out var dialog));
        dialog!.Confirm(null);
        Send(dialog, SipMethod.Invite);
        Send(dialog, SipMethod.Info);
        dialog.Receive(Invite(cseq: 5));
        var snapshot = dialog.ToSnapshot();

        Assert.True(DialogSnapshot.TryRead(snapshot.ToBytes(), out var read));
        Assert.Equal(snapshot, read);
        Assert.True(Dialog.TryRestore(read!, Tls, out var again));
        Assert.Equal(snapshot, again!.ToSnapshot());
        Assert.Equal(Tls, again.Flow);
        Assert.Equal(1u, Send(again, SipMethod.Ack).CSeq);
        Assert.Equal(3u, Send(again, SipMethod.Bye).CSeq);
        Assert.Equal(DialogVerdict.OutOfOrder, again.Receive(Invite(cseq: 5)));
        Assert.NotEqual(snapshot, snapshot with { RouteSet = ["<sip:p2;lr>"] });
    }

    /// <summary>Version 1 as it stands in stores: this text must be read for ever.</summary>
    [Fact]
    public void Version_1_is_read()
    {
        const string stored = """
            {"version":1,"callId":"c","localTag":"l","remoteTag":"r","localAddress":"<sip:l@x>","remoteAddress":"\"R\" <sip:r@y>",
            "remoteTarget":"sip:r@192.0.2.1","routeSet":["<sip:p;lr>"],"localSequence":3,"inviteSequence":2,"remoteSequence":null,
            "sequenceRepeated":false,"state":"Confirmed","secure":true,"memberOfALaterMinorVersion":1}
            """;
        Assert.True(DialogSnapshot.TryRead(System.Text.Encoding.UTF8.GetBytes(stored), out var snapshot));
        Assert.True(Dialog.TryRestore(snapshot!, Tls, out var dialog));

        Assert.Equal(("c", "l", "r", DialogState.Confirmed, true), (dialog!.CallId, dialog.LocalTag, dialog.RemoteTag, dialog.State, dialog.Secure));
        Assert.Equal((3u, (uint?)null), (dialog.LocalSequence, dialog.RemoteSequence));
        Assert.Equal(4u, Send(dialog, SipMethod.Bye).CSeq);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"version\":2,\"callId\":\"c\",\"localTag\":\"l\",\"remoteTag\":\"r\",\"localAddress\":\"a\",\"remoteAddress\":\"b\",\"remoteTarget\":\"sip:x\",\"routeSet\":[]}")]
    [InlineData("{\"version\":1,\"callId\":null,\"localTag\":\"l\",\"remoteTag\":\"r\",\"localAddress\":\"a\",\"remoteAddress\":\"b\",\"remoteTarget\":\"sip:x\",\"routeSet\":[]}")]
    public void What_is_no_snapshot_is_refused(string text)
        => Assert.False(DialogSnapshot.TryRead(System.Text.Encoding.UTF8.GetBytes(text), out _));
}
