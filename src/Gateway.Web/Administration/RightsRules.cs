using Gateway.Server.Routing;

namespace Gateway.Web.Administration;

/// <summary>What may stand in the rights of an account or a trunk.</summary>
internal static class RightsRules
{
    public static void Check(string field, CallRights rights, FieldErrors errors)
    {
        Prefixes($"{field}.allowedPrefixes", rights.AllowedPrefixes, errors);
        Prefixes($"{field}.deniedPrefixes", rights.DeniedPrefixes, errors);
        errors.Range($"{field}.maxCalls", rights.MaxCalls, 0, 100_000);
        errors.Range($"{field}.maxMinutesPerDay", rights.MaxMinutesPerDay, 0, 10_000_000);
        errors.Range($"{field}.maxCallSeconds", rights.MaxCallSeconds, 0, 7 * 24 * 3600);
    }

    public static void Prefixes(string field, IReadOnlyList<string> prefixes, FieldErrors errors)
    {
        errors.Count(field, prefixes, 1000);
        for (var i = 0; i < prefixes.Count; i++)
        {
            if (!(prefixes[i] is ['+', _, ..] && prefixes[i].Length <= 16 && prefixes[i].AsSpan(1).IndexOfAnyExceptInRange('0', '9') < 0))
            {
                errors.Add($"{field}[{i}]", "A plus and digits, such as +4930.");
            }
        }
    }
}
