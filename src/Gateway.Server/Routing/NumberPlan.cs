using System.Collections.Immutable;
using Gateway.Server.Configuration;

namespace Gateway.Server.Routing;

/// <summary>How dialled digits become E.164 numbers here, and which of them are special. One a domain.</summary>
public sealed record NumberPlan : IConfigured
{
    public static string Kind => "numbers";

    public static NumberPlan Default { get; } = new() { Id = default, DomainId = default };

    public required Guid Id { get; init; }

    public required Guid DomainId { get; init; }

    public string Name => "numbers";

    /// <summary>Country calling code without plus, e.g. 49; empty: numbers stay as dialled unless they begin with + or the international prefix.</summary>
    public string CountryCode { get; init; } = "";

    /// <summary>Dialled before a national number, e.g. 0; empty where there is none.</summary>
    public string NationalPrefix { get; init; } = "0";

    /// <summary>Dialled before a country code, e.g. 00 or 011.</summary>
    public string InternationalPrefix { get; init; } = "00";

    /// <summary>Area code that a number without national prefix gets, e.g. 30; empty: such numbers are not completed.</summary>
    public string AreaCode { get; init; } = "";

    public ImmutableArray<string> Emergency { get; init; } = ["112", "911", "110", "999"];

    /// <summary>Short codes that go out as dialled, e.g. 115.</summary>
    public ImmutableArray<string> ShortCodes { get; init; } = [];

    /// <summary>Prefixes in E.164 form of numbers that cost extra, e.g. +49900.</summary>
    public ImmutableArray<string> PremiumPrefixes { get; init; } = ["+1900", "+44871", "+449", "+49900", "+49137", "+49180", "+339", "+43900", "+43930", "+41900", "+979"];
}
