using System.Net;
using Gateway.Server.Routing;
using Gateway.Server.Trunks;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Net.Tests.Sip.Streams;

/// <summary>A gateway whose trunk is another gateway, over TCP and TLS.</summary>
public sealed class TrunkOverStreamsTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    private readonly Authority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Theory, Row(67), Row(90)]
    [InlineData(SipTransport.Tcp, 1)]
    [InlineData(SipTransport.Tls, 1)]
    [InlineData(SipTransport.Tls, 3)]
    public async Task It_registers_and_takes_calls_on_its_connection(SipTransport transport, int loops)
    {
        await using var far = await FarAsync("127.0.0.1");
        await using var near = new HostRig { Net = new NetOptions { Listen = [IPAddress.Loopback], SipPort = 0, SipLoops = loops } };
        await near.StartAsync();
        var trunk = TrunkTo(far, transport);

        near.Configuration.Set(trunk);
        await UntilAsync(() => Task.FromResult(near.Trunks.Get(trunk.Id) is { Registration: "registered", State: TrunkState.Up }));
        var binding = Assert.Single(await far.Host.BindingsOfAsync("gw1@gw.example"));
        Assert.Equal(transport, binding.Flow.Transport);
        Assert.Equal($";transport={transport.ToString().ToLowerInvariant()}", binding.Contact.Parameters);

        using var bob = new UdpPhone("bob", far.Address);
        Assert.Equal(200, (await bob.RegisterAsync()).Status);
        bob.Send(bob.Request("INVITE", "sip:gw1@gw.example", $"Contact: <sip:bob@{bob.Local}>"));
        SipResponse answer;
        do
        {
            answer = (await bob.ReceiveAsync()).Response;
        }
        while (answer.IsProvisional);
        Assert.Equal(200, answer.StatusCode);
        Assert.Equal(trunk.Id, Assert.Single(await near.Host.CallsAsync()).Trunk);
        Assert.Equal(1, far.Host.OpenConnections);
    }

    [Fact, Threat(41), Row(67)]
    public async Task A_test_of_the_trunk_tells_what_is_wrong_with_its_certificate()
    {
        await using var far = await FarAsync("pbx.example");
        await using var near = new HostRig();
        await near.StartAsync();

        var result = await near.Host.TestTrunkAsync(TrunkTo(far, SipTransport.Tls)).WaitAsync(s_limit);

        Assert.Equal(TestVerdict.Failed, result.Verdict);
        Assert.Contains("the certificate is for pbx.example, not for 127.0.0.1", result.Text, StringComparison.OrdinalIgnoreCase);
    }

    private async Task<HostRig> FarAsync(string name)
    {
        var certificate = _authority.Issue(name);
        var far = new HostRig
        {
            Net = new NetOptions { Listen = [IPAddress.Loopback], SipPort = 0, SipsPort = HostRig.FreePort() },
            Certificate = _ => certificate.Context,
        };
        await far.StartAsync();
        far.AddAccount("gw1");
        far.AddAccount("bob");
        return far;
    }

    private Trunk TrunkTo(HostRig far, SipTransport transport) => new()
    {
        Id = Guid.CreateVersion7(),
        DomainId = Guid.AllBitsSet,
        Name = "far",
        Type = TrunkKind.Registering,
        Host = "127.0.0.1",
        Port = transport == SipTransport.Tls ? far.Host.TlsEndpoints[0].Port : far.Address.Port,
        Transport = transport,
        Domain = HostRig.Realm,
        User = "gw1",
        Password = new("secret"),
        Tls = new TrunkTls { Authorities = _authority.Pem },
        Dids = [new DidEntry("gw1", new Destination.ToService("echo"))],
    };

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(s_limit);
        while (!await condition())
        {
            await Task.Delay(20, limit.Token);
        }
    }
}
