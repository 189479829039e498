using Gateway.Server.Proxy;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>Where bridged and proxied calls meet: who takes an INVITE, and how many there are of both.</summary>
public sealed partial class CallManager
{
    /// <summary>Null where nothing is proxied.</summary>
    internal ProxyCore? Proxy { get; init; }

    /// <summary>Checks as a user agent what might have been proxied and was not checked before; false when it was refused. Null where nothing is left to check.</summary>
    internal Func<ServerTransaction, SipRequest, TimeSpan, bool>? MayBridge { get; init; }

    private bool IsFull => _calls.Count + (Proxy?.CallCount ?? 0) >= Services.Options.MaxCalls;

    /// <summary>Hands the INVITE to the proxy if that is its way; what it decided stands in the plan either way.</summary>
    private bool PlaceProxied(ServerTransaction transaction, SipRequest invite, Caller caller, ref RoutePlan plan, string dialled, TimeSpan now)
    {
        if (Services.Options.Role == ServerRole.Redirect)
        {
            RedirectServer.Answer(Services, transaction, invite, plan, now);
            return true;
        }

        if (Proxy is null) return false;
        plan = Proxy.Decide(transaction, invite, caller, plan);
        if (plan.Mode == CallMode.Redirect)
        {
            RedirectServer.Answer(Services, transaction, invite, plan, now);
            return true;
        }

        // What is refused, or was here before as a call of ours, is answered by a user agent.
        var isProxied = plan.Mode == CallMode.Proxy && !IsFull && !Services.Loops.HasPassed(System.Text.Encoding.Latin1.GetString(invite.CallId), plan);
        Services.Metrics.Proxy.Placed(isProxied);
        if (isProxied) Proxy.Place(transaction, invite, caller, plan, dialled, now);
        return isProxied;
    }
}
