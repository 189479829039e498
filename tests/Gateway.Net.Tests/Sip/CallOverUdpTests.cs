using System.Net;
using Gateway.Net.Tracing;
using Gateway.Server.Calls;
using Gateway.Server.Ports;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Net.Tests.Sip;

/// <summary>A whole call between two UDP phones through a running host, on one loop and on three.</summary>
public sealed class CallOverUdpTests
{
    internal static string Sdp(UdpPhone phone) => $"""
        v=0
        o=- 1 1 IN IP4 127.0.0.1
        s=-
        c=IN IP4 127.0.0.1
        t=0 0
        m=audio {phone.Local.Port} RTP/AVP 0 101
        a=rtpmap:0 PCMU/8000
        a=rtpmap:101 telephone-event/8000

        """.ReplaceLineEndings("\r\n");

    [Theory, Row(1), Row(11), Row(8), Row(87)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Two_phones_talk_and_hang_up(int loops)
    {
        await using var rig = new HostRig { Net = new NetOptions { Listen = [IPAddress.Loopback], SipPort = 0, SipLoops = loops } };
        await rig.StartAsync();
        rig.AddAccount("ada");
        rig.AddAccount("bob");
        using var ada = new UdpPhone("ada", rig.Address);
        using var bob = new UdpPhone("bob", rig.Address);
        Assert.Equal(200, (await ada.RegisterAsync()).Status);
        Assert.Equal(200, (await bob.RegisterAsync()).Status);

        ada.Send(WithBody(ada.Request("INVITE", "sip:bob@gw.example", $"Contact: <sip:ada@{ada.Local}>\nContent-Type: application/sdp"), Sdp(ada)));
        var ring = await Next(bob);
        Assert.Equal(SipMethod.Invite, ring.Request.Method);
        Assert.DoesNotContain("ada-", ring.Header(HeaderId.CallId), StringComparison.Ordinal);
        bob.Send(Answer(ring, "180 Ringing", bob));
        bob.Send(WithBody(Answer(ring, "200 OK", bob, "Content-Type: application/sdp"), Sdp(bob)));
        var ok = await Next(ada);
        while (ok.Status is 100 or 180)
        {
            ok = await Next(ada);
        }

        Assert.Equal(200, ok.Status);
        ada.Send(InDialog(ada, ok, "ACK"));
        var ack = await Next(bob);
        Assert.Equal(SipMethod.Ack, ack.Request.Method);
        var live = Assert.Single(await rig.Host.CallsAsync());
        Assert.Equal(["caller", "callee"], (await rig.Host.CallAsync(live.Id))!.Legs.Select(leg => leg.Role));
        Assert.Null(await rig.Host.CallAsync(Guid.Empty));

        ada.Send(InDialog(ada, ok, "BYE", 1));
        var bye = await Next(bob);
        Assert.Equal(SipMethod.Bye, bye.Request.Method);
        bob.Send(Answer(bye, "200 OK", bob));
        Assert.Equal(200, (await Next(ada)).Status);
        var record = await Settled(rig);
        Assert.Equal(("ada@gw.example", "bob@gw.example", 200), (record.Caller, record.AnsweredBy, record.Status));

        var ladder = rig.Host.Trace.LadderOf(record.Legs.Select(leg => leg.CallId));
        Assert.Equal(2, ladder.Count(message => message.FirstLine.StartsWith("INVITE", StringComparison.Ordinal)));
        Assert.Equal(2, ladder.Count(message => message.FirstLine.StartsWith("BYE", StringComparison.Ordinal)));
        Assert.All(ladder, message => Assert.Equal(rig.Address, message.Local));
        Assert.Contains("|------- INVITE (sdp) ------->|", LadderText.Write(ladder), StringComparison.Ordinal);
        AssertLevels(TraceLevels.Of(ladder));
    }

    /// <summary>Row 1: the trace of a call has its three levels, message in transaction in dialog.</summary>
    private static void AssertLevels(IReadOnlyList<TracedDialog> dialogs)
    {
        Assert.Equal(2, dialogs.Select(dialog => dialog.CallId).Distinct().Count());
        var callee = Assert.Single(dialogs, dialog => dialog.RemoteTag == "tagbob");
        Assert.Equal(["INVITE", "ACK", "BYE"], callee.Transactions.Select(one => one.Method));
        Assert.All(callee.Transactions, one => Assert.True(one.IsOurs));
        Assert.Equal(["INVITE", "180", "200"], callee.Transactions[0].Messages.Select(Word).Distinct());
        Assert.Equal(["BYE", "200"], callee.Transactions[2].Messages.Select(Word).Distinct());
        var caller = Assert.Single(dialogs, dialog => dialog.RemoteTag == "ada" && dialog.Transactions.Any(one => one.Method == "BYE"));
        Assert.Equal(["INVITE", "ACK", "BYE"], caller.Transactions.Select(one => one.Method));
        Assert.Equal(["INVITE", "100", "180", "200"], caller.Transactions[0].Messages.Select(Word).Distinct());

        static string Word(TracedMessage message) => message.FirstLine.StartsWith("SIP/2.0", StringComparison.Ordinal) ? message.FirstLine.Split(' ')[1] : message.FirstLine.Split(' ')[0];
    }

    [Theory, Row(17), Rfc(3725, "4.1")]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_call_that_we_start_is_handed_on_and_hung_up(int loops)
    {
        await using var rig = new HostRig { Net = new NetOptions { Listen = [IPAddress.Loopback], SipPort = 0, SipLoops = loops } };
        await rig.StartAsync();
        var phones = new List<UdpPhone>();
        foreach (var user in new[] { "ada", "bob", "cyd" })
        {
            rig.AddAccount(user);
            phones.Add(new UdpPhone(user, rig.Address));
            Assert.Equal(200, (await phones[^1].RegisterAsync()).Status);
        }

        Assert.True(rig.Accounts.TryGet("ada", out var ada));
        Assert.Equal(ControlStatus.Refused, (await rig.Host.OriginateAsync(ada, "nobody")).Status);
        var started = await rig.Host.OriginateAsync(ada, "bob");
        Assert.Equal(ControlStatus.Done, started.Status);
        await AnswerAsync(phones[0]);
        await AnswerAsync(phones[1]);
        await Eventually(async () => (await rig.Host.CallAsync(started.Call))?.State == "connected");

        Assert.Equal(ControlStatus.Done, (await rig.Host.TransferAsync(started.Call, CallSide.Callee, "cyd")).Status);
        await AnswerAsync(phones[2]);
        var bye = await Next(phones[1]);
        Assert.Equal(SipMethod.Bye, bye.Request.Method);
        phones[1].Send(Answer(bye, "200 OK", phones[1]));
        await Eventually(async () => (await rig.Host.CallAsync(started.Call))?.Legs.Select(leg => leg.Party).SequenceEqual(["ada@gw.example", "cyd@gw.example"]) == true);

        Assert.Equal(ControlStatus.Done, (await rig.Host.HangUpAsync(started.Call, "done")).Status);
        foreach (var phone in new[] { phones[0], phones[2] })
        {
            var end = await Next(phone);
            Assert.Equal(SipMethod.Bye, end.Request.Method);
            phone.Send(Answer(end, "200 OK", phone));
        }

        var record = await Settled(rig);
        Assert.Equal(("operator", "ada@gw.example"), (record.EndReason, record.Caller));
        Assert.Equal(["caller", "callee", "transfer"], record.Legs.Select(leg => leg.Role));
        Assert.Equal(ControlStatus.NoCall, (await rig.Host.HangUpAsync(started.Call, "again")).Status);
        phones.ForEach(phone => phone.Dispose());
    }

    private static async Task AnswerAsync(UdpPhone phone)
    {
        var ring = await Next(phone);
        Assert.Equal(SipMethod.Invite, ring.Request.Method);
        phone.Send(WithBody(Answer(ring, "200 OK", phone, "Content-Type: application/sdp"), Sdp(phone)));
        Assert.Equal(SipMethod.Ack, (await Next(phone)).Request.Method);
    }

    private static async Task Eventually(Func<Task<bool>> condition)
    {
        for (var attempt = 0; !await condition(); attempt++)
        {
            Assert.True(attempt < 200);
            await Task.Delay(20);
        }
    }

    [Fact, Threat(32)]
    public async Task A_bye_from_another_address_does_not_end_a_call()
    {
        await using var rig = new HostRig();
        await rig.StartAsync();
        rig.AddAccount("ada");
        using var ada = new UdpPhone("ada", rig.Address);
        using var eve = new UdpPhone("eve", rig.Address, IPAddress.Parse("127.0.0.2"));
        await ada.RegisterAsync();
        ada.Send(WithBody(ada.Request("INVITE", "sip:echo@gw.example", $"Contact: <sip:ada@{ada.Local}>\nContent-Type: application/sdp"), Sdp(ada)));
        var ok = await Next(ada);
        while (ok.Status < 200)
        {
            ok = await Next(ada);
        }

        ada.Send(InDialog(ada, ok, "ACK"));
        eve.Send(InDialog(ada, ok, "BYE", 1).Replace($"SIP/2.0/UDP {ada.Local}", $"SIP/2.0/UDP {eve.Local}", StringComparison.Ordinal));

        Assert.Equal(481, (await eve.ReceiveAsync()).Status);
        Assert.Single(await rig.Host.CallsAsync());
    }

    [Fact]
    public async Task Stopping_hangs_up()
    {
        var rig = new HostRig();
        await rig.StartAsync();
        rig.AddAccount("ada");
        using var ada = new UdpPhone("ada", rig.Address);
        await ada.RegisterAsync();
        ada.Send(WithBody(ada.Request("INVITE", "sip:echo@gw.example", $"Contact: <sip:ada@{ada.Local}>\nContent-Type: application/sdp"), Sdp(ada)));
        var ok = await Next(ada);
        while (ok.Status < 200)
        {
            ok = await Next(ada);
        }

        ada.Send(InDialog(ada, ok, "ACK"));
        var stopping = rig.DisposeAsync();
        var bye = await Next(ada);
        Assert.Equal(SipMethod.Bye, bye.Request.Method);
        ada.Send(Answer(bye, "200 OK", ada));
        await stopping;
    }

    internal static async Task<Gateway.Server.Calls.CallRecord> Settled(HostRig rig)
    {
        while (true)
        {
            var records = await rig.Database.Calls.ListAsync(new CallQuery(), default);
            if (records.FirstOrDefault(record => record.EndedAt is not null) is { } ended)
            {
                return ended;
            }

            await rig.Database.Accounts.GetOrCreateSettingAsync("settled", () => "", default);
        }
    }

    /// <summary>The next message that is no repeat of one before: retransmissions of UDP do not disturb a script.</summary>
    internal static async Task<SentMessage> Next(UdpPhone phone)
    {
        while (true)
        {
            var message = await phone.ReceiveAsync();
            if (phone.Seen.Add(message.Text))
            {
                return message;
            }
        }
    }

    internal static string WithBody(string head, string body) =>
        head.TrimEnd().Replace("Content-Length: 0", $"Content-Length: {body.Length}", StringComparison.Ordinal).ReplaceLineEndings("\r\n") + "\r\n\r\n" + body;

    internal static string Answer(SentMessage request, string status, UdpPhone phone, string extra = "") => $"""
        SIP/2.0 {status}
        Via: {string.Join(", ", request.Headers(HeaderId.Via))}
        From: {request.Header(HeaderId.From)}
        To: {request.Header(HeaderId.To)}{(request.ToTag.Length == 0 ? $";tag=tag{phone.User}" : "")}
        Call-ID: {request.Header(HeaderId.CallId)}
        CSeq: {request.Header(HeaderId.CSeq)}
        Contact: <sip:{phone.User}@{phone.Local}>
        Content-Length: 0
        {extra}
        """.TrimEnd();

    internal static string InDialog(UdpPhone phone, SentMessage ok, string method, uint later = 0) => $"""
        {method} {ok.Header(HeaderId.Contact)!.Trim('<', '>')} SIP/2.0
        Via: SIP/2.0/UDP {phone.Local};branch=z9hG4bKd{method}{phone.Local.Port};rport
        Max-Forwards: 70
        From: {ok.Header(HeaderId.From)}
        To: {ok.Header(HeaderId.To)}
        Call-ID: {ok.Header(HeaderId.CallId)}
        CSeq: {ok.Message.CSeq + later} {method}
        Content-Length: 0
        """;
}
