using System.Text;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Net.Tests.Sip;

/// <summary>What a browser says on a <see cref="PlayedConnection"/>: registrations and calls, written out.</summary>
internal static class PlayedBrowser
{
    public static readonly string Sdp = $"""
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

    public static async Task RegisterAsync(HostRig rig, PlayedConnection connection, Flow flow, string user, uint cseq)
    {
        const string Uri = "sip:gw.example";
        const string Contact = "Contact: <sip:x@y.invalid;transport=ws>;reg-id=1;+sip.instance=\"<urn:uuid:a>\"\nSupported: outbound";
        rig.Host.Received(flow, Message(user, "REGISTER", Uri, cseq, Contact));
        var challenge = await FinalAsync(connection, flow);
        Assert.True(DigestAnswer.TryAnswer(challenge.Response, new DigestLogin(user, "secret"), "REGISTER"u8, Uri, new SeededRandom(1), out _, out var authorization));
        rig.Host.Received(flow, Message(user, "REGISTER", Uri, cseq + 1, $"{Contact}\nAuthorization: {authorization}"));
        Assert.Equal(200, (await FinalAsync(connection, flow)).Status);
    }

    public static Task<SentMessage> FinalAsync(PlayedConnection connection, Flow flow) => Task.Run(() =>
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

    public static byte[] Message(string user, string method, string uri, uint cseq, string extra, string body = "", SentMessage? within = null)
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
