using Gateway.Server.Routing;
using Gateway.Testing;
using static Gateway.Server.Tests.Routing.DialPlanRig;

namespace Gateway.Server.Tests.Routing;

/// <summary>Rules that could not work are refused in words before they are saved.</summary>
public sealed class DialRuleCheckTests
{
    private static readonly NumberPlan s_germany = NumberPlan.Default with { CountryCode = "49" };

    private static string[] Faults(DialRule rule) => [.. DialRuleCheck.Check(rule, s_germany).Select(fault => (fault.IsAdvice ? "advice " : "") + fault.Field)];

    [Theory, Threat(43)]
    [InlineData("\\+49(30)(\\d+)", "0$1$2")]
    [InlineData("\\+49.*", "")]
    [InlineData("[0-9]{2,15}", "+1")]
    public void Good_expressions_pass(string pattern, string prepend) =>
        Assert.Empty(Faults(NewRule(pattern, Out, PatternKind.Regex) with { Prepend = prepend }));

    [Theory, Threat(43)]
    [InlineData("(\\d+")]
    [InlineData("(?=\\+49)\\d+")]
    [InlineData("(\\d)\\1")]
    [InlineData("(?>\\d+)")]
    [InlineData("\\d{1,1000}")]
    [InlineData("((\\d{20}){20}){31}")]
    [InlineData("\\d{99999999999}")]
    [InlineData("1)|(2")]
    [InlineData("1)|(?:2")]
    [InlineData("")]
    public void Expressions_that_cannot_run_without_backtracking_are_refused(string pattern) =>
        Assert.Equal(["pattern"], Faults(NewRule(pattern, Out, PatternKind.Regex)));

    [Theory]
    [InlineData("\\+49(\\d+)", "$2")]
    [InlineData("\\+49\\d+", "$1")]
    [InlineData("\\+49(\\d+)", "$")]
    [InlineData("\\+49(\\d+)", "$0")]
    [InlineData("\\+49(\\d+)", "$10")]
    [InlineData("\\+49(\\d+)", "${1}")]
    [InlineData("\\+49(\\d+)", "$&")]
    [InlineData("\\+49(\\d+)", "$$1")]
    public void A_replacement_names_groups_that_are_there(string pattern, string prepend)
    {
        Assert.Equal(["prepend"], Faults(NewRule(pattern, Out, PatternKind.Regex) with { Prepend = prepend }));
        Assert.Equal(["to.number"], Faults(NewRule(pattern, new Destination.ToNumber(prepend), PatternKind.Regex)));
    }

    [Fact]
    public void A_forward_of_a_prefix_has_no_groups() =>
        Assert.Equal(["to.number"], Faults(NewRule("+49", new Destination.ToNumber("$1"))));

    [Theory]
    [InlineData(PatternKind.Exact, "", "pattern")]
    [InlineData(PatternKind.Prefix, "+49 30", "pattern")]
    [InlineData(PatternKind.Prefix, "030", "advice pattern")]
    [InlineData(PatternKind.Prefix, "0044", "advice pattern")]
    [InlineData(PatternKind.Exact, "112", null)]
    [InlineData(PatternKind.Prefix, "*21*", null)]
    [InlineData(PatternKind.Prefix, "", null)]
    [InlineData(PatternKind.Prefix, "+4930", null)]
    public void Numbers_are_written_as_they_are_compared(PatternKind kind, string pattern, string? fault) =>
        Assert.Equal(fault is null ? [] : [fault], Faults(NewRule(pattern, Out, kind)));

    [Fact]
    public void The_advice_says_what_to_write() =>
        Assert.Contains("+4930", Assert.Single(DialRuleCheck.Check(NewRule("030", Out), s_germany)).Message, StringComparison.Ordinal);

    [Fact]
    public void All_faults_are_told_at_once() =>
        Assert.Equal(["pattern", "strip", "prepend"], Faults(NewRule("1 2", Out) with { Strip = 99, Prepend = "$1" }));

    [Fact]
    public void What_passes_never_fails_a_call()
    {
        var random = new Random(43);
        const string Alphabet = "0123456789+*#()[]{}|\\d.?^$-,";
        var rig = new DialPlanRig();
        var good = 0;
        for (var i = 0; i < 2_000; i++)
        {
            var pattern = new string([.. Enumerable.Range(0, random.Next(1, 12)).Select(_ => Alphabet[random.Next(Alphabet.Length)])]);
            var rule = NewRule(pattern, Out, PatternKind.Regex) with { Prepend = random.Next(2) == 0 ? "" : "0$1" };
            if (DialRuleCheck.Check(rule, s_germany).Count > 0) continue;
            good++;
            var compiled = CompiledRule.Of(rule);
            foreach (var number in new[] { "0301234", "bob", "*21*5#", "+442079460000" }) compiled.Match(NumberNormaliser.For(s_germany).Read(number));
        }

        Assert.InRange(good, 100, 1900);
        Assert.NotNull(rig.Planner);
    }
}
