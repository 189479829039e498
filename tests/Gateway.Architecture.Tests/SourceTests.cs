using System.Text.RegularExpressions;
using Gateway.Testing;

namespace Gateway.Architecture.Tests;

/// <summary>Rules that a reader of the sources relies on: small files, no unfinished marks, log ids that name one event.</summary>
public sealed partial class SourceTests
{
    private const int LongestFile = 500;

    /// <summary>Tables that are one thing and long by nature.</summary>
    private static readonly HashSet<string> s_tables = [];

    [Fact]
    public void No_source_file_is_longer_than_a_reader_can_hold()
    {
        var files = Repository.Files("src", ".cs", ".razor", ".ts")
            .Concat(Repository.Files("tests", ".cs"))
            .Select(path => (Name: Repository.Relative(path), Lines: File.ReadLines(path).Count()))
            .Where(file => file.Lines > LongestFile && !s_tables.Contains(file.Name))
            .Select(file => $"{file.Name}: {file.Lines} lines");

        Assert.Empty(files);
    }

    [Fact]
    public void Nothing_unfinished_is_left_in_the_sources()
    {
        var marks = Repository.Files("src", ".cs", ".razor", ".ts")
            .SelectMany(path => File.ReadLines(path).Select((line, index) => (line, where: $"{Repository.Relative(path)}:{index + 1}")))
            .Where(entry => UnfinishedMark().IsMatch(entry.line))
            .Select(entry => entry.where);

        Assert.Empty(marks);
    }

    [Fact]
    public void The_clock_is_asked_only_through_TimeProvider_or_an_argument()
    {
        var uses = Repository.Files("src", ".cs")
            .Where(path => !Repository.Relative(path).StartsWith("src/Gateway.Net/", StringComparison.Ordinal)
                && !Repository.Relative(path).StartsWith("src/Gateway.Web/", StringComparison.Ordinal))
            .SelectMany(path => File.ReadLines(path).Select((line, index) => (line, where: $"{Repository.Relative(path)}:{index + 1}")))
            .Where(entry => AmbientClock().IsMatch(entry.line))
            .Select(entry => entry.where);

        Assert.Empty(uses);
    }

    [Fact, Threat(43)]
    public void A_pattern_over_input_cannot_backtrack()
    {
        var patterns = Repository.Files("src", ".cs")
            .SelectMany(path => File.ReadLines(path).Select((line, index) => (line, where: $"{Repository.Relative(path)}:{index + 1}")))
            .Where(entry => Pattern().IsMatch(entry.line) && !entry.line.Contains("NonBacktracking", StringComparison.Ordinal))
            .Select(entry => entry.where);

        Assert.Empty(patterns);
    }

    [Fact]
    public void A_log_event_id_names_one_event()
    {
        var ids = Repository.Files("src", ".cs")
            .SelectMany(path => LogEventId().Matches(File.ReadAllText(path)).Select(match => (id: match.Groups[1].Value, file: Repository.Relative(path))))
            .GroupBy(entry => entry.id)
            .Where(group => group.Count() > 1)
            .Select(group => $"{group.Key}: {string.Join(", ", group.Select(entry => entry.file))}");

        Assert.Empty(ids);
    }

    [GeneratedRegex(@"NotImplementedException|\b(TODO|FIXME|HACK|XXX)\b", RegexOptions.NonBacktracking)]
    private static partial Regex UnfinishedMark();

    [GeneratedRegex(@"\bnew Regex\(|\bRegex\.(IsMatch|Match|Matches|Replace|Split)\(|\[GeneratedRegex\(", RegexOptions.NonBacktracking)]
    private static partial Regex Pattern();

    [GeneratedRegex(@"\bDateTime(Offset)?\.(Utc)?Now\b|Environment\.TickCount", RegexOptions.NonBacktracking)]
    private static partial Regex AmbientClock();

    [GeneratedRegex(@"LoggerMessage\(\s*(?:EventId\s*=\s*)?(\d+)", RegexOptions.NonBacktracking)]
    private static partial Regex LogEventId();
}
