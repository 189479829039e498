using Gateway.Server.Proxy;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Calls;

/// <summary>
/// Phones on both sides of the gateway over a network that loses, doubles and reorders datagrams: registrations, calls,
/// CANCEL and BYE from either side come through by the timers of RFC 3261, none twice, each with one record.
/// </summary>
public sealed class LossyCallTests
{
    private const int Calls = 90;

    /// <summary>The bar: every call at 10 %, 95 of 100 at 30 %, each hop of the four losing as much.</summary>
    [Theory, Row(32), Row(45), Row(34)]
    [InlineData(0, 100)]
    [InlineData(10, 100)]
    [InlineData(20, 98)]
    [InlineData(30, 95)]
    [Rfc(3261, "17"), Rfc(3261, "13.3.1.4"), Rfc(3261, "9.1")]
    public void Calls_come_through_loss_duplicates_and_reordering(int percent, int atLeast)
    {
        // Bridged: these phones send everything to the gateway, as they would behind a NAT.
        var core = new CoreHarness(new ServerOptions { CallMode = CallMode.Bridge });
        core.AddAccount("ada");
        core.AddAccount("bob");
        var network = new VirtualNetwork(core, seed: 4711 + percent) { Loss = percent, Duplicates = percent, Reordered = percent };
        var (ada, bob) = (network.Phone("ada", "198.51.100.7:5062"), network.Phone("bob", "198.51.100.8:5062"));
        ada.Register();
        bob.Register();
        network.Advance(TimeSpan.FromSeconds(70));
        Assert.True(ada.IsRegistered && bob.IsRegistered);

        var placed = new List<(VirtualCall Call, int Kind)>();
        for (var number = 0; number < Calls; number++)
        {
            // A third is hung up by the caller, a third by the callee, a third is cancelled while it rings.
            var kind = number % 3;
            bob.AnswersAfter = TimeSpan.FromSeconds(kind == 2 ? 20 : 0.2);
            var call = ada.Call("bob");
            placed.Add((call, kind));
            // Long enough for five lost INVITEs in a row, short enough that calls overlap with the repeats of others.
            network.Advance(TimeSpan.FromSeconds(kind == 2 ? 8 : 16));
            if (kind == 0)
            {
                ada.HangUp(call);
            }
            else if (kind == 1)
            {
                bob.HangUp(bob.Calls[^1]);
            }
            else
            {
                ada.Cancel(call);
            }
        }

        // Whoever was answered when nobody expected it any more hangs up as well.
        network.Advance(TimeSpan.FromMinutes(2));
        placed.ForEach(one => ada.HangUp(one.Call));
        network.Advance(TimeSpan.FromMinutes(5));

        var talked = placed.Where(one => one.Kind < 2).ToList();
        Assert.InRange(talked.Count(one => one.Call.Status == 200), talked.Count * atLeast / 100, talked.Count);
        Assert.InRange(bob.Calls.Count(call => call.IsUp), talked.Count * atLeast / 100, Calls);
        Assert.All(placed.Where(one => one.Kind == 2), one => Assert.True(one.Call.Status is 487 or 200 or 480 or 408, one.Call.Status.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        Assert.Equal(percent > 0, network.Lost > 0);

        // No call twice: each that was placed rang once at most, and has one record.
        Assert.InRange(bob.Calls.Count, talked.Count * atLeast / 100, Calls);
        Assert.Equal(bob.Calls.Count, bob.Calls.Select(call => call.CallId).Distinct().Count());
        Assert.Equal(core.CallLog.Ended.Count, core.CallLog.Ended.Select(record => record.Id).Distinct().Count());
        Assert.InRange(core.CallLog.Ended.Count, Calls * atLeast / 100, Calls);
        Assert.Equal(0, core.Core.Calls.Count);
        Assert.Empty(core.Media.Open);
        Assert.Equal(0, core.Core.Transactions.ClientCount + core.Core.Transactions.ServerCount + ada.Transactions + bob.Transactions);
    }
}
