using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using Gateway.Net;
using Gateway.Net.Location;
using Gateway.Server;
using Gateway.Sip;
using Gateway.Storage;
using Gateway.Web.Setup;

namespace Gateway.Web.Tests.Setup;

/// <summary>docs/configuration.md is made of the options records and their comments, so that it cannot say anything else than the code.</summary>
public sealed partial class ConfigurationDocTests
{
    private static readonly (string Section, object Defaults, string Source)[] s_sections =
    [
        ("Gateway:Web", new WebOptions(), "src/Gateway.Web/WebOptions.cs"),
        ("Gateway:Net", new NetOptions(), "src/Gateway.Net/NetOptions.cs"),
        ("Gateway:Server", new ServerOptions(), "src/Gateway.Server/ServerOptions*.cs"),
        ("Gateway:Timers", SipTimers.Default, "src/Gateway.Sip/Transactions/SipTimers.cs"),
        ("Gateway:Location", new LocationOptions(), "src/Gateway.Net/Location/LocationOptions.cs"),
        ("Gateway:Storage", new StorageOptions(), "src/Gateway.Storage/StorageOptions.cs"),
    ];

    [Fact]
    public void The_page_lists_every_setting_with_its_default_and_meaning()
    {
        var root = FindRoot();
        var page = Page(root);
        var path = Path.Combine(root, "docs/configuration.md");
        if (Environment.GetEnvironmentVariable("GATEWAY_DOCS") == "write")
        {
            File.WriteAllText(path, page);
        }

        Assert.True(File.Exists(path) && File.ReadAllText(path) == page, "docs/configuration.md does not match the options. Write it anew with: GATEWAY_DOCS=write ./test unit");
    }

    private static string Page(string root)
    {
        var text = new StringBuilder("""
            # Settings

            Made from the options records by a test; do not edit. A setting is given, the later winning, by an environment variable
            (`Gateway__Server__RingLimit=00:00:40`), by the short variable or the flag of the table below, or by an argument
            (`--Gateway:Server:RingLimit=00:00:40`). All that is wrong is told at once at the start, each with its key. Times are written
            `hh:mm:ss`; lists with commas. Accounts are not settings: they live in the database and change without a restart.

            | flag | variable | setting | meaning |
            |---|---|---|---|

            """.ReplaceLineEndings("\n"));
        foreach (var flag in CommandLine.Flags)
        {
            text.Append(CultureInfo.InvariantCulture, $"| `{flag.Name} {flag.Value}` | `{flag.Variable}` | `{flag.Key}` | {flag.Help} |\n");
        }

        foreach (var (section, defaults, source) in s_sections)
        {
            var files = Directory.GetFiles(Path.Combine(root, Path.GetDirectoryName(source)!), Path.GetFileName(source));
            var meanings = Meanings(string.Join('\n', files.Select(File.ReadAllText)));
            text.Append(CultureInfo.InvariantCulture, $"\n## {section}\n\n| setting | default | meaning |\n|---|---|---|\n");
            foreach (var property in defaults.GetType().GetProperties(BindingFlags.Instance | BindingFlags.Public).Where(property => property.CanWrite).OrderBy(property => property.MetadataToken))
            {
                Assert.True(meanings.TryGetValue(property.Name, out var meaning), $"{source}: {property.Name} has no summary");
                text.Append(CultureInfo.InvariantCulture, $"| `{property.Name}` | {Show(property.GetValue(defaults))} | {meaning} |\n");
            }
        }

        return text.ToString();
    }

    private static string Show(object? value) => value switch
    {
        null or "" => "–",
        IEnumerable list and not string => list.Cast<object>().Any() ? $"`{string.Join(", ", list.Cast<object>())}`" : "–",
        TimeSpan span => $"`{span.ToString("c", CultureInfo.InvariantCulture)}`",
        IFormattable number => $"`{number.ToString(null, CultureInfo.InvariantCulture)}`",
        _ => $"`{value}`",
    };

    /// <summary>The summary above each property, as one line of Markdown.</summary>
    private static Dictionary<string, string> Meanings(string source) =>
        Summary().Matches(source).ToDictionary(
            match => match.Groups["name"].Value,
            match => Tag().Replace(CommentMark().Replace(match.Groups["text"].Value, " "), "`$1`").Trim().Replace("|", "\\|", StringComparison.Ordinal));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Gateway.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("the tests run outside the repository");
        }

        return folder.FullName;
    }

    [GeneratedRegex(@"<summary>(?<text>(?:(?!</summary>).)*)</summary>\s*public (?!sealed)[^\n]*?\b(?<name>\w+) \{ get;", RegexOptions.Singleline)]
    private static partial Regex Summary();

    [GeneratedRegex(@"\s*\n\s*/// ?")]
    private static partial Regex CommentMark();

    [GeneratedRegex("<see cref=\"([^\"]+)\"\\s*/>")]
    private static partial Regex Tag();
}
