using System.Buffers;
using System.Collections.Immutable;
using Gateway.Server.Accounts;
using Gateway.Server.Trunks;
using Ascii = System.Text.Ascii;

namespace Gateway.Server.Routing;

/// <summary>One decision: the steps it took, the numbers it was forwarded through, and the plan at its end. Used once.</summary>
/// <param name="domain">Whose names count; empty for the first domain's.</param>
/// <param name="isDetailed">For the dry run: says of every rule why it was passed over.</param>
internal sealed partial class PlanRun(LoopServices services, Caller caller, DateTimeOffset utcNow, bool isDetailed = false, string domain = "")
{
    /// <summary>A number may be forwarded so often; more is a circle that nobody drew on purpose (THREATS 31).</summary>
    private const int MostForwards = 5;

    private const int MostSteps = 64;

    private static readonly SearchValues<char> s_number = SearchValues.Create("0123456789+*#");

    private readonly DialPlanIndex _index = DialPlanIndex.Of(services.Configuration.Current);
    private readonly List<string> _steps = [];
    private HashSet<string>? _forwarded;
    private PhoneNumber? _first;
    private PhoneNumber? _current;

    public RoutePlan Plan(string dialled, string context) => Finish(caller switch
    {
        Caller.FromWidget { Session.Widget: var widget } => Visit(widget),
        Caller.FromTrunk trunk => Inbound(trunk, dialled, context),
        _ => Dial(dialled, context, isCallersChoice: true),
    });

    public RoutePlan Overflow(RingGroup group)
    {
        Say($"nobody of group \"{group.Name}\" answered");
        return Finish(group.Overflow is { } overflow ? Resolve(overflow) : new RoutePlan.Reject(480, "No Answer") { Label = "no_answer" });
    }

    private RoutePlan Finish(RoutePlan plan)
    {
        if (plan is RoutePlan.Reject reject) Say($"refused: {reject.Status} {reject.Reason}");
        return plan with { Why = [.. _steps], Dialled = _first, MaxDuration = plan is RoutePlan.ToTrunks { Class: NumberClass.Emergency } ? TimeSpan.Zero : Longest() };
    }

    private TimeSpan Longest() => TimeSpan.FromSeconds(Math.Max(0, caller is Caller.FromWidget widget ? widget.Session.Widget.MaxCallSeconds : caller.Rights.MaxCallSeconds));

    /// <summary>A visitor reaches what the widget leads to, whatever the page asked for (THREATS 28).</summary>
    private RoutePlan Visit(Widgets.Widget widget)
    {
        Say($"a visitor of widget \"{widget.Name}\" reaches its destination only");
        return widget.IsEnabled ? Resolve(widget.To) : Refuse(403, "Widget Is Switched Off", "widget_off");
    }

    private RoutePlan Inbound(Caller.FromTrunk from, string dialled, string context)
    {
        if (from.Extension is { } extension)
        {
            Say($"the PBX \"{from.Trunk.Name}\" calls its extension");
            return Resolve(new Destination.ToAccount(extension));
        }

        _current = _first = _index.Numbers.Read(dialled, context);
        Say($"trunk \"{from.Trunk.Name}\" calls {Shown(_first)}");
        if (DidTable.Find(from.Trunk, _first, _index.Numbers) is { } did)
        {
            Say($"DID {did.Number}");
            return Resolve(did.To);
        }

        var rights = from.Trunk.Rights;
        if (rights is { Internal: false, Emergency: false, Short: false, National: false, International: false, Premium: false, AllowedPrefixes.IsDefaultOrEmpty: true })
        {
            Say("no DID of the trunk matches, and it has no rights beyond them");
            return Unknown();
        }

        Say("no DID of the trunk matches: its rights decide");
        // A trunk learns nothing about which of our users exist.
        return Dial(dialled, context, isCallersChoice: true) is var plan and not RoutePlan.Reject { Label: "rights_internal" } ? plan : Unknown();

        static RoutePlan.Reject Unknown() => Refuse(404, "Unknown Number", "unknown_did");
    }

