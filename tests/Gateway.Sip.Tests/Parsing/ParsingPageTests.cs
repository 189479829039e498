using System.Globalization;
using System.Reflection;
using System.Text;
using Gateway.Testing;

namespace Gateway.Sip.Tests.Parsing;

/// <summary>The tables of docs/parsing.md are printed from the code, and compared here.</summary>
public sealed class ParsingPageTests
{
    [Fact]
    public void The_page_lists_every_limit()
    {
        var table = new StringBuilder("| limit (SipLimits) | value |\n|---|---:|\n");
        foreach (var field in typeof(SipLimits).GetFields(BindingFlags.Public | BindingFlags.Static))
        {
            table.Append(CultureInfo.InvariantCulture, $"| {field.Name} | {field.GetRawConstantValue():N0} |\n");
        }

        Assert.Null(GeneratedSection.Compare("docs/parsing.md", "limits", table.ToString()));
    }

    [Fact]
    public void The_page_lists_every_refusal()
    {
        var table = new StringBuilder("| refusal | label of the metric | answer, where one can be sent |\n|---|---|---|\n");
        foreach (var kind in Enum.GetValues<SipParseErrorKind>().Where(kind => kind != SipParseErrorKind.None))
        {
            var error = new SipParseError(kind, 0, HeaderId.CallId);
            var answer = error.StatusCode == 0 ? "none" : $"{error.StatusCode} {error.Reason.Replace("Call-ID", "…", StringComparison.Ordinal)}";
            table.Append(CultureInfo.InvariantCulture, $"| {kind} | `{error.Label}` | {answer} |\n");
        }

        Assert.Null(GeneratedSection.Compare("docs/parsing.md", "refusals", table.ToString()));
    }
}
