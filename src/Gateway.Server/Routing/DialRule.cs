using System.Collections.Immutable;
using Gateway.Server.Configuration;
using Gateway.Server.Proxy;

namespace Gateway.Server.Routing;

public enum PatternKind : byte
{
    /// <summary>The number begins with the pattern.</summary>
    Prefix,
    /// <summary>The number is the pattern.</summary>
    Exact,
    /// <summary>A regular expression over the whole number, run without backtracking; $1 may stand in the rewrite.</summary>
    Regex,
}

public enum CallerKind : byte
{
    Account,
    Trunk,
    Widget,
}

/// <summary>One rule of the dial plan: the first enabled one that matches decides.</summary>
public sealed record DialRule : IConfigured
{
    public static string Kind => "routes";

    public required Guid Id { get; init; }

    public required Guid DomainId { get; init; }

    public required string Name { get; init; }

    /// <summary>Rules are tried from the lowest on.</summary>
    public int Order { get; init; }

    public bool IsEnabled { get; init; } = true;

    public PatternKind Match { get; init; }

    /// <summary>Compared with the number in E.164 form (+4930…) when it has one, else with what was dialled.</summary>
    public required string Pattern { get; init; }

    /// <summary>Which kinds of callers it is for; empty for all.</summary>
    public ImmutableArray<CallerKind> From { get; init; } = [];

    /// <summary>Ids of accounts, trunks or widgets it is for; empty for all.</summary>
    public ImmutableArray<Guid> Sources { get; init; } = [];

    /// <summary>When it applies; empty for always.</summary>
    public ImmutableArray<TimeWindow> When { get; init; } = [];

    /// <summary>IANA zone that the windows are read in.</summary>
    public string TimeZone { get; init; } = "UTC";

    /// <summary>Digits to take off the front of the number before it is passed on.</summary>
    public int Strip { get; init; }

    /// <summary>What is put before the rest; for a regular expression the whole replacement ($1…), empty to keep the number.</summary>
    public string Prepend { get; init; } = "";

    /// <summary>How its calls go between our own; Auto for what the gateway's option says.</summary>
    public CallMode Mode { get; init; }

    public required Destination To { get; init; }
}

/// <summary>Days of the week with an hour range in local time; To before From passes midnight.</summary>
public sealed record TimeWindow
{
    public ImmutableArray<DayOfWeek> Days { get; init; } = [];

    public TimeOnly From { get; init; }

    /// <summary>Not included; 00:00 means the end of the day.</summary>
    public TimeOnly To { get; init; }
}
