using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Gateway.Server.Routing;

/// <summary>
/// A rule of the dial plan ready to be asked: its pattern compiled once for as long as the rule stands. Regular expressions run
/// without backtracking, so that no number makes one slow (THREATS 43). Thread-safe.
/// </summary>
internal sealed class CompiledRule
{
    private static readonly ConditionalWeakTable<DialRule, CompiledRule> s_known = [];

    private readonly Regex? _regex;

    private CompiledRule(DialRule rule)
    {
        Rule = rule;
        if (rule.Match == PatternKind.Regex) _ = TryCompile(rule.Pattern, out _regex, out _);
    }

    public DialRule Rule { get; }

    public static CompiledRule Of(DialRule rule) => s_known.GetValue(rule, static rule => new CompiledRule(rule));

    /// <summary>The whole number must match, whatever anchors the pattern has.</summary>
    public static bool TryCompile(string pattern, out Regex? regex, out string error)
    {
        regex = null;
        error = "";
        try
        {
            // By itself first: a bracket too many must not reach the brackets around it.
            _ = new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            regex = new Regex($@"\A(?:{pattern})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            return true;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            error = e.Message;
            return false;
        }
    }

    /// <summary>Whether the rule is for this caller and this moment; else why not.</summary>
    public bool IsFor(Caller caller, DateTimeOffset utcNow, out string whyNot)
    {
        whyNot = "";
        if (!Rule.From.IsDefaultOrEmpty && !Rule.From.Contains(caller.Kind)) whyNot = $"it is not for calls from {Words.Of(caller.Kind)}";
        else if (!Rule.Sources.IsDefaultOrEmpty && !Rule.Sources.Contains(caller.Id)) whyNot = "it is for other callers";
        else if (!TimeWindows.Contains(Rule.When, Rule.TimeZone, utcNow)) whyNot = $"it is outside its hours ({Rule.TimeZone})";
        return whyNot.Length == 0;
    }

    /// <summary>Null when the number is not the rule's.</summary>
    public Rewrite? Match(PhoneNumber number)
    {
        var text = number.Class == NumberClass.Emergency ? number.Outgoing : number.Comparable;
        switch (Rule.Match)
        {
            case PatternKind.Prefix:
                return text.StartsWith(Rule.Pattern, StringComparison.Ordinal) ? Strip(text) : null;
            case PatternKind.Exact:
                return text.Equals(Rule.Pattern, StringComparison.Ordinal) ? Strip(text) : null;
        }
        if (_regex?.Match(text) is not { Success: true } match) return null;
        if (Rule.Prepend.Length == 0) return Strip(text);
        return new Rewrite(match.Result(Rule.Prepend), [.. match.Groups.Values.Skip(1).Where(static group => group.Success).Select(static group => group.Value)]);
    }

    /// <summary>What a forward dials: $1 in its number stands for what the rule's expression found.</summary>
    public Rewrite Forward(string to, PhoneNumber number)
    {
        if (!to.Contains('$', StringComparison.Ordinal) || _regex is null) return new Rewrite(to, []);
        var match = _regex.Match(number.Comparable);
        return new Rewrite(match.Result(to), [.. match.Groups.Values.Skip(1).Where(static group => group.Success).Select(static group => group.Value)]);
    }

    /// <summary>A plus falls with the first digit, and where something is put before it.</summary>
    private Rewrite Strip(string text)
    {
        var prepend = Rule.Match == PatternKind.Regex ? "" : Rule.Prepend;
        var start = text.StartsWith('+') && (Rule.Strip > 0 || prepend.Length > 0) ? 1 : 0;
        var rest = text[Math.Min(text.Length, start + Math.Max(0, Rule.Strip))..];
        return new Rewrite(prepend + rest, [rest]);
    }
}

/// <param name="Number">What is passed on.</param>
/// <param name="FromCaller">The parts of it that the caller chose: each must be within the caller's rights.</param>
internal sealed record Rewrite(string Number, IReadOnlyList<string> FromCaller);