    private RoutePlan Dial(string dialled, string context, bool isCallersChoice)
    {
        var number = _index.Numbers.Read(dialled, context);
        _current = number;
        _first ??= number;
        Say($"{dialled} is {Shown(number)}");
        if (number.Class == NumberClass.Emergency) return Emergency(number, isCallersChoice);
        if (Inside(dialled, number) is { } inside)
        {
            return isCallersChoice && RightsCheck.Refusal(caller.Rights, number with { Class = NumberClass.Internal }) is { } refused ? refused : inside;
        }

        if (number.Problem is { } problem)
        {
            Say(problem);
            return Refuse(404, "Not A Valid Number", "bad_number");
        }

        if (Pbx(number, dialled, isCallersChoice) is { } pbx) return pbx;
        return ByRule(number, isCallersChoice)
            ?? AskUnknown(number, dialled, isCallersChoice, Refuse(404, number.IsNumber ? "No Route To This Number" : "No Such User", "no_route"));
    }

    /// <summary>Services, accounts and ring groups: what has a name here.</summary>
    private RoutePlan? Inside(string dialled, PhoneNumber number)
    {
        // As it came first: a name may look like a number with separators (a.b, 100-2).
        return ByName(dialled)
            ?? (number.IsNumber && number.Dialled != dialled ? ByName(number.Dialled) : null)
            ?? (number.E164 is { } e164 && e164 != number.Dialled ? ByName(e164) : null);
    }

    private RoutePlan? ByName(string name)
    {
        if (RoutePlanner.ServiceOf(name) is { } service)
        {
            Say($"service {name}");
            return new RoutePlan.ToService(service, name);
        }

        if (services.Accounts.TryGet(name, domain, out var account))
        {
            Say($"account {account.User}");
            return account.IsEnabled ? To(account) : Refuse(404, "No Such User", "account_off");
        }

        // Ring groups are the first domain's.
        if (domain.Length == 0 && _index.Groups.TryGetValue(name, out var group))
        {
            Say($"ring group \"{group.Name}\"");
            return To(group);
        }

        return null;
    }

    /// <summary>An extension dials what it would dial at a desk phone of the PBX; the PBX knows what it may call.</summary>
    private RoutePlan? Pbx(PhoneNumber number, string dialled, bool isCallersChoice)
    {
        if (caller is not Caller.FromAccount { Account: var account } || !_index.Extensions.TryGetValue(account.Id, out var trunks)) return null;
        var trunk = trunks.FirstOrDefault(one => services.Trunks.IsUsable(one.Id)) ?? trunks[0];
        Say($"the caller is an extension of PBX \"{trunk.Name}\", which decides what it may call");
        if (isCallersChoice && number.Class != NumberClass.Emergency && RightsCheck.Denied(caller.Rights, number) is { } refused) return refused;
        return new RoutePlan.ToTrunks(number.IsNumber ? number.Dialled : dialled, [trunk]) { Class = number.Class };
    }

    /// <summary>
    /// A rule that takes the number, else the caller's PBX, else any trunk: nobody shall die of a missing rule.
    /// </summary>
    private RoutePlan Emergency(PhoneNumber number, bool isCallersChoice)
    {
        if (isCallersChoice && RightsCheck.Refusal(caller.Rights, number) is { } refused) return refused;
        if (ByRule(number, isCallersChoice) is { } ruled) return ruled;
        if (Pbx(number, number.Outgoing, isCallersChoice) is { } pbx) return pbx;
        Say("no rule takes this emergency number: any trunk will do");
        var trunks = TrunkOrder.Of(_index.Snapshot.Trunks.Where(trunk => trunk is { IsEnabled: true, Type: not TrunkKind.Extensions } && !IsBack(trunk)), services.Trunks, services.Random);
        return trunks.IsEmpty
            ? Refuse(404, "No Trunk For Emergency Calls", "no_trunk")
            : new RoutePlan.ToTrunks(number.Outgoing, trunks) { Class = NumberClass.Emergency };
    }

