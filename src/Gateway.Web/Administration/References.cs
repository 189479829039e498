using Gateway.Server.Accounts;
using Gateway.Server.Configuration;
using Gateway.Server.Routing;

namespace Gateway.Web.Administration;

/// <summary>Who leads to whom: checks that a destination exists, and names who would miss an object that is to go.</summary>
internal static class References
{
    private const int LongestReason = 100;

    /// <summary>Where the fields of a destination lead must exist.</summary>
    /// <param name="isRule">It is that of a rule of the dial plan, which knows the number that a location source would be asked for.</param>
    public static void Check(string field, Destination? to, ConfigurationSnapshot snapshot, AccountDirectory accounts, FieldErrors errors, bool isRule = false)
    {
        switch (to)
        {
            case Destination.ToAccount(var account) when !accounts.TryGet(account, out _):
                errors.Add($"{field}.account", "There is no account with this id.");
                break;
            case Destination.ToGroup(var group) when snapshot.Group(group) is null:
                errors.Add($"{field}.group", "There is no ring group with this id.");
                break;
            case Destination.ToTrunkGroup(var name) when !snapshot.Trunks.Any(trunk => Leads(name, trunk.GroupName, trunk.Name)):
                errors.Add($"{field}.group", "There is no trunk, and no group of trunks, with this name.");
                break;
            case Destination.ToService(var service) when service is not ("echo" or "tone"):
                errors.Add($"{field}.service", "echo or tone.");
                break;
            case Destination.ToNumber(var number):
                if (number.Trim().Length == 0)
                {
                    errors.Add($"{field}.number", "The number or user to call instead.");
                }

                errors.UserPart($"{field}.number", number);
                break;
            case Destination.ToLocation { Sources: var sources, Group: var group }:
                if (!sources.IsDefaultOrEmpty && sources.Any(source => source.ToLowerInvariant() is not ("enum" or "ldap")))
                {
                    errors.Add($"{field}.sources", "enum and ldap, or none of them to ask all that the settings name.");
                }

                if (!isRule)
                {
                    errors.Add(field, "Only a rule of the dial plan can ask where a number is: forward to a number instead.");
                }
                else if (group.Length > 0 && !snapshot.Trunks.Any(trunk => Leads(group, trunk.GroupName, trunk.Name)))
                {
                    errors.Add($"{field}.group", "There is no trunk, and no group of trunks, with this name.");
                }

                break;
            case Destination.Refusal(var status, var reason):
                errors.Range($"{field}.status", status, 400, 699);
                errors.Text($"{field}.reason", reason, LongestReason);
                break;
            case null:
                errors.Add(field, "Say where it leads: {\"kind\": \"account\", \"account\": \"…\"} for example.");
                break;
        }
    }

    public static IEnumerable<string> ToAccount(Guid account, ConfigurationSnapshot snapshot) =>
        To(snapshot, to => to is Destination.ToAccount(var id) && id == account)
            .Concat(snapshot.Groups.Where(group => group.Members.Contains(account)).Select(group => $"group '{group.Name}'"))
            .Concat(snapshot.Trunks.Where(trunk => trunk.Extensions.Any(extension => extension.Account == account)).Select(trunk => $"trunk '{trunk.Name}'"))
            .Concat(snapshot.Rules.Where(rule => rule.Sources.Contains(account)).Select(rule => $"route '{rule.Name}'"))
            .Distinct();

    public static IEnumerable<string> ToGroup(Guid group, ConfigurationSnapshot snapshot) => To(snapshot, to => to is Destination.ToGroup(var id) && id == group).Distinct();

    /// <summary>Who leads to this trunk and would find no other of its group.</summary>
    public static IEnumerable<string> ToTrunk(Guid trunk, ConfigurationSnapshot snapshot) =>
        To(snapshot, to => TrunkOf(to) is { } name
                && snapshot.Trunks.Any(one => one.Id == trunk && Leads(name, one.GroupName, one.Name))
                && !snapshot.Trunks.Any(one => one.Id != trunk && Leads(name, one.GroupName, one.Name)))
            .Concat(ToSource(trunk, snapshot)).Distinct();

    /// <summary>Rules that are only for this trunk or widget among others.</summary>
    public static IEnumerable<string> ToSource(Guid source, ConfigurationSnapshot snapshot) =>
        snapshot.Rules.Where(rule => rule.Sources.Contains(source)).Select(rule => $"route '{rule.Name}'");

    private static string? TrunkOf(Destination to) => to switch
    {
        Destination.ToTrunkGroup(var name) => name,
        Destination.ToLocation { Group.Length: > 0 } location => location.Group,
        _ => null,
    };

    private static bool Leads(string wanted, string group, string name) =>
        string.Equals(wanted, group, StringComparison.OrdinalIgnoreCase) || string.Equals(wanted, name, StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<string> To(ConfigurationSnapshot snapshot, Func<Destination, bool> leads) =>
        snapshot.Rules.Where(rule => leads(rule.To)).Select(rule => $"route '{rule.Name}'")
            .Concat(snapshot.Widgets.Where(widget => leads(widget.To)).Select(widget => $"widget '{widget.Name}'"))
            .Concat(snapshot.Trunks.Where(trunk => trunk.Dids.Any(did => leads(did.To))).Select(trunk => $"trunk '{trunk.Name}'"))
            .Concat(snapshot.Groups.Where(group => group.Overflow is { } overflow && leads(overflow)).Select(group => $"group '{group.Name}'"));
}
