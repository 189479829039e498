using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Gateway.Sip;

/// <summary>
/// The substitution of a NAPTR record (RFC 3402 §3.2): <c>!^\+49(.*)$!sip:\1@example.com!</c>. Strangers write it, so it runs
/// without backtracking and within limits (THREATS 43): what needs more is no substitution.
/// </summary>
public sealed class NaptrExpression
{
    /// <summary>Counted repetition unrolls into states: more says nothing about numbers of 15 digits.</summary>
    private const int MostRepeats = 30;

    private const int LongestResult = 512;

    private readonly Regex _pattern;
    private readonly string _replacement;

    private NaptrExpression(Regex pattern, string replacement)
    {
        _pattern = pattern;
        _replacement = replacement;
    }

    /// <param name="text">delimiter, POSIX extended expression, delimiter, replacement, delimiter, flags.</param>
    /// <param name="error">What is wrong with it, in words.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out NaptrExpression? expression, out string error)
    {
        ArgumentNullException.ThrowIfNull(text);
        expression = null;
        error = "it has not the form !expression!replacement!";
        // §3.2: the delimiter is none of the digits, the backslash and the flag.
        if (text.Length < 4 || text[0] is (>= '0' and <= '9') or '\\' or 'i' or '\0' || !Split(text, out var pattern, out var replacement, out var flags))
        {
            return false;
        }

        if (flags is not ("" or "i"))
        {
            error = $"it has the unknown flags {flags}";
            return false;
        }

        if (!TryTranslate(pattern, out var translated))
        {
            error = "its expression asks for what a number never needs";
            return false;
        }

        try
        {
            var regex = new Regex(translated, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | (flags == "i" ? RegexOptions.IgnoreCase : RegexOptions.None));
            if (Highest(replacement) > regex.GetGroupNumbers().Length - 1)
            {
                error = "its replacement names a group that the expression has not";
                return false;
            }

            expression = new NaptrExpression(regex, replacement);
            return true;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            error = "its expression cannot be read";
            return false;
        }
    }

    /// <summary>What the number becomes; null when the expression does not match it.</summary>
    public string? Apply(string number)
    {
        if (_pattern.Match(number) is not { Success: true } match)
        {
            return null;
        }

        var result = new StringBuilder();
        for (var i = 0; i < _replacement.Length && result.Length <= LongestResult; i++)
        {
            if (_replacement[i] != '\\' || ++i == _replacement.Length)
            {
                result.Append(_replacement[Math.Min(i, _replacement.Length - 1)]);
            }
            else if (char.IsAsciiDigit(_replacement[i]))
            {
                result.Append(match.Groups[_replacement[i] - '0'].ValueSpan);
            }
            else
            {
                result.Append(_replacement[i]);
            }
        }

        return result.Length <= LongestResult ? result.ToString() : null;
    }

    /// <summary>An escaped delimiter is the character itself (§3.2).</summary>
    private static bool Split(string text, out string pattern, out string replacement, out string flags)
    {
        (pattern, replacement, flags) = ("", "", "");
        var delimiter = text[0];
        var parts = new List<string>();
        var part = new StringBuilder();
        for (var i = 1; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length)
            {
                i++;
                if (text[i] != delimiter)
                {
                    part.Append('\\');
                }

                part.Append(text[i]);
            }
            else if (text[i] == delimiter && parts.Count < 2)
            {
                parts.Add(part.ToString());
                part.Clear();
            }
            else
            {
                part.Append(text[i]);
            }
        }

        if (parts.Count < 2 || parts[0].Length == 0)
        {
            return false;
        }

        (pattern, replacement, flags) = (parts[0], parts[1], part.ToString());
        return true;
    }

    /// <summary>
    /// POSIX into what the framework reads: named classes, a backslash that means itself in brackets, and the plus that many
    /// write behind ^ without escaping it, where it can only mean the plus of the number.
    /// </summary>
    private static bool TryTranslate(string pattern, out string translated)
    {
        translated = "";
        if (pattern.Contains("(?", StringComparison.Ordinal) || RepeatsTooOften(pattern))
        {
            return false;
        }

        var text = new StringBuilder(pattern.Replace("[:digit:]", "0-9", StringComparison.Ordinal).Replace("[:alnum:]", "0-9A-Za-z", StringComparison.Ordinal)
            .Replace("[:alpha:]", "A-Za-z", StringComparison.Ordinal));
        if (text.Length > 1 && text[0] == '^' && text[1] is '+' or '*')
        {
            text.Insert(1, '\\');
        }

        var inBrackets = false;
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '\\' when inBrackets:
                    text.Insert(i++, '\\');
                    break;
                case '\\':
                    i++;
                    break;
                case '[' when inBrackets:
                    // The framework would subtract one class from another.
                    text.Insert(i++, '\\');
                    break;
                case '[':
                    inBrackets = true;
                    // ] is itself when it comes first (POSIX 9.3.5).
                    if (i + 1 < text.Length && text[i + 1] == '^')
                    {
                        i++;
                    }

                    if (i + 1 < text.Length && text[i + 1] == ']')
                    {
                        text.Insert(++i, '\\');
                        i++;
                    }

                    break;
                case ']':
                    inBrackets = false;
                    break;
            }
        }

        translated = text.ToString();
        return !inBrackets;
    }

    private static bool RepeatsTooOften(string pattern)
    {
        foreach (var count in Regex.EnumerateMatches(pattern, "[0-9]+", RegexOptions.NonBacktracking))
        {
            if (count.Index > 0 && pattern[count.Index - 1] is '{' or ',' && pattern.AsSpan(count.Index + count.Length) is ['}' or ',', ..]
                && (!int.TryParse(pattern.AsSpan(count.Index, count.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var repeats) || repeats > MostRepeats))
            {
                return true;
            }
        }

        return false;
    }

    private static int Highest(string replacement)
    {
        var highest = 0;
        for (var i = 0; i + 1 < replacement.Length; i++)
        {
            if (replacement[i] == '\\')
            {
                i++;
                highest = char.IsAsciiDigit(replacement[i]) ? Math.Max(highest, replacement[i] - '0') : highest;
            }
        }

        return highest;
    }
}
