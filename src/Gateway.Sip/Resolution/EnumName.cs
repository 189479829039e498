using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Gateway.Sip;

/// <summary>The name under which DNS keeps a telephone number (RFC 6116 §3.2): its digits from the last to the first, below an apex.</summary>
public static class EnumName
{
    /// <summary>Digits of an E.164 number.</summary>
    private const int MostDigits = 15;

    /// <param name="e164">+ and digits; nothing else is ever asked for (RFC 6116 §3.7).</param>
    /// <param name="apex">e164.arpa, or the tree of a private numbering plan.</param>
    public static bool TryMake(string e164, string apex, [NotNullWhen(true)] out string? name)
    {
        ArgumentNullException.ThrowIfNull(e164);
        ArgumentNullException.ThrowIfNull(apex);
        name = null;
        var digits = e164.AsSpan();
        if (digits.Length is < 3 or > MostDigits + 1 || digits[0] != '+' || digits[1..].ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        var text = new StringBuilder(2 * digits.Length + apex.Length);
        for (var i = digits.Length - 1; i > 0; i--)
        {
            text.Append(digits[i]).Append('.');
        }

        return DnsName.TryNormalize(text.Append(apex).ToString(), out name);
    }
}
