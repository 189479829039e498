using System.Collections.Immutable;

namespace Gateway.Server.Accounts;

/// <summary>Someone in an account's own address book.</summary>
public sealed record PhoneContact
{
    public const int MostNumbers = 8;
    public const int LongestName = 80;
    public const int LongestNumber = 128;

    /// <summary>Of one account.</summary>
    public const int Most = 5000;

    public required Guid Id { get; init; }

    public required Guid Account { get; init; }

    public required string Name { get; init; }

    /// <summary>As typed: numbers, user names or SIP addresses. The first is the one that is dialled.</summary>
    public ImmutableArray<string> Numbers { get; init; } = [];

    public bool IsFavourite { get; init; }

    /// <summary>Null when it can be kept; else what to mend.</summary>
    public string? Complaint => this switch
    {
        { Name: var name } when string.IsNullOrWhiteSpace(name) => "A contact needs a name.",
        { Name.Length: > LongestName } => $"A name has at most {LongestName} characters.",
        { Numbers.IsEmpty: true } => "A contact needs a number.",
        { Numbers.Length: > MostNumbers } => $"A contact has at most {MostNumbers} numbers.",
        _ when Numbers.Any(number => number.Length is 0 or > LongestNumber || number.Any(char.IsControl)) => $"A number has 1 to {LongestNumber} characters.",
        _ when Name.Any(char.IsControl) => "A name cannot hold control characters.",
        _ => null,
    };
}
