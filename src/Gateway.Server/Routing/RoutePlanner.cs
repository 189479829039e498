using Gateway.Server.Accounts;
using Gateway.Server.Ports;
using Gateway.Sip;

namespace Gateway.Server.Routing;

/// <summary>Turns a Request-URI into a plan: services (echo, *43, tone, *44), accounts, else a refusal. No open relay.</summary>
public sealed class RoutePlanner(LoopServices services)
{
    public LoopServices Services { get; } = services;

    public RoutePlan Plan(Caller caller, in SipUriView target, TimeSpan now)
    {
        // RFC 5630 §3: a sips target asks for TLS on every hop, which we cannot promise.
        if (target.Scheme == SipScheme.Sips)
        {
            return new RoutePlan.Reject(416, "No TLS To The Far End");
        }

        // THREATS 29: hosts elsewhere are reached by trunks, which come with their own rules.
        if (!Services.Hosts.Owns(target))
        {
            return new RoutePlan.Reject(403, "Calls Leave By Trunks Only");
        }

        var dialled = DialledNumber.Of(target);
        if (ServiceOf(dialled) is { } service)
        {
            return new RoutePlan.ToService(service, dialled);
        }

        if (!Services.Accounts.TryGet(dialled, out var account) || !account.IsEnabled)
        {
            return new RoutePlan.Reject(404, "No Such User");
        }

        return To(account);
    }

    /// <summary>Where a ring group hands a call on to when nobody answered.</summary>
    public RoutePlan PlanOverflow(Caller caller, RoutePlan.ToGroup group, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(group);
        return group.Group.Overflow is { } overflow ? Resolve(overflow) : new RoutePlan.Reject(480, "No Answer");
    }

    private RoutePlan Resolve(Destination destination) => destination switch
    {
        Destination.ToAccount to when Services.Accounts.TryGet(to.Account, out var account) && account.IsEnabled => To(account),
        Destination.ToGroup to when Services.Configuration.Current.Group(to.Group) is { } group => To(group),
        Destination.ToService to when ServiceOf(to.Service) is { } service => new RoutePlan.ToService(service, to.Service),
        Destination.Refusal refusal => new RoutePlan.Reject(refusal.Status, refusal.Reason),
        _ => new RoutePlan.Reject(404, "Destination Is Gone"),
    };

    private RoutePlan.ToAccount To(Account account)
    {
        var aor = $"{account.User}@{Services.Options.Realm}";
        return new RoutePlan.ToAccount(account, aor, Services.Bindings.Published.Get(aor));
    }

    private RoutePlan.ToGroup To(RingGroup group) => new(group, [.. Members(group).Select(To)]);

    private IEnumerable<Account> Members(RingGroup group)
    {
        foreach (var id in group.Members.Distinct())
        {
            if (Services.Accounts.TryGet(id, out var account) && account.IsEnabled)
            {
                yield return account;
            }
        }
    }

    /// <summary>The services inside, by name and by the star codes that phones can dial.</summary>
    private static MediaService? ServiceOf(string dialled) => dialled.ToLowerInvariant() switch
    {
        "echo" or "*43" => MediaService.Echo,
        "tone" or "*44" => MediaService.Tone,
        _ => null,
    };
}
