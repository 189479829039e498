namespace Gateway.Server.Routing;

/// <summary>What was dialled and what it means here; made by <see cref="NumberNormaliser"/>.</summary>
/// <param name="Dialled">As dialled, a telephone number without visual separators.</param>
/// <param name="E164">+ and up to 15 digits; null for what has no such form: names, short and star codes, extensions.</param>
public sealed record PhoneNumber(string Dialled, string? E164, NumberClass Class)
{
    /// <summary>What rules and prefixes are compared with.</summary>
    public string Comparable => E164 ?? Dialled;

    /// <summary>What a trunk is asked for: E.164, or what was dialled; of an emergency or short code the code alone.</summary>
    public string Outgoing { get; init; } = E164 ?? Dialled;

    /// <summary>Why it can be nobody's number, in words; null when it can.</summary>
    public string? Problem { get; init; }

    /// <summary>True for digits, with or without plus, star and hash; false for a name.</summary>
    public bool IsNumber { get; init; } = true;
}
