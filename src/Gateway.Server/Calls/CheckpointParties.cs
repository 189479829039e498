using System.Collections.Immutable;
using Gateway.Server.Routing;
using Gateway.Server.Widgets;

namespace Gateway.Server.Calls;

/// <summary>
/// Callers and plans as checkpoints name them, and what the configuration of now makes of the names: who was removed meanwhile is
/// found no more.
/// </summary>
internal static class CheckpointParties
{
    public static CallerCheckpoint? Of(Caller? caller) => caller switch
    {
        Caller.FromAccount account => new CallerCheckpoint(CallerKind.Account, account.Aor, account.DisplayName) { User = account.Account.User },
        Caller.FromTrunk trunk => new CallerCheckpoint(CallerKind.Trunk, trunk.Aor, trunk.DisplayName) { Trunk = trunk.Trunk.Id, Extension = trunk.Extension },
        Caller.FromWidget { Session: var session } widget => new CallerCheckpoint(CallerKind.Widget, widget.Aor, widget.DisplayName)
        {
            Visit = new VisitCheckpoint(session.Id, session.Widget.Id, session.Origin)
            {
                Visitor = session.Visitor, Language = session.Language, Page = session.Page, MaxSeconds = session.MaxSeconds,
            },
        },
        _ => null,
    };

    public static Caller? Resolve(CallerCheckpoint? named, LoopServices services)
    {
        var configuration = services.Configuration.Current;
        switch (named)
        {
            case { Kind: CallerKind.Account, User: { } user }:
                return services.Accounts.TryGet(user, out var account) ? new Caller.FromAccount(account, named.Aor, named.DisplayName) : null;
            case { Kind: CallerKind.Trunk, Trunk: { } id }:
                return configuration.Trunks.FirstOrDefault(one => one.Id == id) is { } trunk ? new Caller.FromTrunk(trunk, named.Aor, named.DisplayName, named.Extension) : null;
            case { Kind: CallerKind.Widget, Visit: { } visit }:
                return configuration.Widgets.FirstOrDefault(one => one.Id == visit.Widget) is not { } widget ? null : new Caller.FromWidget(new WidgetSession
                {
                    Id = visit.Session,
                    Widget = widget,
                    Origin = visit.Origin,
                    Visitor = visit.Visitor.ToImmutableDictionary(),
                    Language = visit.Language,
                    Page = visit.Page,
                    MaxSeconds = visit.MaxSeconds,
                }, named.Aor);
            default:
                return null;
        }
    }

    public static PlanCheckpoint Of(RoutePlan plan) => new()
    {
        Service = (plan as RoutePlan.ToService)?.Service,
        Number = (plan as RoutePlan.ToTrunks)?.Number,
        Class = (plan as RoutePlan.ToTrunks)?.Class.ToString(),
        MaxDuration = plan.MaxDuration,
    };

    /// <summary>What an answered call still asks of its plan: whether it talks to a service, and whether its minutes cost.</summary>
    public static RoutePlan Resolve(PlanCheckpoint? plan) => plan switch
    {
        { Service: { } service } => new RoutePlan.ToService(service, "") { MaxDuration = plan.MaxDuration },
        { Number: { } number } => new RoutePlan.ToTrunks(number, [])
        {
            Class = Enum.TryParse<NumberClass>(plan.Class, out var known) ? known : NumberClass.National, MaxDuration = plan.MaxDuration,
        },
        _ => new RoutePlan.Reject(0, "") { MaxDuration = plan?.MaxDuration ?? TimeSpan.Zero },
    };
}
