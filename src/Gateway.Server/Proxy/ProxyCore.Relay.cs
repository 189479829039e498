using Gateway.Server.Calls;
using Gateway.Server.Dispatch;
using Gateway.Server.Registrar;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Proxy;

/// <summary>
/// Requests that are for a user of ours and no call: MESSAGE (RFC 3428), OPTIONS (RFC 3261 §11) and methods that we do not know
/// (§16.3) go to his contacts, on any transport: they make no dialog, so a browser needs nothing of us for them.
/// </summary>
public sealed partial class ProxyCore
{
    /// <summary>True for what is forwarded when its Request-URI names a user; whether it may be is asked by <see cref="Relay"/>.</summary>
    internal static bool MayRelay(SipRequest request) =>
        request.Method is SipMethod.Message or SipMethod.Options or SipMethod.Other && request.TryGetUri(out var uri) && !uri.User.IsEmpty;

    /// <summary>
    /// Forwards a request of an account that has been proved, or answers why not. OPTIONS that reach no phone are answered
    /// elsewhere, by what we know of whom they name: false.
    /// </summary>
    internal bool Relay(ServerTransaction transaction, SipRequest request, Caller.FromAccount by, TimeSpan now)
    {
        if (!request.TryGetUri(out var target))
        {
            return false;
        }

        var plan = new RoutePlanner(Services).Plan(by, target, now);
        var route = ReceivedRoute.Read(request, Services.Own);
        var groups = GroupsOf(route, plan, CallerPreferences.Of(request));
        // Many phones ask for their own address to keep a NAT open: that is a question to us.
        var isOwn = plan is RoutePlan.ToAccount { Aor: var aor } && aor.Equals(by.Aor, StringComparison.OrdinalIgnoreCase);
        if (request.Method == SipMethod.Options && (isOwn || !groups.Exists(static group => group.Any())))
        {
            return false;
        }

        var verdict = plan switch
        {
            RoutePlan.Reject refused => new CheckVerdict(refused.Status, refused.Label, refused.Reason),
            // THREATS 29: whom it goes to is ours to find; nobody is sent on to a host of the sender's choice.
            _ when route.Rest.Count > 0 => new CheckVerdict(403, "foreign_route", "Not Our Route"),
            RoutePlan.ToAccount or RoutePlan.ToGroup when !groups.Exists(static group => group.Any()) => new CheckVerdict(480, "nobody_there"),
            RoutePlan.ToAccount or RoutePlan.ToGroup => ProxyChecks.Of(Services, request),
            // Trunks carry calls; a service has nobody to read it.
            _ => new CheckVerdict(403, "not_a_user", "Only For Users Of This Server"),
        };
        if (verdict.Status != 0)
        {
            ProxyChecks.Refuse(Services, transaction, request, verdict, now);
            return true;
        }

        Services.Metrics.Proxy.Forwarded(request.Method);
        var context = new ResponseContext(this, transaction, request, new InDialogOwner(null, request.Method));
        _contexts.Add(context);
        context.Guard((context, groups, breadth: ProxyChecks.BreadthOf(request)), now,
            static (state, now) => state.context.Start(state.groups, state.breadth, now));
        return true;
    }
}
