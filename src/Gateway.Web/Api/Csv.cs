using System.Globalization;

namespace Gateway.Web.Api;

/// <summary>Lines of a CSV file (RFC 4180) that a spreadsheet shows and never runs: names and numbers come from strangers (THREATS 40).</summary>
internal static class Csv
{
    public static string Line(IEnumerable<object?> cells) => string.Join(',', cells.Select(Cell));

    public static string Cell(object? value)
    {
        var text = value switch
        {
            null => "",
            DateTimeOffset time => time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
            bool flag => flag ? "true" : "false",
            string words => Harmless(words),
            IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
            _ => Harmless(value.ToString() ?? ""),
        };
        return text.AsSpan().IndexOfAny("\",\r\n") >= 0 ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }

    /// <summary>A cell that begins like a formula gets an apostrophe in front, which spreadsheets take as "this is text".</summary>
    private static string Harmless(string text) => text.TrimStart() is ['=' or '+' or '-' or '@', ..] || text is ['\t' or '\r' or '\n', ..] ? "'" + text : text;
}
