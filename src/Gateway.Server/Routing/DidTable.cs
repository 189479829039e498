using Gateway.Server.Trunks;

namespace Gateway.Server.Routing;

/// <summary>Finds the DID that a trunk called, however the trunk and the operator write numbers. Pure.</summary>
internal static class DidTable
{
    /// <summary>The first entry that matches; null when the number is not one of the trunk's.</summary>
    public static DidEntry? Find(Trunk trunk, PhoneNumber called, NumberNormaliser numbers)
    {
        foreach (var entry in trunk.Dids)
        {
            if (entry.Number.EndsWith('*') ? IsPrefix(entry.Number[..^1], called) : IsSame(entry.Number, called, numbers)) return entry;
        }

        return null;
    }

    private static bool IsSame(string entry, PhoneNumber called, NumberNormaliser numbers)
    {
        if (entry.Equals(called.Dialled, StringComparison.OrdinalIgnoreCase)) return true;
        var known = numbers.Read(entry);
        return known.E164 is { } e164 && (e164 == called.E164 || e164 == Plus(called));
    }

    private static bool IsPrefix(string prefix, PhoneNumber called) =>
        called.Dialled.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)
        || (called.E164 is { } e164 && e164.StartsWith(prefix, StringComparison.Ordinal))
        || (prefix.StartsWith('+') && Plus(called) is { } plus && plus.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>Carriers often leave the plus of E.164 away.</summary>
    private static string? Plus(PhoneNumber called) => called.Dialled.Length > 0 && char.IsAsciiDigit(called.Dialled[0]) && called.Dialled[0] != '0' ? $"+{called.Dialled}" : null;
}
