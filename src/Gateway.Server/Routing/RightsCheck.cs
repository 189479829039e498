using System.Collections.Immutable;

namespace Gateway.Server.Routing;

/// <summary>What a caller's rights say to a number (THREATS 28): the longest prefix first, then the class. Pure.</summary>
internal static class RightsCheck
{
    /// <summary>Null when the call may be placed.</summary>
    public static RoutePlan.Reject? Refusal(CallRights rights, PhoneNumber number)
    {
        if (Denied(rights, number) is { } denied) return denied;
        if (Longest(rights.AllowedPrefixes, number.Comparable) > 0) return null;
        return number.Class switch
        {
            NumberClass.Internal when !rights.Internal => Refuse("Internal Calls Are Not Allowed", "rights_internal"),
            NumberClass.Emergency when !rights.Emergency => Refuse("Emergency Calls Are Not Allowed Here", "rights_emergency"),
            NumberClass.Short when !rights.Short => Refuse("Short Codes Are Not Allowed", "rights_short"),
            NumberClass.National when !rights.National => Refuse("National Calls Are Not Allowed", "rights_national"),
            NumberClass.International when !rights.International => Refuse("International Calls Are Not Allowed", "rights_international"),
            NumberClass.Premium when !rights.Premium => Refuse("Premium Numbers Are Not Allowed", "rights_premium"),
            _ => null,
        };
    }

    /// <summary>Only what the denied prefixes say; for callers whose PBX knows the rest.</summary>
    public static RoutePlan.Reject? Denied(CallRights rights, PhoneNumber number) =>
        Longest(rights.DeniedPrefixes, number.Comparable) is var denied and > 0 && denied >= Longest(rights.AllowedPrefixes, number.Comparable)
            ? Refuse("This Number Is Not Allowed", "rights_prefix")
            : null;

    private static RoutePlan.Reject Refuse(string reason, string label) => new(403, reason) { Label = label };

    private static int Longest(ImmutableArray<string> prefixes, string number)
    {
        var longest = 0;
        if (prefixes.IsDefaultOrEmpty) return longest;
        foreach (var prefix in prefixes)
        {
            if (prefix.Length > longest && number.StartsWith(prefix, StringComparison.Ordinal)) longest = prefix.Length;
        }
        return longest;
    }
}