    private RoutePlan? ByRule(PhoneNumber number, bool isCallersChoice)
    {
        foreach (var rule in _index.Rules)
        {
            if (!rule.IsFor(caller, utcNow, out var whyNot))
            {
                // A call goes by many rules: only the dry run spells each of them out.
                if (isDetailed) Say($"rule \"{rule.Rule.Name}\": {whyNot}");
            }
            else if (rule.Match(number) is { } rewrite)
            {
                Say($"rule \"{rule.Rule.Name}\" takes it");
                var plan = Follow(rule, number, rewrite, isCallersChoice);
                return plan.Rule is null ? plan with { Rule = rule.Rule } : plan;
            }
            else if (isDetailed)
            {
                Say($"rule \"{rule.Rule.Name}\": {number.Comparable} is not its number");
            }
        }

        return null;
    }

    private RoutePlan Follow(CompiledRule rule, PhoneNumber number, Rewrite rewrite, bool isCallersChoice)
    {
        switch (rule.Rule.To)
        {
            case Destination.ToTrunkGroup trunks:
                if (isCallersChoice && Check(number, rewrite) is { } refused) return refused;
                var kind = number.Class == NumberClass.Emergency || _index.Numbers.Read(rewrite.Number).Class == NumberClass.Emergency ? NumberClass.Emergency : number.Class;
                return Trunks(trunks.Group, rewrite.Number, kind, rule.Rule);
            case Destination.ToLocation to:
                if (isCallersChoice && (number.IsNumber ? Check(number, rewrite) : RightsCheck.Refusal(caller.Rights, number with { Class = NumberClass.Internal })) is { } notAsked) return notAsked;
                return AskByRule(to, number, rewrite, number.Class, rule.Rule);
            case Destination.ToNumber to:
                var forward = rule.Forward(to.Number, number);
                // What the operator wrote is his choice, what the caller's digits make of it is the caller's.
                var isStillTheirs = isCallersChoice && forward.FromCaller.Count > 0;
                if (isStillTheirs && Check(number, forward) is { } denied) return denied;
                return Forward(forward.Number, isStillTheirs);
            case Destination.Refusal refusal:
                return Resolve(refusal);
            case var inside:
                if (isCallersChoice && RightsCheck.Refusal(caller.Rights, number with { Class = NumberClass.Internal }) is { } notInside) return notInside;
                return Resolve(inside);
        }
    }

    /// <summary>
    /// The rights of what was dialled, of each part of it that goes on, and of the whole that leaves where that is written as
    /// a number: a prefix in front must not hide a number that costs (THREATS 28).
    /// </summary>
    private RoutePlan.Reject? Check(PhoneNumber number, Rewrite rewrite)
    {
        if (RightsCheck.Refusal(caller.Rights, number) is { } refused) return refused;
        if (number.Class == NumberClass.Emergency) return null;
        var plan = _index.Snapshot.Numbers;
        var parts = Begins(rewrite.Number, "+") || Begins(rewrite.Number, plan.InternationalPrefix) || Begins(rewrite.Number, plan.NationalPrefix)
            ? rewrite.FromCaller.Append(rewrite.Number)
            : rewrite.FromCaller;
        foreach (var part in parts.Append(Digits(rewrite.Number)))
        {
            var inner = _index.Numbers.Read(part);
            if (inner is { IsNumber: true, Problem: null } && RightsCheck.Refusal(caller.Rights, inner) is { } hidden)
            {
                Say($"{part} in it is {Shown(inner)}");
                return hidden;
            }
        }

        return null;

        static bool Begins(string text, string prefix) => prefix.Length > 0 && text.StartsWith(prefix, StringComparison.Ordinal);

        // 0900/123456 is a name to us and may be a number to a careless trunk.
        static string Digits(string text)
        {
            if (!text.AsSpan().ContainsAnyExcept(s_number)) return "";
            var digits = string.Concat(text.Where(static c => char.IsAsciiDigit(c) || c == '+'));
            return digits[Math.Max(0, digits.LastIndexOf('+'))..];
        }
    }

