using Gateway.Server.Ports;
using Gateway.Server.Registrar;
using Gateway.Server.Widgets;
using Gateway.Sip;

namespace Gateway.Server.Routing;

/// <summary>
/// Turns what a caller dials into a plan; docs/routing.md has the order of decision. It reads snapshots and published tables
/// only, so it may be asked on any thread. No open relay: calls leave by trunks, and by rules (THREATS 29).
/// </summary>
public sealed class RoutePlanner(LoopServices services)
{
    public LoopServices Services { get; } = services;

    public RoutePlan Plan(Caller caller, in SipUriView target, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(caller);
        // RFC 5630 §3: a sips target asks for TLS on every hop, which we cannot promise.
        if (target.Scheme == SipScheme.Sips)
        {
            return new RoutePlan.Reject(416, "No TLS To The Far End") { Label = "scheme" };
        }

        // THREATS 29: hosts elsewhere are reached by trunks, which come with their own rules. A trunk names us as it likes, and
        // what a widget names does not matter.
        if (caller is Caller.FromAccount && !Services.Hosts.Owns(target))
        {
            return new RoutePlan.Reject(403, "Calls Leave By Trunks Only") { Label = "foreign_host" };
        }

        if (Services.Gruus.TryResolve(target, out var device))
        {
            return PlanDevice(caller, device);
        }

        var context = DialledNumber.ContextOf(target);
        if (context.Length > 0 && Services.Hosts.Contains(context))
        {
            context = "";
        }

        return new PlanRun(Services, caller, Services.UtcNow(), domain: target.Scheme == SipScheme.Tel ? DomainOf(caller) : Services.Accounts.DomainOf(target.Host))
            .Plan(DialledNumber.Of(target), context);
    }

    /// <summary>What one dials without a domain is of one's own.</summary>
    private static string DomainOf(Caller caller) => caller is Caller.FromAccount { Account.Domain: var domain } ? domain : "";

    /// <summary>RFC 5627 §6.1: one device of a user, and none of the others when that one is not there.</summary>
    private RoutePlan PlanDevice(Caller caller, GruuTarget device)
    {
        if (device.Account is not { } account)
        {
            return new RoutePlan.Reject(404, "No Such Device") { Label = "gruu", Why = ["the device's URI is not, or no longer, one of ours"] };
        }

        var plan = new PlanRun(Services, caller, Services.UtcNow(), domain: account.Domain).Plan(account.User, "");
        return plan is RoutePlan.ToAccount to && to.Account.Id == account.Id
            ? to with { Bindings = device.Bindings, Why = to.Why.Add("only the device that the URI names") }
            : plan;
    }

    /// <summary>What a caller dials by other means than a Request-URI: click-to-dial, a transfer.</summary>
    /// <param name="number">A number or a user name, with or without visual separators.</param>
    public RoutePlan Plan(Caller caller, string number)
    {
        ArgumentNullException.ThrowIfNull(caller);
        return new PlanRun(Services, caller, Services.UtcNow(), domain: DomainOf(caller)).Plan(number, "");
    }

    /// <summary>Where a ring group hands a call on to when nobody answered.</summary>
    public RoutePlan PlanOverflow(Caller caller, RoutePlan.ToGroup group, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(group);
        return new PlanRun(Services, caller, Services.UtcNow()).Overflow(group.Group);
    }

    /// <summary>Where an answer of a location source leads for the caller; a refusal when it leads nowhere.</summary>
    internal RoutePlan Located(Caller caller, RoutePlan.ToLocation asked, LocationTarget target) =>
        new PlanRun(Services, caller, Services.UtcNow()).Located(asked, target);

    /// <summary>Where a number would go for a caller, and why. Nothing is called and nothing counted; location sources are named and not asked.</summary>
    public DryRunAnswer DryRun(DryRunQuestion question) => DryRunAnswer.Of(DryPlan(question, out _), Services);

    /// <summary>The same with the sources asked.</summary>
    /// <param name="done">Runs on the loop, at once or when the sources have answered.</param>
    public void DryRun(DryRunQuestion question, Action<DryRunAnswer> done, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(done);
        var plan = DryPlan(question, out var caller);
        if (plan is not RoutePlan.ToLocation asked || caller is null) done(DryRunAnswer.Of(plan, Services));
        else new LocationSearch(Services, this, caller, asked, found => done(DryRunAnswer.Of(found, Services))).Start(now);
    }

    private RoutePlan DryPlan(DryRunQuestion question, out Caller? caller)
    {
        ArgumentNullException.ThrowIfNull(question);
        var at = question.At ?? Services.UtcNow();
        caller = CallerOf(question);
        if (caller is null) return new RoutePlan.Reject(404, "No Such Caller") { Label = "no_caller", Why = ["there is no such caller"] };

        var number = question.Number.Trim();
        var context = "";
        if (SipUri.TryParse(number, out var uri))
        {
            if (uri.Scheme == SipScheme.Sips || (caller is Caller.FromAccount && uri.Scheme == SipScheme.Sip && !Services.Hosts.Contains(uri.Host)))
            {
                var refused = uri.Scheme == SipScheme.Sips ? new RoutePlan.Reject(416, "No TLS To The Far End") : new RoutePlan.Reject(403, "Calls Leave By Trunks Only");
                return refused with { Why = [$"{uri.Scheme.ToString().ToLowerInvariant()} to {uri.Host} is never routed"] };
            }

            number = uri.User?.Split(';')[0] ?? "";
            context = uri.TryGetParameter("phone-context", out var where) && !Services.Hosts.Contains(where) ? where : "";
        }

        return new PlanRun(Services, caller, at, isDetailed: true, DomainOf(caller)).Plan(number, context);
    }

    /// <summary>The services inside, by name and by the star codes that phones can dial.</summary>
    internal static MediaService? ServiceOf(string dialled) => dialled.ToLowerInvariant() switch
    {
        "echo" or "*43" => MediaService.Echo,
        "tone" or "*44" => MediaService.Tone,
        _ => null,
    };

    private Caller? CallerOf(DryRunQuestion question)
    {
        var snapshot = Services.Configuration.Current;
        switch (question.Kind)
        {
            case CallerKind.Account when Services.Accounts.TryGet(question.Caller, out var account):
                return new Caller.FromAccount(account, account.AorIn(Services.Options.Realm), account.DisplayName);
            case CallerKind.Trunk when snapshot.Trunk(question.Caller) is { } trunk:
                return new Caller.FromTrunk(trunk, $"dry-run@{Services.Options.Realm}", "");
            case CallerKind.Widget when snapshot.Widgets.FirstOrDefault(widget => widget.Id == question.Caller) is { } widget:
                return new Caller.FromWidget(new WidgetSession { Id = default, Widget = widget, Origin = "" }, $"dry-run@{Services.Options.Realm}");
            default:
                return null;
        }
    }
}
