using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Gateway.Server.Configuration;
using Gateway.Server.Ports;
using Gateway.Server.Trunks;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Net.Tests.Sip.Streams;

/// <summary>Connections that the gateway opens: whom they trust, what they are used again for, and the words they end with.</summary>
public sealed class ConnectorTests : IDisposable
{
    private readonly Authority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Theory, Threat(41), Rfc(5922, "7.1"), Rfc(5922, "7.2"), Rfc(5922, "7.3")]
    [InlineData("pbx.example", "pbx.example", null)]
    [InlineData("PBX.example", "pbx.example.", null)]
    [InlineData("sip:pbx.example", "pbx.example", null)]
    [InlineData("SIP:pbx.example", "pbx.example", null)]
    [InlineData("127.0.0.1", "127.0.0.1", null)]
    [InlineData("other.example", "pbx.example", "the certificate is for other.example, not for pbx.example")]
    [InlineData("example", "pbx.example", "the certificate is for example, not for pbx.example")]
    [InlineData("*.example", "pbx.example", "the certificate is for *.example, not for pbx.example; SIP takes no wildcards (RFC 5922)")]
    [InlineData("sips:pbx.example", "pbx.example", "the certificate names no SIP domain, so it is not for pbx.example")]
    [InlineData("sip:ada@pbx.example", "pbx.example", "the certificate names no SIP domain, so it is not for pbx.example")]
    // DNS names do not count beside a sip URI.
    [InlineData("sip:other.example pbx.example", "pbx.example", "the certificate is for other.example, not for pbx.example")]
    [InlineData("pbx.example", "127.0.0.1", "the certificate is for pbx.example, not for 127.0.0.1")]
    [InlineData("", "pbx.example", null)]
    public async Task A_certificate_must_be_for_the_name_that_was_asked_for(string names, string wanted, string? refusal)
    {
        // Without a subjectAltName the common name counts.
        var issued = _authority.Issue(names.Split(' ', StringSplitOptions.RemoveEmptyEntries), DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), "pbx.example");
        await CheckAsync(issued, wanted, new TrunkTls { Authorities = _authority.Pem }, refusal);
    }

    [Theory, Threat(41)]
    [InlineData(-20, -2, "the certificate of pbx.example expired on {0:yyyy-MM-dd}")]
    [InlineData(2, 20, "the certificate of pbx.example is valid from {1:yyyy-MM-dd} on only; is the clock right?")]
    public async Task A_certificate_must_be_in_its_time(int from, int until, string words)
    {
        var (start, end) = (DateTimeOffset.UtcNow.AddDays(from), DateTimeOffset.UtcNow.AddDays(until));
        var refusal = string.Format(System.Globalization.CultureInfo.InvariantCulture, words, end, start);
        await CheckAsync(_authority.Issue(["pbx.example"], start, end), "pbx.example", new TrunkTls { Authorities = _authority.Pem }, refusal);
    }

    [Fact, Threat(41)]
    public async Task An_issuer_must_be_trusted_and_verification_can_be_switched_off_for_one_trunk()
    {
        using var other = new Authority("Another authority");
        var issued = _authority.Issue("pbx.example");
        const string Words = "the certificate of pbx.example comes from an untrusted issuer, \"Test authority\"; give that authority to the trunk to trust it";
        await CheckAsync(issued, "pbx.example", new TrunkTls { Authorities = other.Pem }, Words);
        await CheckAsync(issued, "pbx.example", new TrunkTls(), Words);
        await CheckAsync(issued, "other.example", new TrunkTls { VerifyCertificate = false }, null);
    }

    [Fact]
    public async Task A_certificate_must_be_made_for_a_server()
    {
        const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
        var issued = _authority.Issue(["pbx.example"], DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), usage: ClientAuthentication);
        await CheckAsync(issued, "pbx.example", new TrunkTls { Authorities = _authority.Pem }, "the certificate of pbx.example is not made for a server (extended key usage)");
    }

    [Fact, Rfc(5922, "7.4")]
    public async Task A_trunk_shows_its_own_certificate()
    {
        var issued = _authority.Issue("pbx.example");
        var ours = _authority.Issue(["gw.example"], DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), usage: "1.3.6.1.5.5.7.3.2");
        string? shown = null;
        var tls = issued.Server;
        tls.ClientCertificateRequired = true;
        tls.RemoteCertificateValidationCallback = (_, certificate, _, _) => (shown = certificate?.GetSerialNumberString()) is not null;
        var trunk = new TrunkTls { Authorities = _authority.Pem, Certificate = ours.Certificate, Key = new SecretText(ours.Key) };

        await CheckAsync(tls, "pbx.example", trunk, null);
        using (var expected = ours.Public)
        {
            Assert.Equal(expected.SerialNumber, shown);
        }

        await CheckAsync(tls, "pbx.example", trunk with { Key = new SecretText("-----BEGIN") }, "the trunk's certificate or key cannot be read as PEM");
    }

    [Fact, Threat(41), Rfc(3261, "18.1.1")]
    public async Task A_connection_is_used_again_for_the_same_name_alone()
    {
        await using var rig = new HostRig();
        await rig.StartAsync();
        using var server = new StreamServer(_authority.Issue("one.example", "two.example").Server);
        var first = Add(rig, new TrunkTls { Authorities = _authority.Pem });
        var second = Add(rig, new TrunkTls { Authorities = _authority.Pem });
        Flow To(string name, Guid trunk) => rig.Host.Connector.Open(new NextHop(SipTransport.Tls, server.Local, name) { Trunk = trunk });

        var flow = To("one.example", first);
        Assert.Equal(flow, To("ONE.example", first));
        Assert.NotEqual(flow, To("two.example", first));
        Assert.NotEqual(flow, To("one.example", second));
        Assert.Equal(3, rig.Host.OpenConnections);

        // Other TLS settings: what stands was checked by the old ones.
        rig.Configuration.Set(rig.Configuration.Current.Trunk(first)! with { Tls = new TrunkTls() });
        var after = To("one.example", first);
        Assert.NotEqual(flow, after);
        Assert.Equal(after, To("one.example", first));
    }

    [Fact, Row(67)]
    public async Task What_is_sent_before_a_connection_stands_waits_for_it()
    {
        await using var rig = new HostRig();
        await rig.StartAsync();
        using var server = new StreamServer();
        var asking = new Asking(rig);
        var flow = rig.Host.Connector.Open(new NextHop(SipTransport.Tcp, server.Local, "pbx.example"));
        await asking.SendAsync(flow);
        await asking.SendAsync(flow);

        using var peer = await server.AcceptAsync();
        await peer.SendAsync(peer.Answer(await peer.ReceiveAsync(), "200 OK"));
        await peer.SendAsync(peer.Answer(await peer.ReceiveAsync(), "404 Not Found"));

        Assert.Equal("200", await asking.OutcomeAsync());
        Assert.Equal("404", await asking.OutcomeAsync());
        Assert.Equal(IPAddress.Loopback, rig.Host.Connector.LocalAddress(flow));
    }

    [Fact, Row(37), Rfc(3261, "18.4")]
    public async Task A_refused_connection_fails_its_requests_at_once_and_says_why()
    {
        await using var rig = new HostRig();
        await rig.StartAsync();
        var dead = new IPEndPoint(IPAddress.Loopback, HostRig.FreePort());
        var flow = rig.Host.Connector.Open(new NextHop(SipTransport.Tcp, dead, "pbx.example"));

        Assert.Equal("Transport", await new Asking(rig).AskAsync(flow));

        Assert.Equal($"{dead} (TCP) refused the connection: nothing listens there", rig.Host.Connector.WhyClosed(flow));
        Assert.Null(rig.Host.Connector.Again(flow, null));
    }

    [Fact]
    public async Task One_that_is_silent_or_speaks_something_else_is_left_in_time()
    {
        await using var rig = new HostRig { Net = new NetOptions { Listen = [IPAddress.Loopback], SipPort = 0, HandshakeTime = TimeSpan.FromMilliseconds(200) } };
        await rig.StartAsync();
        using var silent = new StreamServer();
        var flow = rig.Host.Connector.Open(new NextHop(SipTransport.Tls, silent.Local, "pbx.example"));
        Assert.Equal("Transport", await new Asking(rig).AskAsync(flow));
        Assert.Equal($"the TLS handshake with {silent.Local} (TLS) took longer than 0.2 s", rig.Host.Connector.WhyClosed(flow));

        flow = rig.Host.Connector.Open(new NextHop(SipTransport.Ws, silent.Local, "pbx.example"));
        Assert.Equal("Transport", await new Asking(rig).AskAsync(flow));
        Assert.Equal("connections over Ws are taken, never opened", rig.Host.Connector.WhyClosed(flow));
    }

    [Fact]
    public async Task A_way_for_later_is_opened_by_the_first_message_and_stands_in_for_a_closed_one()
    {
        await using var rig = new HostRig();
        await rig.StartAsync();
        using var server = new StreamServer();
        var asking = new Asking(rig);
        var flow = rig.Host.Connector.Open(new NextHop(SipTransport.Tcp, server.Local, "pbx.example"));
        await asking.SendAsync(flow);
        using (var first = await server.AcceptAsync())
        {
            await first.ReceiveAsync();
        }

        Assert.Equal("Transport", await asking.OutcomeAsync());
        Assert.Equal("the peer closed the connection", rig.Host.Connector.WhyClosed(flow));
        var later = Assert.NotNull(rig.Host.Connector.Again(flow, null));
        await asking.SendAsync(later);

        using var second = await server.AcceptAsync();
        await second.SendAsync(second.Answer(await second.ReceiveAsync(), "200 OK"));
        Assert.Equal("200", await asking.OutcomeAsync());
    }

    [Fact, Row(60), Rfc(5626, "4.4.1"), Rfc(5626, "3.5.1")]
    public async Task A_peer_that_answers_pings_must_go_on_doing_so()
    {
        var options = new NetOptions { Listen = [IPAddress.Loopback], SipPort = 0, PingInterval = TimeSpan.FromSeconds(1), PongTime = TimeSpan.FromSeconds(1) };
        await using var rig = new HostRig { Net = options };
        await rig.StartAsync();
        using var server = new StreamServer();
        var asking = new Asking(rig);
        var flow = rig.Host.Connector.Open(new NextHop(SipTransport.Tcp, server.Local, "pbx.example"));
        await asking.SendAsync(flow);
        using var peer = await server.AcceptAsync();
        await peer.ReceiveAsync();
        Assert.Equal("\r\n\r\n"u8.ToArray(), await peer.ReceiveBytesAsync());
        await peer.SendAsync("\r\n"u8.ToArray());
        Assert.Equal("\r\n\r\n"u8.ToArray(), await peer.ReceiveBytesAsync());

        // This one is left without its pong.
        Assert.Equal("Transport", await asking.OutcomeAsync());
        Assert.Equal("no answer to a keep-alive for 1 s", rig.Host.Connector.WhyClosed(flow));
    }

    [Fact, Row(60), Rfc(5626, "4.4.1")]
    public async Task A_peer_that_never_answers_pings_is_not_judged_by_them()
    {
        var options = new NetOptions { Listen = [IPAddress.Loopback], SipPort = 0, PingInterval = TimeSpan.FromSeconds(1), PongTime = TimeSpan.FromSeconds(1) };
        await using var rig = new HostRig { Net = options };
        await rig.StartAsync();
        using var server = new StreamServer();
        var asking = new Asking(rig);
        var flow = rig.Host.Connector.Open(new NextHop(SipTransport.Tcp, server.Local, "pbx.example"));
        await asking.SendAsync(flow);
        using var peer = await server.AcceptAsync();
        var request = await peer.ReceiveAsync();
        Assert.Equal("\r\n\r\n"u8.ToArray(), await peer.ReceiveBytesAsync());
        // Its own ping, while ours waits, is no pong.
        await peer.SendAsync("\r\n\r\n"u8.ToArray());
        Assert.Equal("\r\n"u8.ToArray(), await peer.ReceiveBytesAsync());
        for (var pings = 0; pings < 3; pings++)
        {
            Assert.Equal("\r\n\r\n"u8.ToArray(), await peer.ReceiveBytesAsync());
        }

        await peer.SendAsync(peer.Answer(request, "200 OK"));
        Assert.Equal("200", await asking.OutcomeAsync());
    }

    private static Guid Add(HostRig rig, TrunkTls tls)
    {
        var id = Guid.CreateVersion7();
        rig.Configuration.Set(new Trunk { Id = id, DomainId = id, Name = id.ToString(), Host = "pbx.example", Tls = tls });
        return id;
    }

    private static Task CheckAsync(Issued issued, string wanted, TrunkTls settings, string? refusal) => CheckAsync(issued.Server, wanted, settings, refusal);

    /// <summary>Connects as a trunk would; refused means that the request fails with these words.</summary>
    private static async Task CheckAsync(SslServerAuthenticationOptions server, string wanted, TrunkTls settings, string? refusal)
    {
        await using var rig = new HostRig();
        await rig.StartAsync();
        using var listener = new StreamServer(server);
        var asking = new Asking(rig);
        var flow = rig.Host.Connector.Open(new NextHop(SipTransport.Tls, listener.Local, wanted) { Trunk = Add(rig, settings) });
        await asking.SendAsync(flow);
        if (refusal is null)
        {
            using var peer = await listener.AcceptAsync();
            await peer.SendAsync(peer.Answer(await peer.ReceiveAsync(), "200 OK"));
            Assert.Equal("200", await asking.OutcomeAsync());
            return;
        }

        var accepting = listener.AcceptAsync();
        Assert.Equal("Transport", await asking.OutcomeAsync());
        Assert.StartsWith(refusal, rig.Host.Connector.WhyClosed(flow), StringComparison.Ordinal);
        await EndAsync(accepting);
    }

    /// <summary>A handshake that the other side broke off fails here too, or ends at once.</summary>
    private static async Task EndAsync(Task<StreamPhone> accepting)
    {
        try
        {
            using var peer = await accepting;
            Assert.Null(await peer.TryReceiveAsync());
        }
        catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException or SocketException)
        {
            // That is how it should be.
        }
    }
}