    private RoutePlan Trunks(string group, string number, NumberClass kind, DialRule? rule)
    {
        if (number.Length == 0 || !Ascii.IsValid(number))
        {
            Say("nothing is left of the number that a trunk could be asked for");
            return Refuse(404, "Not A Valid Number", "bad_number");
        }

        var all = _index.TrunksOf(group).ToList();
        if (all.Count == 0)
        {
            Say($"trunk group \"{group}\" has no enabled trunk");
            return Refuse(503, "Trunk Is Not Available", "no_trunk");
        }

        var isMeant = rule is not null && caller is Caller.FromTrunk && rule.Sources.Contains(caller.Id);
        if (!isMeant && all.RemoveAll(IsBack) > 0)
        {
            Say("it does not go back out by the trunk that it came from");
            if (all.Count == 0) return Refuse(482, "Would Go Back To Its Trunk", "loop_trunk");
        }

        var order = TrunkOrder.Of(all, services.Trunks, services.Random);
        Say($"{number} by {string.Join(", then ", order.Select(trunk => services.Trunks.IsUsable(trunk.Id) ? trunk.Name : $"{trunk.Name} (down)"))}");
        return new RoutePlan.ToTrunks(number, order) { Class = kind };
    }

    /// <summary>A destination that an operator set: the caller has no part in it, so no rights are asked.</summary>
    private RoutePlan Resolve(Destination destination)
    {
        switch (destination)
        {
            case Destination.ToAccount to when services.Accounts.TryGet(to.Account, out var account):
                Say($"account {account.User}");
                return account.IsEnabled ? To(account) : Refuse(480, "Account Is Switched Off", "account_off");
            case Destination.ToGroup to when _index.Snapshot.Group(to.Group) is { } group:
                Say($"ring group \"{group.Name}\"");
                return To(group);
            case Destination.ToService to when RoutePlanner.ServiceOf(to.Service) is { } service:
                Say($"service {to.Service}");
                return new RoutePlan.ToService(service, to.Service);
            case Destination.ToTrunkGroup to when _current is { } number:
                return Trunks(to.Group, number.Outgoing, number.Class, null);
            case Destination.ToTrunkGroup:
                Say("a trunk needs a number: forward to one instead");
                return Refuse(404, "Destination Has No Number", "destination_gone");
            case Destination.ToNumber to:
                return Forward(to.Number, isCallersChoice: false);
            case Destination.Refusal refusal:
                return Refuse(refusal.Status is >= 400 and <= 699 ? refusal.Status : 403, refusal.Reason.Length > 0 ? refusal.Reason : "Refused", "rule");
            default:
                Say("the destination is not there any more");
                return Refuse(404, "Destination Is Gone", "destination_gone");
        }
    }

    private RoutePlan Forward(string number, bool isCallersChoice)
    {
        _forwarded ??= new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        Say($"forwarded to {number}");
        if (!_forwarded.Add(number)) return Refuse(482, "Forwards Lead In A Circle", "loop_forward");
        return _forwarded.Count > MostForwards ? Refuse(482, "Too Many Forwards", "loop_forward") : Dial(number, "", isCallersChoice);
    }

    private bool IsBack(Trunk trunk) => caller is Caller.FromTrunk from && from.Trunk.Id == trunk.Id;

    private RoutePlan.ToAccount To(Account account)
    {
        var aor = account.AorIn(services.Options.Realm);
        return new RoutePlan.ToAccount(account, aor, services.Bindings.Published.Get(aor));
    }

    private RoutePlan.ToGroup To(RingGroup group)
    {
        var members = ImmutableArray.CreateBuilder<RoutePlan.ToAccount>();
        foreach (var id in group.Members.Distinct())
        {
            // Who dials his own group does not ring himself.
            if (services.Accounts.TryGet(id, out var account) && account.IsEnabled && !(caller is Caller.FromAccount && caller.Id == id)) members.Add(To(account));
        }

        return new RoutePlan.ToGroup(group, members.ToImmutable());
    }

    private static RoutePlan.Reject Refuse(int status, string reason, string label) => new(status, reason) { Label = label };

    private static string Shown(PhoneNumber number) => !number.IsNumber ? "a name"
        : $"{number.Outgoing}, {Words.Of(number.Class)}{(number.E164 is null && number.Class is NumberClass.National or NumberClass.International ? ", as dialled" : "")}";

    private void Say(string step)
    {
        if (_steps.Count < MostSteps) _steps.Add(step);
        else if (_steps.Count == MostSteps) _steps.Add("…");
    }
}
