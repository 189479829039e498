using System.Globalization;
using System.Text;

namespace Gateway.Sip;

/// <summary>
/// What a contact can do, or what a caller asks for: the feature parameters of RFC 3840 §9 as a conjunction of tags, matched
/// as RFC 2533 has it (RFC 3841 §7.2.4 and §8). Parameters that are no feature tag are passed over.
/// </summary>
public sealed class FeatureSet
{
    /// <summary>Tags of one set that are looked at; RFC 3841 §11 fears requests that cost too much to match.</summary>
    private const int MostTags = 32;

    private static readonly HashSet<string> s_base = new(StringComparer.OrdinalIgnoreCase)
    {
        "audio", "automata", "class", "duplex", "data", "control", "mobility", "description", "events", "priority", "methods",
        "extensions", "schemes", "application", "video", "isfocus", "actor", "text",
    };

    private readonly Dictionary<string, FeatureValue[]> _tags;

    private FeatureSet(Dictionary<string, FeatureValue[]> tags) => _tags = tags;

    /// <summary>How many tags it names; a contact without any is immune to caller preferences (RFC 3841 §7.2.3).</summary>
    public int Count => _tags.Count;

    /// <summary>The feature parameters among these.</summary>
    /// <param name="parameters">Header parameters as written, with their leading semicolon.</param>
    public static FeatureSet Parse(ReadOnlySpan<byte> parameters)
    {
        var tags = new Dictionary<string, FeatureValue[]>(StringComparer.OrdinalIgnoreCase);
        var reader = new ParameterReader(parameters);
        while (tags.Count < MostTags && reader.Next())
        {
            if (TagOf(Encoding.UTF8.GetString(reader.Name)) is { } name)
            {
                // Of video and +sip.video the first stands (RFC 3841 §7.2.3).
                tags.TryAdd(name, Values(QuotedText.Unescape(reader.Value)));
            }
        }

        return new FeatureSet(tags);
    }

    /// <summary>A set of one tag with one value.</summary>
    public static FeatureSet Of(string tag, string value) =>
        new(new Dictionary<string, FeatureValue[]>(StringComparer.OrdinalIgnoreCase) { [tag] = Values(value) });

    /// <summary>True when something could be both: a tag that only one of them names keeps them together.</summary>
    public bool Matches(FeatureSet other)
    {
        ArgumentNullException.ThrowIfNull(other);
        foreach (var (name, values) in other._tags)
        {
            if (_tags.TryGetValue(name, out var own) && !Meet(own, values))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>True when each tag of the other one is named here, whatever its value.</summary>
    public bool Names(FeatureSet other)
    {
        ArgumentNullException.ThrowIfNull(other);
        foreach (var name in other._tags.Keys)
        {
            if (!_tags.ContainsKey(name))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>How many of the other one's tags are named here, 0 to 1; 1 when it asks for nothing.</summary>
    public double Score(FeatureSet asked)
    {
        ArgumentNullException.ThrowIfNull(asked);
        var named = 0;
        foreach (var name in asked._tags.Keys)
        {
            named += _tags.ContainsKey(name) ? 1 : 0;
        }

        return asked._tags.Count == 0 ? 1 : (double)named / asked._tags.Count;
    }

    private static bool Meet(FeatureValue[] a, FeatureValue[] b)
    {
        foreach (var one in a)
        {
            foreach (var other in b)
            {
                if (one.Meets(other))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>The tag in the form of RFC 2506; null for a parameter that is no feature.</summary>
    private static string? TagOf(string parameter) =>
        parameter.StartsWith('+') ? parameter[1..].Replace('!', ':').Replace('\'', '/')
        : s_base.Contains(parameter) ? $"sip.{parameter}"
        : parameter.Equals("language", StringComparison.OrdinalIgnoreCase) || parameter.Equals("type", StringComparison.OrdinalIgnoreCase) ? parameter
        : null;

    private static FeatureValue[] Values(string text)
    {
        if (text.Length == 0)
        {
            return [FeatureValue.Token("TRUE", isNot: false)];
        }

        return text is ['<', .., '>']
            ? [FeatureValue.Exact(text[1..^1])]
            : Array.ConvertAll(text.Split(',', MostTags, StringSplitOptions.TrimEntries), FeatureValue.Parse);
    }
}

/// <summary>One term of a feature tag: a word, a string, or a range of numbers; perhaps negated.</summary>
internal readonly record struct FeatureValue(string? Text, bool IsExact, double Low, double High, bool IsNot)
{
    public static FeatureValue Token(string text, bool isNot) => new(text, false, 0, 0, isNot);

    public static FeatureValue Exact(string text) => new(text, true, 0, 0, false);

    /// <summary>RFC 3840 §9: "!" negates, "#" begins a number; what is written wrongly is a word.</summary>
    public static FeatureValue Parse(string text)
    {
        var isNot = text.StartsWith('!');
        var rest = isNot ? text[1..] : text;
        if (rest is not ['#', .. var number])
        {
            return Token(rest, isNot);
        }

        if (number.StartsWith(">=", StringComparison.Ordinal) && Number(number[2..]) is { } least)
        {
            return new FeatureValue(null, false, least, double.PositiveInfinity, isNot);
        }

        if (number.StartsWith("<=", StringComparison.Ordinal) && Number(number[2..]) is { } most)
        {
            return new FeatureValue(null, false, double.NegativeInfinity, most, isNot);
        }

        if (number.StartsWith('=') && Number(number[1..]) is { } exact)
        {
            return new FeatureValue(null, false, exact, exact, isNot);
        }

        var colon = number.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && Number(number[..colon]) is { } low && Number(number[(colon + 1)..]) is { } high
            ? new FeatureValue(null, false, low, high, isNot)
            : Token(rest, isNot);
    }

    /// <summary>True when some value satisfies both.</summary>
    public bool Meets(FeatureValue other) => (IsNot, other.IsNot) switch
    {
        (true, true) => true,
        (true, false) => !IsCovered(other, this),
        (false, true) => !IsCovered(this, other),
        _ => IsSame(other),
    };

    private bool IsSame(FeatureValue other) =>
        Text is null || other.Text is null ? Text is null && other.Text is null && Low <= other.High && other.Low <= High
        : IsExact == other.IsExact && Text.Equals(other.Text, IsExact ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase);

    /// <summary>Every value of the one is a value of the other.</summary>
    private static bool IsCovered(FeatureValue inner, FeatureValue outer) =>
        inner.Text is null && outer.Text is null ? inner.Low >= outer.Low && inner.High <= outer.High : inner.IsSame(outer);

    private static double? Number(string text) =>
        double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) ? value : null;
}
