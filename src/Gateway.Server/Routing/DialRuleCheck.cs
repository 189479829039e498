using System.Buffers;
using System.Globalization;
using System.Text.RegularExpressions;
using Gateway.Server.Configuration;

namespace Gateway.Server.Routing;

/// <summary>
/// What is wrong with a rule of the dial plan before it is saved: a pattern that does not compile without backtracking, a
/// replacement without its group, a pattern that no number can have. All faults at once. Pure.
/// </summary>
public static class DialRuleCheck
{
    public const int LongestPattern = 200;

    private const int LongestPrepend = 64;

    /// <summary>Counted repetition unrolls into states: more says nothing about numbers of 15 digits.</summary>
    private const int MostRepeats = 30;

    private static readonly SearchValues<char> s_dialled = SearchValues.Create("0123456789+*#");

    private static readonly SearchValues<char> s_separators = SearchValues.Create(" -.()/");

    /// <param name="rule">As it would be saved.</param>
    /// <param name="numbers">The plan that numbers are read by before rules see them.</param>
    public static IReadOnlyList<ConfigurationFault> Check(DialRule rule, NumberPlan numbers)
    {
        ArgumentNullException.ThrowIfNull(rule);
        ArgumentNullException.ThrowIfNull(numbers);
        var faults = new List<ConfigurationFault>();
        var groups = Pattern(rule, numbers, faults);
        Rewriting(rule, groups, faults);
        if (rule.To is Destination.ToNumber to) References(to.Number, groups, "to.number", faults);
        return faults;
    }

    /// <summary>Groups that the expression has; 0 for the other kinds.</summary>
    private static int Pattern(DialRule rule, NumberPlan numbers, List<ConfigurationFault> faults)
    {
        if (rule.Pattern.Length > LongestPattern)
        {
            faults.Add(new("pattern", $"A pattern may have {LongestPattern} characters at most. Use several rules."));
            return 0;
        }

        if (rule.Match == PatternKind.Regex)
        {
            return Expression(rule.Pattern, faults);
        }

        if (rule.Pattern.Length == 0 && rule.Match == PatternKind.Exact)
        {
            faults.Add(new("pattern", "Write the number that this rule is for, e.g. +49301234."));
        }
        else if (rule.Pattern.AsSpan().ContainsAny(s_separators))
        {
            faults.Add(new("pattern", "Numbers are compared without spaces, dashes and brackets: leave them out."));
        }
        else if (numbers.CountryCode.Length > 0 && Unreachable(rule.Pattern, numbers) is { } better)
        {
            faults.Add(new("pattern", $"Numbers are compared in their international form, so this never matches. Write {better} instead.") { IsAdvice = true });
        }

        return 0;
    }

    private static int Expression(string pattern, List<ConfigurationFault> faults)
    {
        if (pattern.Length == 0)
        {
            faults.Add(new("pattern", "Write a regular expression, e.g. \\+4930(\\d+)."));
            return 0;
        }

        foreach (var count in Regex.EnumerateMatches(pattern, @"\{(\d+)(,\d*)?\}", RegexOptions.NonBacktracking))
        {
            var numbers = pattern.Substring(count.Index + 1, count.Length - 2);
            foreach (var digits in numbers.Split(',', StringSplitOptions.RemoveEmptyEntries))
            {
                if (!int.TryParse(digits, CultureInfo.InvariantCulture, out var repeats) || repeats > MostRepeats)
                {
                    faults.Add(new("pattern", $"{{{numbers}}} repeats too often: {MostRepeats} is the most, a number has 15 digits."));
                    return 0;
                }
            }
        }

        if (!CompiledRule.TryCompile(pattern, out var regex, out var error))
        {
            faults.Add(new("pattern", $"This expression cannot be used: {error} Look-around, back-references and atomic groups are not available."));
            return 0;
        }

        return regex!.GetGroupNumbers().Length - 1;
    }

    private static void Rewriting(DialRule rule, int groups, List<ConfigurationFault> faults)
    {
        if (rule.Strip is < 0 or > NumberNormaliser.LongestE164) faults.Add(new("strip", $"Between 0 and {NumberNormaliser.LongestE164} digits can be taken off."));
        if (rule.Match == PatternKind.Regex && rule.Strip > 0 && rule.Prepend.Length > 0)
        {
            faults.Add(new("strip", "With a regular expression the replacement says everything: set this to 0 and use groups, e.g. $1."));
        }

        if (rule.Prepend.Length > LongestPrepend) faults.Add(new("prepend", $"{LongestPrepend} characters are the most."));
        else if (rule.Match == PatternKind.Regex) References(rule.Prepend, groups, "prepend", faults);
        else if (rule.Prepend.AsSpan().ContainsAnyExcept(s_dialled)) faults.Add(new("prepend", "Only digits, +, * and # can be put before a number."));
    }

    /// <summary>$1 to $9 and what stands literally; the framework would read more.</summary>
    internal static void References(string text, int groups, string field, List<ConfigurationFault> faults)
    {
        for (var at = text.IndexOf('$', StringComparison.Ordinal); at >= 0; at = text.IndexOf('$', at + 1))
        {
            var digit = at + 1 < text.Length ? text[at + 1] - '0' : -1;
            if (digit is < 1 or > 9 || (at + 2 < text.Length && char.IsAsciiDigit(text[at + 2])))
            {
                faults.Add(new(field, "After $ stands the number of a group, $1 to $9, and no other digit behind it."));
                return;
            }

            if (digit > groups)
            {
                faults.Add(new(field, groups == 0 ? $"${digit} stands for a group in brackets, and the pattern has none." : $"${digit} is not there: the pattern has {groups} groups in brackets."));
                return;
            }
        }
    }

    /// <summary>What the pattern of a national number would have to be; null when it can match.</summary>
    private static string? Unreachable(string pattern, NumberPlan numbers)
    {
        if (numbers.Emergency.Contains(pattern) || numbers.ShortCodes.Contains(pattern) || !pattern.AsSpan().ContainsAnyInRange('0', '9')) return null;
        if (numbers.InternationalPrefix.Length > 0 && pattern.StartsWith(numbers.InternationalPrefix, StringComparison.Ordinal)) return $"+{pattern[numbers.InternationalPrefix.Length..]}";
        return numbers.CountryCode != "1" && numbers.NationalPrefix.Length > 0 && pattern.StartsWith(numbers.NationalPrefix, StringComparison.Ordinal)
            ? $"+{numbers.CountryCode}{pattern[numbers.NationalPrefix.Length..]}"
            : null;
    }
}
