using System.Runtime.CompilerServices;

namespace Gateway.Server.Routing;

/// <summary>
/// Turns what people dial into E.164 (ITU-T E.164: at most 15 digits) by a number plan, and says what kind of number it is.
/// Emergency and short codes are compared first and never completed. Pure.
/// </summary>
public sealed class NumberNormaliser
{
    /// <summary>ITU-T E.164 §6: country code and national number together.</summary>
    public const int LongestE164 = 15;

    /// <summary>Digits that stay as dialled: extensions and codes of a PBX.</summary>
    private const int LongestDialled = 24;

    private static readonly ConditionalWeakTable<NumberPlan, NumberNormaliser> s_known = [];

    private readonly NumberPlan _plan;
    private readonly bool _isNorthAmerica;

    private NumberNormaliser(NumberPlan plan)
    {
        _plan = plan;
        _isNorthAmerica = plan.CountryCode == "1";
    }

    /// <summary>One for a plan's lifetime. Thread-safe.</summary>
    public static NumberNormaliser For(NumberPlan plan) => s_known.GetValue(plan, static plan => new NumberNormaliser(plan));

    /// <param name="dialled">A user part, unescaped, without URI parameters.</param>
    /// <param name="context">RFC 3966 §5.1.5: where a local number is valid; empty for here.</param>
    public PhoneNumber Read(string dialled, string context = "")
    {
        ArgumentNullException.ThrowIfNull(dialled);
        if (!TryCompact(dialled, out var number)) return new PhoneNumber(dialled, null, NumberClass.Internal) { IsNumber = false };
        if (_plan.Emergency.Contains(number)) return new PhoneNumber(number, null, NumberClass.Emergency);
        if (_plan.ShortCodes.Contains(number)) return new PhoneNumber(number, null, NumberClass.Short);
        if (number.AsSpan().ContainsAny('*', '#')) return StarCode(number);
        if (number.Length == 0 || number[1..].Contains('+', StringComparison.Ordinal)) return Bad(number, "is no telephone number");
        if (number[0] != '+' && !IsHere(context)) return Bad(number, $"is valid in {context} only (phone-context)");
        return Classify(number, Digits(number, out var isAbroad), isAbroad);
    }

    private PhoneNumber Classify(string number, string? digits, bool isAbroad)
    {
        if (digits is null)
        {
            return number.Length > LongestDialled
                ? Bad(number, $"has more than {LongestDialled} digits")
                : new PhoneNumber(number, null, isAbroad ? NumberClass.International : NumberClass.National);
        }
        if (digits.Length > LongestE164) return Bad(number, $"has more than {LongestE164} digits");
        // Country codes begin with 1 to 9.
        if (digits.Length == 0 || digits[0] == '0') return Bad(number, "has no country code");

        var e164 = $"+{digits}";
        // Phones and users put a country code or an outside-line prefix before an emergency number: it stays one.
        if (_plan.CountryCode.Length > 0 && digits.StartsWith(_plan.CountryCode, StringComparison.Ordinal)
            && digits[_plan.CountryCode.Length..] is var rest && _plan.Emergency.Contains(rest))
        {
            return new PhoneNumber(number, null, NumberClass.Emergency) { Outgoing = rest };
        }
        return new PhoneNumber(number, e164, ClassOf(e164));
    }

    /// <summary>Country code and national number, or null when the number stays as dialled.</summary>
    private string? Digits(string number, out bool isAbroad)
    {
        isAbroad = true;
        if (number[0] == '+') return number[1..];
        if (_plan.InternationalPrefix.Length > 0 && number.StartsWith(_plan.InternationalPrefix, StringComparison.Ordinal)) return number[_plan.InternationalPrefix.Length..];
        isAbroad = false;
        return _plan.CountryCode.Length > 0 && National(number) is { } national ? _plan.CountryCode + national : null;
    }

