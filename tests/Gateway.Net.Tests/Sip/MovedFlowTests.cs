using System.Net;
using System.Text;
using Gateway.Server.Dispatch;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Net.Tests.Sip;

/// <summary>A browser whose socket drops in a call comes back: its call, on whatever loop, follows it.</summary>
public sealed class MovedFlowTests
{
    private static readonly string s_sdp = $"""
        v=0
        o=- 1 1 IN IP4 127.0.0.1
        s=-
        t=0 0
        a=group:BUNDLE 0
        a=fingerprint:{FakeMediaRelay.Fingerprint}
        m=audio 9 UDP/TLS/RTP/SAVPF 0
        c=IN IP4 0.0.0.0
        a=mid:0
        a=rtpmap:0 PCMU/8000
        a=setup:actpass
        a=ice-ufrag:abcd
        a=ice-pwd:abcdefghijklmnopqrstuvwx
        a=rtcp-mux
        a=sendrecv

        """.ReplaceLineEndings("\r\n");

    [Fact, Rfc(5626, "5.3"), Row(38), BrowserRule("I2")]
    public async Task A_call_on_another_loop_follows_its_browser()
    {
        await using var rig = new HostRig { Net = new NetOptions { Listen = [IPAddress.Loopback], SipPort = 0, SipLoops = 3 } };
        await rig.StartAsync();
        // The call lives on the loop of what it dialled; its browser must be another loop's.
        var map = new LoopMap(3, rig.Accounts);
        var user = Enumerable.Range(0, 100).Select(i => $"ada{i}").First(name => map.LoopOfAor($"{name}@x") != map.LoopOfAor("echo@x"));
        rig.AddAccount(user);
        var first = new PlayedConnection();
        var flow = rig.Host.Opened(first);
        await RegisterAsync(rig, first, flow, user, 1);
        rig.Host.Received(flow, Message(user, "INVITE", "sip:echo@gw.example", 3, "Content-Type: application/sdp", s_sdp));
        var ok = await FinalAsync(first, flow);
        Assert.Equal(200, ok.Status);
        rig.Host.Received(flow, Message(user, "ACK", "sip:echo@gw.example", 3, "", "", ok));

        rig.Host.Closed(flow);
        var second = new PlayedConnection();
        var back = rig.Host.Opened(second);
        await RegisterAsync(rig, second, back, user, 4);
        var stopping = rig.Host.StopAsync(default);

        var bye = new SentMessage(back, second.Take());
        Assert.Equal(SipMethod.Bye, bye.Request.Method);
        Assert.Equal(ok.Header(HeaderId.CallId), bye.Header(HeaderId.CallId));
        await stopping;
    }

    private static async Task RegisterAsync(HostRig rig, PlayedConnection connection, Flow flow, string user, uint cseq)
    {
        const string Uri = "sip:gw.example";
        const string Contact = "Contact: <sip:x@y.invalid;transport=ws>;reg-id=1;+sip.instance=\"<urn:uuid:a>\"\nSupported: outbound";
        rig.Host.Received(flow, Message(user, "REGISTER", Uri, cseq, Contact));
        var challenge = await FinalAsync(connection, flow);
        Assert.True(DigestAnswer.TryAnswer(challenge.Response, new DigestLogin(user, "secret"), "REGISTER"u8, Uri, new SeededRandom(1), out _, out var authorization));
        rig.Host.Received(flow, Message(user, "REGISTER", Uri, cseq + 1, $"{Contact}\nAuthorization: {authorization}"));
        Assert.Equal(200, (await FinalAsync(connection, flow)).Status);
    }

    private static Task<SentMessage> FinalAsync(PlayedConnection connection, Flow flow) => Task.Run(() =>
    {
        while (true)
        {
            var message = new SentMessage(flow, connection.Take());
            if (message.Status >= 200)
            {
                return message;
            }
        }
    });

    private static byte[] Message(string user, string method, string uri, uint cseq, string extra, string body = "", SentMessage? within = null)
    {
        var head = $"""
            {method} {uri} SIP/2.0
            Via: SIP/2.0/WSS abc.invalid;branch=z9hG4bK{method}{cseq}
            Max-Forwards: 69
            From: <sip:{user}@gw.example>;tag={user}
            To: {within?.Header(HeaderId.To) ?? (method == "REGISTER" ? $"<sip:{user}@gw.example>" : $"<{uri}>")}
            Call-ID: {(method == "REGISTER" ? "registration" : "call")}
            CSeq: {cseq} {method}
            Content-Length: {body.Length}
            """.TrimEnd();
        extra = method is "INVITE" ? $"{extra}\nContact: <sip:x@y.invalid;transport=ws;ob>" : extra;
        return Encoding.UTF8.GetBytes($"{head}\n{extra}".TrimEnd().ReplaceLineEndings("\r\n") + "\r\n\r\n" + body);
    }
}
