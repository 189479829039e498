using System.Net;
using Gateway.Net.Sip;
using Gateway.Server.Configuration;
using Gateway.Server.Routing;
using Gateway.Server.Trunks;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Net.Tests.Sip;

/// <summary>A gateway whose trunk is another gateway, over real sockets: the two halves of registering prove each other.</summary>
public sealed class TrunkHostTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    private static Trunk TrunkTo(IPEndPoint far) => new()
    {
        Id = Guid.CreateVersion7(),
        DomainId = Guid.AllBitsSet,
        Name = "far",
        Type = TrunkKind.Registering,
        Host = far.Address.ToString(),
        Port = far.Port,
        Domain = HostRig.Realm,
        User = "gw1",
        Password = new("secret"),
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

    [Theory, Rfc(3261, "10.2"), Rfc(7616, "3.4"), Row(90)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task It_registers_takes_calls_is_tested_and_leaves(int loops)
    {
        await using var far = new HostRig();
        await far.StartAsync();
        far.AddAccount("gw1");
        far.AddAccount("bob");
        var near = new HostRig { Net = new NetOptions { Listen = [IPAddress.Loopback], SipPort = 0, SipLoops = loops } };
        await using var _ = near;
        await near.StartAsync();
        var trunk = TrunkTo(far.Address);

        near.Configuration.Set(trunk);
        await UntilAsync(() => Task.FromResult(near.Trunks.Get(trunk.Id) is { Registration: "registered", State: TrunkState.Up }));
        var binding = Assert.Single(await far.Host.BindingsOfAsync("gw1@gw.example"));
        Assert.Equal(near.Address.Port, binding.Contact.Port);

        var result = await near.Host.TestTrunkAsync(trunk).WaitAsync(s_limit);
        Assert.Equal((TestVerdict.Passed, "The trunk answers, and lets us register."), (result.Verdict, result.Text));

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
        var call = Assert.Single(await near.Host.CallsAsync());
        Assert.Equal((CallerKind.Trunk, trunk.Id), (call.CallerKind, call.Trunk));

        await near.Host.StopAsync(default);
        Assert.Empty(await far.Host.BindingsOfAsync("gw1@gw.example"));
    }

    [Fact, Threat(25)]
    public async Task A_wrong_password_is_said_in_words()
    {
        await using var far = new HostRig();
        await far.StartAsync();
        far.AddAccount("gw1");
        await using var near = new HostRig();
        await near.StartAsync();
        var trunk = TrunkTo(far.Address) with { Password = new SecretText("guess") };

        var result = await near.Host.TestTrunkAsync(trunk).WaitAsync(s_limit);

        Assert.Equal(TestVerdict.Failed, result.Verdict);
        Assert.Equal("401 again: the password is wrong for user gw1 at realm gw.example.", result.Text);
    }

    [Fact]
    public async Task A_dead_port_is_told_at_once()
    {
        await using var near = new HostRig();
        await near.StartAsync();
        var trunk = TrunkTo(new IPEndPoint(IPAddress.Loopback, HostRig.FreePort()));
        var started = TimeProvider.System.GetTimestamp();

        var result = await near.Host.TestTrunkAsync(trunk).WaitAsync(s_limit);

        Assert.Equal(TestVerdict.Failed, result.Verdict);
        Assert.Contains("Nothing listens", result.Text, StringComparison.Ordinal);
        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(3));
    }
}
