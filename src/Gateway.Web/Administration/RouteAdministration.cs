using System.Collections.Immutable;
using System.Globalization;
using Gateway.Server.Configuration;
using Gateway.Server.Proxy;
using Gateway.Server.Routing;

namespace Gateway.Web.Administration;

/// <summary>One rule of the dial plan: the first enabled one that matches decides.</summary>
public sealed record RouteResource : IResource
{
    public Guid Id { get; init; }

    public long Version { get; init; }

    public DateTimeOffset? UpdatedAt { get; init; }

    public string Name { get; init; } = "";

    /// <summary>Rules are tried from the lowest on.</summary>
    public int Order { get; init; }

    public bool Enabled { get; init; } = true;

    /// <summary>prefix, exact or regex.</summary>
    public PatternKind Match { get; init; }

    /// <summary>Compared with the number in E.164 form (+4930…) when it has one, else with what was dialled.</summary>
    public string Pattern { get; init; } = "";

    /// <summary>Which kinds of callers it is for (account, trunk, widget); empty for all.</summary>
    public ImmutableArray<CallerKind> From { get; init; } = [];

    /// <summary>Ids of accounts, trunks or widgets it is for; empty for all.</summary>
    public ImmutableArray<Guid> Sources { get; init; } = [];

    /// <summary>When it applies; empty for always.</summary>
    public ImmutableArray<TimeWindow> When { get; init; } = [];

    /// <summary>Zone that the windows are read in.</summary>
    public string TimeZone { get; init; } = "UTC";

    /// <summary>Digits to take off the front of the number before it is passed on.</summary>
    public int Strip { get; init; }

    /// <summary>What is put before the rest; for a regular expression the whole replacement ($1…).</summary>
    public string Prepend { get; init; } = "";

    /// <summary>How calls to our own phones go: auto (as the gateway is set), bridge, proxy or redirect.</summary>
    public CallMode Mode { get; init; }

    /// <summary>Where it leads.</summary>
    public Destination? To { get; init; }
}

/// <summary>The rules of the dial plan.</summary>
internal sealed class RouteAdministration(AdministrationCore core) : ConfiguredObjects<RouteResource, DialRule>(core)
{
    private const int LongestPattern = DialRuleCheck.LongestPattern;

    /// <summary>In the order that they are tried.</summary>
    public override string SortKey(RouteResource resource) =>
        // Offset so that negative orders sort before positive ones.
        string.Create(CultureInfo.InvariantCulture, $"{resource.Order - (long)int.MinValue:D10}\n{resource.Id}");

    protected override RouteResource Show(Stored<DialRule> stored)
    {
        var rule = stored.Value;
        return new RouteResource
        {
            Id = rule.Id, Version = stored.Version, UpdatedAt = stored.UpdatedAt, Name = rule.Name, Order = rule.Order, Enabled = rule.IsEnabled,
            Match = rule.Match, Pattern = rule.Pattern, From = rule.From, Sources = rule.Sources, When = rule.When, TimeZone = rule.TimeZone,
            Strip = rule.Strip, Prepend = rule.Prepend, Mode = rule.Mode, To = rule.To,
        };
    }

    protected override DialRule Build(Guid id, RouteResource wanted, DialRule? old) => new()
    {
        Id = id, DomainId = Core.DomainId, Name = wanted.Name.Trim(), Order = wanted.Order, IsEnabled = wanted.Enabled, Match = wanted.Match,
        Pattern = wanted.Pattern, From = wanted.From, Sources = wanted.Sources, When = wanted.When, TimeZone = wanted.TimeZone,
        Strip = wanted.Strip, Prepend = wanted.Prepend, Mode = wanted.Mode, To = wanted.To!,
    };

    protected override void Check(RouteResource wanted, DialRule? old, FieldErrors errors)
    {
        errors.Name("name", wanted.Name);
        errors.Text("pattern", wanted.Pattern, LongestPattern);
        errors.Text("prepend", wanted.Prepend, LongestPattern);
        errors.Count("sources", wanted.Sources, 10_000);
        TimeWindows.Check("when", wanted.When, errors);
        errors.TimeZone("timeZone", wanted.TimeZone);
        if (wanted.To is not null)
        {
            foreach (var fault in DialRuleCheck.Check(Build(default, wanted, old), Core.Configuration.Current.Numbers).Where(static fault => !fault.IsAdvice))
            {
                errors.Add(fault.Field, fault.Message);
            }
        }

        for (var i = 0; i < wanted.Sources.Length; i++)
        {
            var source = wanted.Sources[i];
            if (!Core.Accounts.TryGet(source, out _) && Core.Configuration.Current.Trunk(source) is null && !Core.Configuration.Current.Widgets.Any(widget => widget.Id == source))
            {
                errors.Add($"sources[{i}]", "There is no account, trunk or widget with this id.");
            }
        }

        References.Check("to", wanted.To, Core.Configuration.Current, Core.Accounts, errors, isRule: true);
    }
}

/// <summary>What may stand in a time window.</summary>
internal static class TimeWindows
{
    public static void Check(string field, IReadOnlyList<TimeWindow> windows, FieldErrors errors)
    {
        errors.Count(field, windows, 50);
        for (var i = 0; i < windows.Count; i++)
        {
            if (windows[i] is not { Days.IsDefaultOrEmpty: false })
            {
                errors.Add($"{field}[{i}].days", "At least one day of the week.");
            }
            else if (windows[i].Days.Any(day => !Enum.IsDefined(day)))
            {
                errors.Add($"{field}[{i}].days", "sunday to saturday.");
            }
        }
    }
}
