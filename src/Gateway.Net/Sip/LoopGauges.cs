using System.Diagnostics.Metrics;
using Gateway.Server;

namespace Gateway.Net.Sip;

/// <summary>
/// What the loops hold, asked whenever somebody reads the figures: a leak shows here first, as a number that does
/// not come back.
/// </summary>
internal static class LoopGauges
{
    public static void Register(Meter meter, IReadOnlyList<SipLoop> loops)
    {
        meter.CreateObservableUpDownCounter("gateway.sip.transactions", () => (Measurement<long>[])
        [
            new(Sum(loops, static figures => figures.ClientTransactions), new KeyValuePair<string, object?>("gateway.side", "client")),
            new(Sum(loops, static figures => figures.ServerTransactions), new KeyValuePair<string, object?>("gateway.side", "server")),
        ], "{transaction}", "SIP transactions that are not over, by gateway.side.");
        meter.CreateObservableUpDownCounter("gateway.sip.dialogs", () => Sum(loops, static figures => figures.Dialogs), "{dialog}", "Sides of calls and watchers that are still answered for.");
        meter.CreateObservableUpDownCounter("gateway.sip.timers", () => Sum(loops, static figures => figures.Timers), "{timer}", "Timers that are armed on the loops.");
        meter.CreateObservableUpDownCounter("gateway.proxy.contexts", () => Sum(loops, static figures => figures.ProxyContexts), "{request}", "Requests that are being forwarded.");
        meter.CreateObservableUpDownCounter("gateway.proxy.calls", () => Sum(loops, static figures => figures.ProxiedCalls), "{call}", "Calls between plain phones whose signalling goes through here.");
    }

    private static long Sum(IReadOnlyList<SipLoop> loops, Func<LoopFigures, int> of) => loops.Sum(loop => loop.Core is { } core ? of(core.Figures) : 0);
}
