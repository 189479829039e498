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

        var aor = $"{account.User}@{Services.Options.Realm}";
        return new RoutePlan.ToAccount(account, aor, Services.Bindings.Get(aor));
    }

    /// <summary>The services inside, by name and by the star codes that phones can dial.</summary>
    private static MediaService? ServiceOf(string dialled) => dialled.ToLowerInvariant() switch
    {
        "echo" or "*43" => MediaService.Echo,
        "tone" or "*44" => MediaService.Tone,
        _ => null,
    };
}