    private string? National(string number)
    {
        if (_isNorthAmerica) return NorthAmerican(number);
        if (_plan.NationalPrefix.Length > 0 && number.StartsWith(_plan.NationalPrefix, StringComparison.Ordinal))
        {
            // An extension may begin as the prefix does; a whole number is longer than that.
            return number.Length > _plan.NationalPrefix.Length + 2 ? number[_plan.NationalPrefix.Length..] : null;
        }
        if (_plan.AreaCode.Length > 0) return _plan.AreaCode + number;
        // Countries without area codes dial the national number as it is; shorter digits are extensions.
        return _plan.NationalPrefix.Length == 0 && number.Length >= 6 ? number : null;
    }

    /// <summary>Country code 1: the prefix is the country code, and a number is complete by its length.</summary>
    private string? NorthAmerican(string number) => number.Length switch
    {
        10 when number[0] != '1' => number,
        11 when number[0] == '1' => number[1..],
        7 when _plan.AreaCode.Length > 0 => _plan.AreaCode + number,
        _ => number[0] == '1' && _plan.Emergency.Contains(number[1..]) ? number[1..] : null,
    };

    private NumberClass ClassOf(string e164)
    {
        foreach (var prefix in _plan.PremiumPrefixes)
        {
            if (prefix.Length > 1 && e164.StartsWith(prefix, StringComparison.Ordinal)) return NumberClass.Premium;
        }
        var code = _plan.CountryCode;
        return code.Length > 0 && e164.AsSpan(1).StartsWith(code, StringComparison.Ordinal) && !(_isNorthAmerica && NorthAmerica.IsAbroad(e164))
            ? NumberClass.National
            : NumberClass.International;
    }

    /// <summary>
    /// A code goes out as dialled. What stands behind its last star or hash may be a number all the same (*31#0900…), and
    /// then the code is of that number's kind (THREATS 28).
    /// </summary>
    private PhoneNumber StarCode(string number)
    {
        if (number.Length > 2 * LongestDialled) return Bad(number, $"has more than {2 * LongestDialled} digits");
        var kind = NumberClass.Short;
        foreach (var part in number.Split('*', '#'))
        {
            if (part.Length < 3 || part.LastIndexOf('+') > 0) continue;
            if (_plan.Emergency.Contains(part)) continue;
            var inner = Classify(part, Digits(part, out var isAbroad), isAbroad);
            if (inner.Problem is not null) kind = NumberClass.International > kind ? NumberClass.International : kind;
            else if (inner.E164 is not null && inner.Class > kind) kind = inner.Class;
        }
        return new PhoneNumber(number, null, kind);
    }

    /// <summary>
    /// RFC 3966 §5.1.5: who places a call to a local number must understand its context. Ours are our country and our area;
    /// our own domains were told apart before.
    /// </summary>
    private bool IsHere(string context) => context.Length == 0
        || (context[0] == '+' && _plan.CountryCode.Length > 0 && TryCompact(context, out var digits)
            && digits.Length > 1 && $"+{_plan.CountryCode}{_plan.AreaCode}".StartsWith(digits, StringComparison.Ordinal)
            && digits.Length > _plan.CountryCode.Length);

    private static PhoneNumber Bad(string number, string problem) => new(number, null, NumberClass.International) { Problem = $"{number} {problem}" };

    /// <summary>RFC 3966 §5.1.1: visual separators mean nothing. False for what holds anything but a number.</summary>
    internal static bool TryCompact(ReadOnlySpan<char> text, out string number)
    {
        number = "";
        Span<char> kept = stackalloc char[64];
        var length = 0;
        foreach (var c in text)
        {
            if (c is '-' or '.' or '(' or ')' or ' ') continue;
            if (!char.IsAsciiDigit(c) && c is not ('+' or '*' or '#') || length == kept.Length) return false;
            kept[length++] = c;
        }
        number = new string(kept[..length]);
        return length > 0;
    }
}
