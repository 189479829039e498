using System.Net;
using Gateway.Server;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Net.Tests.Sip.Streams;

/// <summary>Phones whose TCP connection ends: those that listen are reached by a new one, the others are waited for.</summary>
public sealed class LostConnectionTests
{
    private static readonly ServerOptions s_quick = new() { Realm = HostRig.Realm, FlowGrace = TimeSpan.FromMilliseconds(100), CallMode = Gateway.Server.Proxy.CallMode.Bridge };

    [Fact, Row(67), Rfc(3261, "18.1.1")]
    public async Task A_phone_that_listens_is_called_by_a_new_connection()
    {
        await using var rig = await StartAsync();
        using var server = new StreamServer();
        await RegisterAndLeaveAsync(rig, server.Local);
        using var ada = await CallerAsync(rig);

        ada.Send(Invite(ada));

        using var connection = await server.AcceptAsync();
        var invite = await connection.ReceiveAsync();
        Assert.Equal(SipMethod.Invite, invite.Request.Method);
        Assert.StartsWith($"SIP/2.0/TCP {rig.Address};", invite.Header(HeaderId.Via), StringComparison.Ordinal);
    }

    [Fact, Row(67)]
    public async Task A_restart_changes_nothing_for_it()
    {
        await using var rig = await StartAsync();
        using var server = new StreamServer();
        using (var bob = await StreamPhone.ConnectAsync("bob", rig.Address))
        {
            Assert.Equal(200, (await bob.RegisterAsync(contact: $"<sip:bob@{server.Local};transport=tcp>")).Status);
            await rig.RestartAfterKillAsync();
        }

        using var ada = await CallerAsync(rig);
        ada.Send(Invite(ada));

        using var connection = await server.AcceptAsync();
        Assert.Equal(SipMethod.Invite, (await connection.ReceiveAsync()).Request.Method);
    }

    [Theory, Row(67)]
    [InlineData("<sip:bob@192.0.2.7:5060;transport=tcp>")]
    [InlineData("<sip:bob@127.0.0.1:9;transport=udp>")]
    [InlineData("<sip:bob@phone.example;transport=tcp>")]
    [InlineData("<sip:bob@127.0.0.1:9;transport=tcp;ob>")]
    public async Task One_that_says_no_such_thing_is_waited_for_and_then_forgotten(string contact)
    {
        await using var rig = await StartAsync();
        await RegisterAndLeaveAsync(rig, contact);

        await GoneAsync(rig);
    }

    [Fact, Row(67)]
    public async Task One_that_listens_no_more_is_forgotten_when_it_is_called()
    {
        await using var rig = await StartAsync();
        await RegisterAndLeaveAsync(rig, new IPEndPoint(IPAddress.Loopback, HostRig.FreePort()));
        Assert.Single(await rig.Host.BindingsAsync());
        using var ada = await CallerAsync(rig);

        ada.Send(Invite(ada));

        await GoneAsync(rig);
        var refused = await ada.ReceiveAsync();
        while (refused.Status < 200)
        {
            refused = await ada.ReceiveAsync();
        }

        Assert.InRange(refused.Status, 480, 503);
    }

    [Fact, Row(37)]
    public async Task A_call_outlives_the_connection_of_a_phone_that_listens()
    {
        await using var rig = await StartAsync();
        using var server = new StreamServer();
        using var ada = await CallerAsync(rig);
        var contact = $"<sip:bob@{server.Local};transport=tcp>";
        using (var bob = await StreamPhone.ConnectAsync("bob", rig.Address))
        {
            Assert.Equal(200, (await bob.RegisterAsync(contact: contact)).Status);
            await ada.RegisterAsync();
            ada.Send(Invite(ada, Sdp(ada)));
            var invite = await bob.ReceiveAsync();
            var ok = bob.Answer(invite, "200 OK").Replace(bob.Contact, contact, StringComparison.Ordinal);
            await bob.SendAsync(WithBody(ok, Sdp(ada)));
            Assert.Equal(SipMethod.Ack, (await bob.ReceiveAsync()).Request.Method);
        }

        var answer = await ada.ReceiveAsync();
        while (answer.Status < 200)
        {
            answer = await ada.ReceiveAsync();
        }

        ada.Send(InDialog(ada, answer, "ACK"));
        ada.Send(InDialog(ada, answer, "BYE", 1));

        using var connection = await server.AcceptAsync();
        Assert.Equal(SipMethod.Bye, (await connection.ReceiveAsync()).Request.Method);
    }

    private static async Task<HostRig> StartAsync()
    {
        var rig = new HostRig { Server = s_quick };
        await rig.StartAsync();
        rig.AddAccount("ada");
        rig.AddAccount("bob");
        return rig;
    }

    private static Task RegisterAndLeaveAsync(HostRig rig, IPEndPoint listens) => RegisterAndLeaveAsync(rig, $"<sip:bob@{listens};transport=tcp>");

    private static async Task RegisterAndLeaveAsync(HostRig rig, string contact)
    {
        long connection;
        using (var bob = await StreamPhone.ConnectAsync("bob", rig.Address))
        {
            Assert.Equal(200, (await bob.RegisterAsync(contact: contact)).Status);
            connection = Assert.Single(await rig.Host.BindingsAsync()).Flow.Connection;
        }

        await Until(async () => !(await rig.Host.BindingsAsync()).Any(binding => binding.Flow.Connection == connection));
    }

    private static Task GoneAsync(HostRig rig) => Until(async () => !(await rig.Host.BindingsAsync()).Any(binding => binding.Aor.StartsWith("bob", StringComparison.Ordinal)));

    private static async Task Until(Func<Task<bool>> condition)
    {
        for (var i = 0; i < 500; i++)
        {
            if (await condition())
            {
                return;
            }

            await Task.Delay(10);
        }

        Assert.Fail("it did not come about");
    }

    private static async Task<UdpPhone> CallerAsync(HostRig rig)
    {
        var ada = new UdpPhone("ada", rig.Address);
        Assert.Equal(200, (await ada.RegisterAsync()).Status);
        return ada;
    }

    private static string Invite(UdpPhone ada, string body = "") =>
        WithBody(ada.Request("INVITE", "sip:bob@gw.example", $"Contact: <sip:ada@{ada.Local}>"), body);

    private static string Sdp(UdpPhone phone) => $"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {phone.Local.Port} RTP/AVP 0\r\n";

    private static string WithBody(string head, string body) => body.Length == 0 ? head
        : head.TrimEnd().Replace("Content-Length: 0", $"Content-Type: application/sdp\nContent-Length: {body.Length}", StringComparison.Ordinal).ReplaceLineEndings("\r\n") + "\r\n\r\n" + body;

    private static string InDialog(UdpPhone phone, SentMessage ok, string method, uint later = 0) => $"""
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
