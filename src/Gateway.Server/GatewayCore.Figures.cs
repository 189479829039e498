namespace Gateway.Server;

/// <summary>What one loop holds at a moment: all of it is zero, or what registrations and trunks keep, when nothing is going on.</summary>
/// <param name="Dialogs">Sides of calls, and watchers, that are still answered for.</param>
/// <param name="ProxyContexts">Requests that are being forwarded.</param>
/// <param name="ProxiedCalls">Calls between plain phones that we stayed in the path of.</param>
/// <param name="Timers">Armed on the wheel.</param>
public readonly record struct LoopFigures(int ClientTransactions, int ServerTransactions, int Calls, int Dialogs, int ProxyContexts, int ProxiedCalls, int Timers);

/// <summary>The loop in numbers.</summary>
public sealed partial class GatewayCore
{
    /// <summary>Counts of tables, read without a lock: good for a gauge from any thread, exact on the loop.</summary>
    public LoopFigures Figures => new(
        Transactions.ClientCount, Transactions.ServerCount, Calls.Count, Calls.Index.Dialogs + Subscriptions.Dialogs, Proxy.ContextCount, Proxy.CallCount, _services.Timers.Count);
}
