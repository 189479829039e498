using System.Collections.Immutable;
using System.Text;
using Gateway.Server.Accounts;
using Gateway.Server.Routing;
using Gateway.Server.Trunks;
using Gateway.Server.Widgets;
using Gateway.Sip;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Routing;

/// <summary>A company in Berlin: two users, a carrier with a spare, a PBX, and what a test adds.</summary>
internal sealed class DialPlanRig
{
    public DialPlanRig()
    {
        Ada = Core.AddAccount("ada");
        Bob = Core.AddAccount("bob", aliases: ["100", "+49301234100"]);
        Numbers = NumberPlan.Default with { CountryCode = "49", ShortCodes = ["115"] };
        Carrier = Add(NewTrunk("carrier") with { Group = "out", Priority = 1 });
        Spare = Add(NewTrunk("spare") with { Group = "out", Priority = 2 });
        Planner = new RoutePlanner(Core.Services);
    }

    public CoreHarness Core { get; } = new();

    public RoutePlanner Planner { get; }

    public Account Ada { get; private set; }

    public Account Bob { get; }

    public Trunk Carrier { get; private set; }

    public Trunk Spare { get; }

    public NumberPlan Numbers { set => Core.Services.Configuration.Set(value); }

    public Caller AsAda => new Caller.FromAccount(Ada, "ada@gw.example", "Ada");

    public static Trunk NewTrunk(string name, TrunkKind kind = TrunkKind.Peer) => new()
    {
        Id = Guid.CreateVersion7(), DomainId = Guid.AllBitsSet, Name = name, Host = $"{name}.example", Type = kind,
    };

    public static DialRule NewRule(string pattern, Destination to, PatternKind kind = PatternKind.Prefix) => new()
    {
        Id = Guid.CreateVersion7(), DomainId = Guid.AllBitsSet, Name = $"rule {pattern}", Pattern = pattern, Match = kind, To = to,
    };

    public static RingGroup NewGroup(string name, string extension, params Account[] members) => new()
    {
        Id = Guid.CreateVersion7(), DomainId = Guid.AllBitsSet, Name = name, Extension = extension, Members = [.. members.Select(member => member.Id)],
    };

    public static Widget NewWidget(Destination to) => new()
    {
        Id = Guid.CreateVersion7(), DomainId = Guid.AllBitsSet, Name = "shop", PublicId = "w_0123456789abcdef", To = to,
    };

    public static Destination Out { get; } = new Destination.ToTrunkGroup("out");

    public T Add<T>(T value) where T : Gateway.Server.Configuration.IConfigured
    {
        Core.Services.Configuration.Set(value);
        return value;
    }

    public void SetRights(CallRights rights)
    {
        Ada = Ada with { Rights = rights };
        Core.Accounts.Set(Ada);
    }

    public void SetCarrier(Func<Trunk, Trunk> change) => Carrier = Add(change(Carrier));

    public static Caller.FromTrunk From(Trunk trunk) => new(trunk, $"+4989555@{trunk.Host}", "");

    public RoutePlan Dial(string number, Caller? caller = null) => Uri($"sip:{number}@gw.example", caller);

    public RoutePlan Uri(string uri, Caller? caller = null) =>
        SipUriView.TryParse(Encoding.UTF8.GetBytes(uri), out var view)
            ? Planner.Plan(caller ?? AsAda, view, Core.Now)
            : throw new ArgumentException($"{uri} is no URI");

    /// <summary>kind:target, as short as a test wants to read it.</summary>
    public static string Short(RoutePlan plan) => plan switch
    {
        RoutePlan.ToAccount to => $"account {to.Aor.Split('@')[0]}",
        RoutePlan.ToGroup to => $"group {to.Group.Name} ({string.Join(' ', to.Members.Select(member => member.Account.User))})",
        RoutePlan.ToTrunks to => $"{to.Number} by {string.Join(' ', to.Trunks.Select(trunk => trunk.Name))}",
        RoutePlan.ToService to => $"service {to.Name}",
        RoutePlan.Reject refused => $"{refused.Status} {refused.Label}",
        _ => "?",
    };

    public string Go(string number, Caller? caller = null) => Short(Dial(number, caller));
}
