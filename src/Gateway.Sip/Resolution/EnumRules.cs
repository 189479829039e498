using System.Collections.Immutable;

namespace Gateway.Sip;

/// <summary>What the NAPTR records of a number say.</summary>
/// <param name="Uris">sip, sips and tel URIs in the order to be tried; empty when there is none.</param>
/// <param name="Next">The name that a non-terminal record points to; null when there is nothing more to ask.</param>
/// <param name="Steps">What was made of each record, for people.</param>
public sealed record EnumResult(ImmutableArray<SipUri> Uris, string? Next, ImmutableArray<string> Steps);

/// <summary>
/// Reads the NAPTR records of a telephone number (RFC 6116 §3.4, RFC 3403 §4): those that lead to SIP, by order and
/// preference. No record of a higher order counts once one of a lower order was of use.
/// </summary>
public static class EnumRules
{
    /// <param name="e164">+ and digits: what the expressions are applied to (RFC 6116 §3.1).</param>
    public static EnumResult Read(string e164, DnsAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        List<string> steps = [];
        List<SipUri> uris = [];
        int? order = null;
        foreach (var record in answer.Records.OfType<NaptrRecord>().OrderBy(record => record.Order).ThenBy(record => record.Preference).Take(DnsLimits.Naptr))
        {
            if (order is { } used && record.Order > used)
            {
                break;
            }

            if (record.Flags.Length == 0 && record.Regexp.Length == 0 && record.Replacement.Length > 0)
            {
                // §5.2.1: a rule that is not the last one leads to another name. What came before it goes first.
                if (uris.Count > 0)
                {
                    continue;
                }

                steps.Add($"{Shown(record)} leads on to {record.Replacement}");
                return new EnumResult([], record.Replacement, [.. steps]);
            }

            if (TryUse(record, e164, out var uri, out var why))
            {
                order = record.Order;
                uris.Add(uri!);
            }

            steps.Add($"{Shown(record)}: {why}");
        }

        return new EnumResult([.. uris.Distinct()], null, [.. steps]);
    }

    private static bool TryUse(NaptrRecord record, string e164, out SipUri? uri, out string why)
    {
        uri = null;
        if (!record.Flags.Equals("u", StringComparison.OrdinalIgnoreCase))
        {
            why = $"flag \"{record.Flags}\" is none of ENUM";
            return false;
        }

        if (!IsCall(record.Services))
        {
            why = "no service that is a call by SIP";
            return false;
        }

        if (!NaptrExpression.TryParse(record.Regexp, out var expression, out why))
        {
            return false;
        }

        if (expression.Apply(e164) is not { } text)
        {
            why = "its expression does not match the number";
            return false;
        }

        // sip, sips and tel are all that the parser takes.
        if (!SipUri.TryParse(text, out uri) || (uri.Scheme != SipScheme.Tel && uri.Host.Length == 0))
        {
            why = "its result is no SIP address";
            return false;
        }

        why = uri.ToString();
        return true;
    }

    /// <summary>§3.4.3: "E2U" and enumservices, each a type with subtypes: +sip (RFC 3764), +pstn:sip (RFC 4769), +tel, +pstn:tel.</summary>
    private static bool IsCall(string services)
    {
        var parts = services.Split('+');
        return parts[0].Equals("E2U", StringComparison.OrdinalIgnoreCase)
            && parts.Skip(1).Any(part => part.Split(':').Any(type => type.Equals("sip", StringComparison.OrdinalIgnoreCase) || type.Equals("tel", StringComparison.OrdinalIgnoreCase)));
    }

    private static string Shown(NaptrRecord record) => $"NAPTR {record.Order} {record.Preference} {(record.Services.Length > 0 ? record.Services : "without service")}";
}
