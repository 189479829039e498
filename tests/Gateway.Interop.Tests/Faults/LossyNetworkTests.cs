using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Faults;

/// <summary>Calls, holds, reliable ringing and forks between a gateway and phones at the two ends of a bad cable: real packets, real timers.</summary>
public sealed class LossyNetworkTests
{
    /// <summary>5 % loss, 40 ± 20 ms one way, 1 % twice, 2 % overtaken; then the bars of 10 and 30 %.</summary>
    [Fact, Row(32), Row(45), Rfc(3261, "17"), Rfc(3262, "4")]
    [Trait("Category", "Long")]
    public Task Call_hold_prack_and_fork_come_through_a_bad_cable() =>
        CallAsync(new Cable(Loss: 5, Delay: 40, Jitter: 20, Duplicates: 1, Reordered: 2), calls: 8);

    [Theory, Trait("Category", "Long"), Row(32), Row(45), Rfc(3261, "17")]
    [InlineData(5, 100)]
    [InlineData(10, 100)]
    public Task Many_calls_come_through_a_bad_cable(int loss, int calls) =>
        CallAsync(new Cable(Loss: loss, Delay: 40, Jitter: 20, Duplicates: 1, Reordered: 2, Seed: loss), calls);

    private static async Task CallAsync(Cable cable, int calls)
    {
        await using var network = await LossyNetwork.CreateAsync(cable);
        await using var gateway = await GatewayProcess.StartInAsync(network, ("Gateway__Server__RingLimit", "00:00:30"), ("Gateway__Server__CallMode", "Bridge"));
        var remote = $"{LossyNetwork.NearAddress}:{gateway.SipPort}";
        var (alice, bob) = (gateway.Alice, gateway.Bob);

        Sipp Phone(string scenario, int count, int? port = null, params (string Key, string Value)[] keys) =>
            Sipp.Start(scenario, remote, count, rate: 4, port: port, isPatient: true, through: network, keys: keys);
        Sipp Caller(string scenario, int count) => Phone(scenario, count, null, [.. Sipp.Keys(alice), ("target", bob.User)]);
        async Task<int> RegisterAsync()
        {
            var port = FreePorts.Take();
            await using var register = Phone("register", 1, port, Sipp.Keys(bob));
            await register.SucceedAsync();
            return port;
        }

        // One port is one device; the scripts take turns on it.
        var first = await RegisterAsync();
        foreach (var (callers, callees, count) in new[] { ("rfc3665/caller", "lossyanswer", calls), ("prackcaller", "lossyanswer", Math.Max(3, calls / 4)), ("rfc5359/2.1-caller", "rfc5359/2.1-callee", Math.Max(3, calls / 4)) })
        {
            await using var callee = Phone(callees, count, first);
            await using var caller = Caller(callers, count);
            await caller.SucceedAsync(TimeSpan.FromSeconds(45));
            await callee.SucceedAsync(TimeSpan.FromSeconds(45));
        }

        // Two devices: one answers, the other one is told to stop ringing.
        var second = await RegisterAsync();
        await using (var answers = Phone("lossyanswer", 1, first))
        {
            await using var rings = Phone("ring", 1, second);
            await using var caller = Caller("rfc3665/caller", 1);
            await caller.SucceedAsync(TimeSpan.FromSeconds(60));
            await answers.SucceedAsync(TimeSpan.FromSeconds(60));
            await rings.SucceedAsync(TimeSpan.FromSeconds(60));
        }

        Assert.False(gateway.HasExited);
        Assert.DoesNotContain("'lost': 0,", await network.CutAsync(), StringComparison.Ordinal);
    }
}
