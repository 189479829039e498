using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Events;

/// <summary>Who is registered where, watched from outside over a real transport while a phone comes and goes (RFC 3680, RFC 6665).</summary>
[Collection(GatewayCollection.Name)]
public sealed partial class RegEventTests(GatewayFixture fixture)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);
    private static readonly XNamespace s_reginfo = "urn:ietf:params:xml:ns:reginfo";

    private readonly GatewayProcess _gateway = fixture.Gateway;

    [Fact, Row(13), Row(59), Rfc(3680, "4.7"), Rfc(6665, "4.2")]
    public async Task A_watcher_over_UDP_sees_a_phone_come_and_go()
    {
        using var raw = new RawSip(_gateway.SipPort);
        await WatchAsync("UDP", $"127.0.0.1:{raw.Port}", $"sip:watch@127.0.0.1:{raw.Port}", raw.Send,
            async () => await raw.ReceiveAsync(s_patience) ?? throw new TimeoutException("no NOTIFY"), reRegisters: true);
    }

    [Fact, Row(13), Rfc(7118, "5"), Rfc(6665, "4.2")]
    public async Task A_subscription_over_WSS_is_made_told_and_ended()
    {
        using var socket = new ClientWebSocket();
        socket.Options.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        socket.Options.SetRequestHeader("Origin", _gateway.Url);
        socket.Options.AddSubProtocol("sip");
        await socket.ConnectAsync(new Uri($"wss://localhost:{_gateway.HttpsPort}/ws"), CancellationToken.None);
        var buffer = new byte[65536];
        await WatchAsync("WSS", "w4tch.invalid", "sip:watch@w4tch.invalid;transport=ws",
            text => socket.SendAsync(Encoding.UTF8.GetBytes(text.ReplaceLineEndings("\r\n")), WebSocketMessageType.Text, true, CancellationToken.None).GetAwaiter().GetResult(),
            async () => Encoding.UTF8.GetString(buffer, 0, (await socket.ReceiveAsync(buffer, new CancellationTokenSource(s_patience).Token)).Count), reRegisters: false);
    }

    /// <summary>Subscribes, hears of a phone that registers, and unsubscribes; with <paramref name="reRegisters"/> also of its leaving.</summary>
    private async Task WatchAsync(string transport, string sentBy, string contact, Action<string> send, Func<Task<string>> receive, bool reRegisters)
    {
        var (user, password) = _gateway.Bob;
        var aor = $"sip:{user}@{_gateway.Registrar}";
        var callId = Guid.NewGuid().ToString("N");
        var number = 0;
        var target = aor;
        var tag = "";

        async Task<string> Ask(int expires, string authorization = "")
        {
            send($"""
                SUBSCRIBE {target} SIP/2.0
                Via: SIP/2.0/{transport} {sentBy};branch=z9hG4bK{Guid.NewGuid():N};rport
                Max-Forwards: 70
                From: <{aor}>;tag=watch
                To: <{aor}>{(tag.Length > 0 ? ";tag=" + tag : "")}
                Call-ID: {callId}
                CSeq: {++number} SUBSCRIBE
                Contact: <{contact}>
                Event: reg
                Accept: application/reginfo+xml
                Expires: {expires}
                {(authorization.Length > 0 ? authorization + "\r\n" : "")}Content-Length: 0


                """);
            return await receive();
        }

        var answer = await Ask(600);
        if (answer.StartsWith("SIP/2.0 401", StringComparison.Ordinal))
        {
            answer = await Ask(600, Digest.Answer(answer, "SUBSCRIBE", aor, user, password));
        }

        Assert.StartsWith("SIP/2.0 200", answer, StringComparison.Ordinal);
        tag = Tag().Match(Header(answer, "To")).Groups[1].Value;
        target = Header(answer, "Contact").Trim('<', '>');
        var full = Read(await Notified());
        Assert.Equal(("0", "full"), (full.Version, full.State));

        await using (var phone = await Baresip.StartAsync(_gateway.Phone(_gateway.Bob)))
        {
            var come = Read(await Notified());
            Assert.Equal(("1", "partial"), (come.Version, come.State));
            Assert.Contains(come.Contacts, one => one.StartsWith("registered sip:", StringComparison.Ordinal));
        }

        if (reRegisters)
        {
            var gone = Read(await Notified());
            Assert.Equal("2", gone.Version);
            Assert.Contains(gone.Contacts, one => one.StartsWith("unregistered sip:", StringComparison.Ordinal) || one.StartsWith("expired sip:", StringComparison.Ordinal));
        }

        // Another NOTIFY may be on its way when the SUBSCRIBE is answered.
        answer = await Ask(0);
        while (!answer.StartsWith("SIP/2.0 200", StringComparison.Ordinal))
        {
            Confirm(answer);
            answer = await receive();
        }

        string last;
        do
        {
            last = await Notified();
        }
        while (!Header(last, "Subscription-State").StartsWith("terminated", StringComparison.Ordinal));
        Assert.Equal("terminated;reason=timeout", Header(last, "Subscription-State"));
        Assert.StartsWith("SIP/2.0 481", await Ask(600), StringComparison.Ordinal);

        async Task<string> Notified()
        {
            var notify = await receive();
            Assert.StartsWith("NOTIFY ", notify, StringComparison.Ordinal);
            Confirm(notify);
            return notify;
        }

        void Confirm(string notify) => send($"""
            SIP/2.0 200 OK
            Via: {Header(notify, "Via")}
            From: {Header(notify, "From")}
            To: {Header(notify, "To")}
            Call-ID: {Header(notify, "Call-ID")}
            CSeq: {Header(notify, "CSeq")}
            Content-Length: 0


            """);
    }

    private static string Header(string message, string name)
    {
        var line = message.Split("\r\n").First(line => line.StartsWith(name + ": ", StringComparison.OrdinalIgnoreCase));
        return line[(name.Length + 2)..];
    }

    private static (string Version, string State, string[] Contacts) Read(string notify)
    {
        var root = XDocument.Parse(notify[(notify.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]).Root!;
        return ((string)root.Attribute("version")!, (string)root.Attribute("state")!,
            [.. root.Descendants(s_reginfo + "contact").Select(contact => string.Create(CultureInfo.InvariantCulture, $"{contact.Attribute("event")!.Value} {contact.Element(s_reginfo + "uri")!.Value}"))]);
    }

    [GeneratedRegex(";tag=([^;]+)")]
    private static partial Regex Tag();
}
