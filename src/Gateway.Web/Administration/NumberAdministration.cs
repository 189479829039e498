using System.Collections.Immutable;
using Gateway.Server.Configuration;
using Gateway.Server.Routing;

namespace Gateway.Web.Administration;

/// <summary>How dialled digits become E.164 numbers here, and which of them are special.</summary>
public sealed record NumbersResource : IResource
{
    public Guid Id { get; init; }

    public long Version { get; init; }

    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>Country calling code without plus, e.g. 49; empty: numbers stay as dialled unless they begin with + or the international prefix.</summary>
    public string CountryCode { get; init; } = NumberPlan.Default.CountryCode;

    /// <summary>Dialled before a national number, e.g. 0; empty where there is none.</summary>
    public string NationalPrefix { get; init; } = NumberPlan.Default.NationalPrefix;

    /// <summary>Dialled before a country code, e.g. 00 or 011.</summary>
    public string InternationalPrefix { get; init; } = NumberPlan.Default.InternationalPrefix;

    /// <summary>Area code that a number without national prefix gets; empty: such numbers are not completed.</summary>
    public string AreaCode { get; init; } = NumberPlan.Default.AreaCode;

    public ImmutableArray<string> Emergency { get; init; } = NumberPlan.Default.Emergency;

    /// <summary>Short codes that go out as dialled, e.g. 115.</summary>
    public ImmutableArray<string> ShortCodes { get; init; } = NumberPlan.Default.ShortCodes;

    /// <summary>Prefixes in E.164 form of numbers that cost extra.</summary>
    public ImmutableArray<string> PremiumPrefixes { get; init; } = NumberPlan.Default.PremiumPrefixes;

    string IResource.Name => "numbers";
}

/// <summary>The one number plan. It exists from the start with its defaults, as version 0, and is only ever changed.</summary>
internal sealed class NumberAdministration(AdministrationCore core) : ConfiguredObjects<NumbersResource, NumberPlan>(core)
{
    public NumbersResource Current => List() is [var stored, ..] ? stored : new NumbersResource();

    public async Task<Outcome<NumbersResource>> SetAsync(NumbersResource wanted, long? expected, Actor actor, CancellationToken cancel)
    {
        if (List() is [var stored, ..])
        {
            return await UpdateAsync(stored.Id, wanted, expected, actor, cancel).ConfigureAwait(false);
        }

        return expected is null or 0
            ? await CreateAsync(wanted, actor, cancel).ConfigureAwait(false)
            : new Refusal(RefusalKind.Stale, "The number plan has version 0: read it again and repeat the change.");
    }

    protected override NumbersResource Show(Stored<NumberPlan> stored)
    {
        var plan = stored.Value;
        return new NumbersResource
        {
            Id = plan.Id, Version = stored.Version, UpdatedAt = stored.UpdatedAt, CountryCode = plan.CountryCode, NationalPrefix = plan.NationalPrefix,
            InternationalPrefix = plan.InternationalPrefix, AreaCode = plan.AreaCode, Emergency = plan.Emergency, ShortCodes = plan.ShortCodes,
            PremiumPrefixes = plan.PremiumPrefixes,
        };
    }

    protected override NumberPlan Build(Guid id, NumbersResource wanted, NumberPlan? old) => new()
    {
        Id = id, DomainId = Core.DomainId, CountryCode = wanted.CountryCode, NationalPrefix = wanted.NationalPrefix, InternationalPrefix = wanted.InternationalPrefix,
        AreaCode = wanted.AreaCode, Emergency = wanted.Emergency, ShortCodes = wanted.ShortCodes, PremiumPrefixes = wanted.PremiumPrefixes,
    };

    protected override void Check(NumbersResource wanted, NumberPlan? old, FieldErrors errors)
    {
        Digits("countryCode", wanted.CountryCode, 3, errors, "The country calling code without plus, such as 49.");
        Digits("nationalPrefix", wanted.NationalPrefix, 5, errors, "What is dialled before a national number, such as 0.");
        Digits("internationalPrefix", wanted.InternationalPrefix, 5, errors, "What is dialled before a country code, such as 00 or 011.");
        Digits("areaCode", wanted.AreaCode, 8, errors, "The area code without the national prefix, such as 30.");
        if (wanted.CountryCode.StartsWith('0'))
        {
            errors.Add("countryCode", "No country code begins with 0.");
        }

        Codes("emergency", wanted.Emergency, errors);
        Codes("shortCodes", wanted.ShortCodes, errors);
        RightsRules.Prefixes("premiumPrefixes", wanted.PremiumPrefixes, errors);
    }

    private static void Codes(string field, ImmutableArray<string> codes, FieldErrors errors)
    {
        errors.Count(field, codes, 200);
        for (var i = 0; i < codes.Length; i++)
        {
            if (codes[i] is null or "" || codes[i].Length > 8 || !codes[i].All(c => char.IsAsciiDigit(c) || c is '*' or '#'))
            {
                errors.Add($"{field}[{i}]", "Up to 8 digits, * and #.");
            }
        }
    }

    private static void Digits(string field, string value, int longest, FieldErrors errors, string message)
    {
        if (value.Length > longest || value.AsSpan().IndexOfAnyExceptInRange('0', '9') >= 0)
        {
            errors.Add(field, message);
        }
    }
}
