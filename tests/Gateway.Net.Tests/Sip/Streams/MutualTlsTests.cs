using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Gateway.Server.Trunks;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Net.Tests.Sip.Streams;

/// <summary>TLS clients that show a certificate: a trunk is known by it (RFC 5922 §7.4), and its connection is used both ways (RFC 5923).</summary>
public sealed class MutualTlsTests : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private const string EmailProtection = "1.3.6.1.5.5.7.3.4";

    private readonly Authority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Theory, Rfc(5922, "7.4"), Threat(41)]
    [InlineData("pbx.example", ClientAuthentication, true)]
    [InlineData("pbx.example", ServerAuthentication, true)]
    [InlineData("sip:pbx.example", ClientAuthentication, true)]
    [InlineData("domain.example", ClientAuthentication, true)]
    [InlineData("other.example", ClientAuthentication, false)]
    [InlineData("*.example", ClientAuthentication, false)]
    [InlineData("pbx.example", EmailProtection, false)]
    [InlineData(null, "", false)]
    public async Task A_trunk_is_known_by_its_certificate_wherever_it_calls_from(string? name, string usage, bool known)
    {
        await using var rig = await RigAsync();
        rig.Configuration.Set(Trunk("pbx.example", _authority));
        using var peer = await ConnectAsync(rig, name is null ? null : Issue(name, usage));

        Assert.Equal(known ? 404 : 401, await CallAsync(peer));
    }

    [Fact, Rfc(5922, "7.4"), Threat(41)]
    public async Task A_certificate_of_another_issuer_or_another_time_proves_nothing()
    {
        using var other = new Authority("Another authority");
        await using var rig = await RigAsync();
        rig.Configuration.Set(Trunk("pbx.example", _authority));

        using var stranger = await ConnectAsync(rig, other.Issue(["pbx.example"], DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), usage: ClientAuthentication));
        using var late = await ConnectAsync(rig, _authority.Issue(["pbx.example"], DateTimeOffset.UtcNow.AddDays(-9), DateTimeOffset.UtcNow.AddDays(-2), usage: ClientAuthentication));

        Assert.Equal(401, await CallAsync(stranger));
        Assert.Equal(401, await CallAsync(late));
    }

    [Theory, Threat(41)]
    [InlineData(CertificateDemand.Off, true)]
    [InlineData(CertificateDemand.Ask, false)]
    public async Task A_trunk_without_checks_or_without_certificates_is_not_known_by_one(CertificateDemand demand, bool verifies)
    {
        await using var rig = await RigAsync();
        var trunk = Trunk("pbx.example", _authority);
        rig.Configuration.Set(trunk with { Tls = trunk.Tls with { ClientCertificates = demand, VerifyCertificate = verifies } });
        using var peer = await ConnectAsync(rig, Issue("pbx.example"));

        Assert.Equal(401, await CallAsync(peer));
    }

    [Fact, Threat(41)]
    public async Task A_trunk_that_must_show_a_certificate_is_not_known_by_its_address()
    {
        await using var rig = await RigAsync();
        var trunk = Trunk("127.0.0.1", _authority);
        trunk = trunk with { Tls = trunk.Tls with { ClientCertificates = CertificateDemand.Require }, AllowedSources = ["127.0.0.0/8"] };
        rig.Configuration.Set(trunk);
        using var without = await ConnectAsync(rig, null);
        using var with = await ConnectAsync(rig, Issue("127.0.0.1"));

        Assert.Equal(401, await CallAsync(without));
        Assert.Equal(404, await CallAsync(with));

        rig.Configuration.Set(trunk with { Tls = trunk.Tls with { ClientCertificates = CertificateDemand.Ask } });
        using var later = await ConnectAsync(rig, null);
        await UntilAsync(async () => await CallAsync(later) == 404);
    }

    [Fact, Rfc(5922, "7.4"), Threat(41)]
    public async Task A_listener_that_requires_certificates_takes_only_connections_that_prove_something()
    {
        await using var rig = await RigAsync(CertificateDemand.Require);
        rig.Configuration.Set(Trunk("pbx.example", _authority));
        using var with = await ConnectAsync(rig, Issue("pbx.example"));

        Assert.Equal(404, await CallAsync(with));
        Assert.True(await IsRefusedAsync(rig, null));
        Assert.True(await IsRefusedAsync(rig, Issue("other.example")));
    }

    [Fact]
    public async Task A_listener_that_asks_for_none_sees_none()
    {
        await using var rig = await RigAsync(CertificateDemand.Off);
        rig.Configuration.Set(Trunk("pbx.example", _authority));
        using var peer = await ConnectAsync(rig, Issue("pbx.example"));

        Assert.Equal(401, await CallAsync(peer));
    }

    [Fact, Threat(41)]
    public async Task What_a_certificate_proved_ends_with_the_trunk_settings_that_it_was_read_by()
    {
        using var other = new Authority("Another authority");
        await using var rig = await RigAsync();
        var trunk = Trunk("pbx.example", _authority);
        rig.Configuration.Set(trunk);
        using var peer = await ConnectAsync(rig, Issue("pbx.example"));
        Assert.Equal(404, await CallAsync(peer));

        rig.Configuration.Set(trunk with { Tls = trunk.Tls with { Authorities = other.Pem } });

        Assert.Empty(await peer.ReceiveBytesAsync());
        using var again = await ConnectAsync(rig, Issue("pbx.example"));
        Assert.Equal(401, await CallAsync(again));
    }

    [Fact, Rfc(5923, "8.2"), Row(67)]
    public async Task Requests_to_a_trunk_take_the_connection_that_it_offers_as_an_alias()
    {
        await using var rig = await RigAsync();
        var trunk = Trunk("pbx.example", _authority);
        rig.Configuration.Set(trunk);
        using var server = new StreamServer(_authority.Issue("pbx.example").Server);
        using var peer = await ConnectAsync(rig, Issue("pbx.example"));
        var hop = new NextHopOf(server.Local, "pbx.example", trunk.Id).Tls;
        await peer.SendAsync(Options(peer, $"{server.Local};alias"));
        Assert.Equal(200, (await peer.ReceiveAsync()).Status);

        var asking = new Asking(rig);
        await asking.SendAsync(rig.Host.Connector.Open(hop));
        await peer.SendAsync(peer.Answer(await peer.ReceiveAsync(), "200 OK"));

        Assert.Equal("200", await asking.OutcomeAsync());
        Assert.Equal(1, rig.Host.OpenConnections);

        // §8.2: when it is gone, another is opened to where the peer listens.
        peer.Dispose();
        await UntilAsync(() => Task.FromResult(rig.Host.OpenConnections == 0));
        await asking.SendAsync(rig.Host.Connector.Open(hop));
        using var dialled = await server.AcceptAsync();
        await dialled.SendAsync(dialled.Answer(await dialled.ReceiveAsync(), "200 OK"));
        Assert.Equal("200", await asking.OutcomeAsync());
    }

    [Fact, Rfc(5923, "9.3"), Threat(41)]
    public async Task Two_domains_on_one_address_do_not_share_a_connection()
    {
        await using var rig = await RigAsync();
        var com = Trunk("example.com", _authority);
        var net = Trunk("example.net", _authority);
        rig.Configuration.Set(com);
        rig.Configuration.Set(net);
        using var server = new StreamServer(_authority.Issue("example.com", "example.net").Server);
        using var peer = await ConnectAsync(rig, Issue("example.com"));
        await peer.SendAsync(Options(peer, $"{server.Local};alias"));
        Assert.Equal(200, (await peer.ReceiveAsync()).Status);

        // The certificate of the connection is for the other domain, and for the other trunk.
        var asking = new Asking(rig);
        foreach (var hop in new[] { new NextHopOf(server.Local, "example.net", net.Id).Tls, new NextHopOf(server.Local, "example.com", net.Id).Tls })
        {
            await asking.SendAsync(rig.Host.Connector.Open(hop));
            using var dialled = await server.AcceptAsync();
            await dialled.SendAsync(dialled.Answer(await dialled.ReceiveAsync(), "200 OK"));
            Assert.Equal("200", await asking.OutcomeAsync());
        }

        await asking.SendAsync(rig.Host.Connector.Open(new NextHopOf(server.Local, "example.com", com.Id).Tls));
        await peer.SendAsync(peer.Answer(await peer.ReceiveAsync(), "200 OK"));
        Assert.Equal("200", await asking.OutcomeAsync());
    }

    [Theory, Rfc(5923, "9.2"), Rfc(5923, "8.2"), Threat(41)]
    [InlineData(false, ";alias")]
    [InlineData(true, "")]
    public async Task Without_a_certificate_or_without_the_offer_there_is_no_alias(bool certificate, string alias)
    {
        await using var rig = await RigAsync();
        var trunk = Trunk("pbx.example", _authority);
        rig.Configuration.Set(trunk);
        using var server = new StreamServer(_authority.Issue("pbx.example").Server);
        using var peer = await ConnectAsync(rig, certificate ? Issue("pbx.example") : null);
        await peer.SendAsync(Options(peer, server.Local + alias));
        Assert.Equal(200, (await peer.ReceiveAsync()).Status);

        var asking = new Asking(rig);
        await asking.SendAsync(rig.Host.Connector.Open(new NextHopOf(server.Local, "pbx.example", trunk.Id).Tls));
        using var dialled = await server.AcceptAsync();
        await dialled.SendAsync(dialled.Answer(await dialled.ReceiveAsync(), "200 OK"));

        Assert.Equal("200", await asking.OutcomeAsync());
    }

    [Theory, Rfc(5923, "9.3")]
    [InlineData(true, "127.0.0.1", true)]
    [InlineData(false, "127.0.0.1", false)]
    [InlineData(true, "pbx.example", false)]
    public async Task Over_tcp_an_alias_is_taken_of_a_trunks_address_and_by_option_alone(bool option, string host, bool aliased)
    {
        await using var rig = await RigAsync(net: net => net with { AliasTcp = option });
        var trunk = Trunk(host, _authority);
        rig.Configuration.Set(trunk);
        using var server = new StreamServer();
        using var peer = await StreamPhone.ConnectAsync("pbx", rig.Address);
        if (host == "127.0.0.1")
        {
            await UntilAsync(async () => await CallAsync(peer) == 404);
        }

        await peer.SendAsync(Options(peer, $"{server.Local};alias"));
        Assert.Equal(200, (await peer.ReceiveAsync()).Status);
        var asking = new Asking(rig);
        await asking.SendAsync(rig.Host.Connector.Open(new NextHopOf(server.Local, host, trunk.Id).Tcp));
        if (aliased)
        {
            await peer.SendAsync(peer.Answer(await peer.ReceiveAsync(), "200 OK"));
        }
        else
        {
            using var dialled = await server.AcceptAsync();
            await dialled.SendAsync(dialled.Answer(await dialled.ReceiveAsync(), "200 OK"));
        }

        Assert.Equal("200", await asking.OutcomeAsync());
    }

    [Theory, Rfc(5923, "8.1")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_connection_of_ours_is_offered_as_an_alias_when_our_certificate_says_whose_it_is(bool certificate)
    {
        await using var rig = await RigAsync();
        var ours = Issue("gw.example");
        var trunk = Trunk("pbx.example", _authority);
        trunk = trunk with { Tls = certificate ? trunk.Tls with { Certificate = ours.Certificate, Key = new(ours.Key) } : trunk.Tls };
        rig.Configuration.Set(trunk);
        using var server = new StreamServer(_authority.Issue("pbx.example").Server);
        var asking = new Asking(rig);
        await asking.SendAsync(rig.Host.Connector.Open(new NextHopOf(server.Local, "pbx.example", trunk.Id).Tls));
        using var peer = await server.AcceptAsync();
        var request = await peer.ReceiveAsync();

        Assert.Equal(certificate, request.Request.TopVia.TryGetParameter("alias"u8, out _));
        await peer.SendAsync(peer.Answer(request, "200 OK"));
        Assert.Equal("200", await asking.OutcomeAsync());

        // And its requests are taken there.
        await peer.SendAsync(peer.Request("OPTIONS", $"sip:{HostRig.Realm}"));
        Assert.Equal(200, (await peer.ReceiveAsync()).Status);
    }

    private Issued Issue(string name, string usage = ClientAuthentication) =>
        _authority.Issue([name], DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), usage: usage);

    private static Trunk Trunk(string host, Authority authority) => new()
    {
        Id = Guid.CreateVersion7(),
        DomainId = Guid.AllBitsSet,
        Name = host,
        Type = TrunkKind.Peer,
        Host = host,
        Domain = host == "pbx.example" ? "domain.example" : "",
        QualifySeconds = 0,
        Tls = new TrunkTls { Authorities = authority.Pem },
    };

    private async Task<HostRig> RigAsync(CertificateDemand demand = CertificateDemand.Ask, Func<NetOptions, NetOptions>? net = null)
    {
        var certificate = _authority.Issue(HostRig.Realm);
        var options = new NetOptions { Listen = [IPAddress.Loopback], SipPort = 0, SipsPort = HostRig.FreePort(), ClientCertificates = demand };
        var rig = new HostRig { Net = net?.Invoke(options) ?? options, Certificate = _ => certificate.Context };
        await rig.StartAsync();
        return rig;
    }

    private Task<StreamPhone> ConnectAsync(HostRig rig, Issued? certificate)
    {
        var options = TlsTests.Trusting(_authority, HostRig.Realm);
        options.ClientCertificateContext = certificate?.Context;
        return StreamPhone.ConnectAsync("pbx", rig.Host.TlsEndpoints[0], options);
    }

    /// <summary>In TLS 1.3 a client hears of its refusal only when it reads.</summary>
    private async Task<bool> IsRefusedAsync(HostRig rig, Issued? certificate)
    {
        try
        {
            using var peer = await ConnectAsync(rig, certificate);
            await peer.SendAsync(Options(peer, peer.Local.ToString()));
            return await peer.TryReceiveAsync() is null;
        }
        catch (Exception e) when (e is System.Security.Authentication.AuthenticationException or IOException)
        {
            return true;
        }
    }

    private static string Options(StreamPhone peer, string sentBy) =>
        peer.Request("OPTIONS", $"sip:{HostRig.Realm}").Replace($"{peer.Local};branch", $"{sentBy};branch", StringComparison.Ordinal);

    /// <summary>Calls a number that no trunk has: 404 for a trunk, 401 for a stranger.</summary>
    private static async Task<int> CallAsync(StreamPhone peer)
    {
        var invite = peer.Request("INVITE", $"sip:4711@{HostRig.Realm}", $"Contact: {peer.Contact}");
        await peer.SendAsync(invite);
        SentMessage answer;
        do
        {
            answer = await peer.ReceiveAsync();
        }
        while (answer.Status < 200);
        return answer.Status;
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (!await condition())
        {
            await Task.Delay(20, limit.Token);
        }
    }

    private sealed record NextHopOf(IPEndPoint Remote, string Name, Guid Trunk)
    {
        public Gateway.Server.Ports.NextHop Tls => new(SipTransport.Tls, Remote, Name) { Trunk = Trunk };

        public Gateway.Server.Ports.NextHop Tcp => new(SipTransport.Tcp, Remote, Name) { Trunk = Trunk };
    }
}
