using System.Text;

namespace Gateway.Sip;

/// <summary>The comparison rules for parameters and headers of URIs (RFC 3261 §19.1.4) and for numbers (RFC 3966 §4).</summary>
internal static class UriComparison
{
    /// <summary>Parameters in both must match; of those in one only, some never match and the others are ignored.</summary>
    public static bool SameParameters(string a, string b)
    {
        if (a.Length == 0 && b.Length == 0)
        {
            return true;
        }
        var left = Map(a, ';');
        var right = Map(b, ';');
        return Covers(left, right) && Covers(right, left);
    }

    /// <summary>Headers are never ignored: each must be in both, with the same value.</summary>
    public static bool SameHeaders(string a, string b)
    {
        if (a.Length == 0 && b.Length == 0)
        {
            return true;
        }
        var left = Map(a, '&');
        var right = Map(b, '&');
        return left.Count == right.Count && left.All(header => right.TryGetValue(header.Key, out var value) && header.Value == value);
    }

    /// <summary>Numbers without their visual separators, both global or both local, and the same set of parameters.</summary>
    public static bool SameNumber(SipUri a, SipUri b)
    {
        if (!string.Equals(Digits(a.User), Digits(b.User), StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }
        var left = Map(a.Parameters, ';');
        var right = Map(b.Parameters, ';');
        return left.Count == right.Count && left.All(parameter => right.TryGetValue(parameter.Key, out var value)
            && string.Equals(Value(parameter.Key, parameter.Value), Value(parameter.Key, value), StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>The number without visual separators.</summary>
    public static string Digits(string? number)
    {
        var digits = new StringBuilder(number?.Length ?? 0);
        foreach (var c in number ?? "")
        {
            if (c is not ('-' or '.' or '(' or ')'))
            {
                digits.Append(c);
            }
        }
        return digits.ToString();
    }

    // Only numbers have separators: a context that is a domain, and isub, are compared as they are.
    private static string Value(string name, string value)
        => name.Equals("ext", StringComparison.OrdinalIgnoreCase)
            || (name.Equals("phone-context", StringComparison.OrdinalIgnoreCase) && value.StartsWith('+'))
            ? Digits(value)
            : value;

    private static bool Covers(Dictionary<string, string> a, Dictionary<string, string> b)
    {
        foreach (var (name, value) in a)
        {
            if (b.TryGetValue(name, out var other))
            {
                if (!value.Equals(other, StringComparison.OrdinalIgnoreCase))
                {
                    return false;
                }
            }
            else if (name.ToLowerInvariant() is "user" or "ttl" or "method" or "maddr" or "transport")
            {
                // transport stands in the text of §19.1.4 above its list: one with and one without it do not match.
                return false;
            }
        }
        return true;
    }

    private static Dictionary<string, string> Map(string raw, char separator)
    {
        var map = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in UriText.Parts(raw, separator))
        {
            map.TryAdd(UriText.Unescape(name), UriText.Unescape(value));
        }
        return map;
    }
}
