using System.Collections.Frozen;

namespace Gateway.Server.Routing;

/// <summary>
/// Country code 1 is shared: these area codes of it belong to islands that are billed as foreign countries, and are a common
/// target of toll fraud (THREATS 28), though they look like national numbers.
/// </summary>
internal static class NorthAmerica
{
    private static readonly FrozenSet<string> s_abroad = FrozenSet.ToFrozenSet(
    [
        "242", "246", "264", "268", "284", "345", "441", "473", "649", "658", "664", "721", "758", "767", "784", "809", "829",
        "849", "868", "869", "876",
    ], StringComparer.Ordinal);

    /// <param name="e164">Begins with +1.</param>
    public static bool IsAbroad(string e164) => e164.Length >= 5 && s_abroad.GetAlternateLookup<ReadOnlySpan<char>>().Contains(e164.AsSpan(2, 3));
}
