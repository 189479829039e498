using System.Globalization;
using System.Reflection;
using System.Text;
using Gateway.Testing;

namespace Gateway.Architecture.Tests;

/// <summary>docs/conformance.md is made from the attributes of the tests and compared here, so that it cannot claim what nothing proves.</summary>
public sealed class ConformanceTests
{
    private static readonly string[] s_testProjects =
    [
        "Gateway.Sip.Tests", "Gateway.Sdp.Tests", "Gateway.Media.Tests", "Gateway.Server.Tests", "Gateway.Net.Tests",
        "Gateway.Storage.Tests", "Gateway.Web.Tests", "Gateway.Interop.Tests", "Gateway.Architecture.Tests",
    ];

    [Fact]
    public void The_conformance_page_says_what_the_tests_prove()
    {
        var rfcs = new SortedDictionary<(int, string), SortedSet<string>>(Comparer<(int Number, string Section)>.Create(CompareSections));
        var rows = new SortedDictionary<string, SortedSet<string>>(Comparer<string>.Create(CompareRows));
        var threats = new SortedDictionary<int, SortedSet<string>>();
        var browser = new SortedDictionary<string, SortedSet<string>>(Comparer<string>.Create(CompareRows));

        foreach (var (name, member) in s_testProjects.SelectMany(TestMembers))
        {
            foreach (var proof in member.GetCustomAttributes<RfcAttribute>())
            {
                Add(rfcs, (proof.Number, proof.Section), name);
            }

            foreach (var proof in member.GetCustomAttributes<RowAttribute>())
            {
                Add(rows, proof.Row, name);
            }

            foreach (var proof in member.GetCustomAttributes<ThreatAttribute>())
            {
                Add(threats, proof.Number, name);
            }

            foreach (var proof in member.GetCustomAttributes<BrowserRuleAttribute>())
            {
                Add(browser, proof.Id, name);
            }
        }

        var page = new StringBuilder("# Conformance\n\nMade from the attributes of the tests (`[Rfc]`, `[Row]`, `[Threat]`, `[BrowserRule]`); CI compares it.\n");
        Section(page, "RFC sections", rfcs.Select(entry => ($"RFC {entry.Key.Item1} §{entry.Key.Item2}", entry.Value)));
        Rows(page, rows, rfcs);
        Section(page, "Threats", threats.Select(entry => ($"Threat {entry.Key}", entry.Value)));
        Section(page, "What browsers and their SIP libraries demand", browser.Select(entry => ($"Rule {entry.Key}", entry.Value)));

        Repository.Check("docs/conformance.md", page.ToString());
    }

    /// <summary>Rows 1 to 69 are those of a SIP server: none of them is without a test.</summary>
    [Fact]
    public void Every_row_of_a_SIP_server_has_a_test()
    {
        var proved = s_testProjects.SelectMany(TestMembers).SelectMany(test => test.Member.GetCustomAttributes<RowAttribute>()).Select(proof => proof.Row).ToHashSet();

        var wanted = Enumerable.Range(1, 69).Select(row => row.ToString(CultureInfo.InvariantCulture)).Append("16b").Append("55b");

        Assert.All(wanted, row => Assert.Contains(row, proved));
        Assert.All(proved, row => Assert.Contains(row, s_rows.Keys));
    }

    private static readonly Dictionary<string, string> s_rows = File.ReadAllLines(Path.Combine(Repository.Root, "tests", "Gateway.Architecture.Tests", "feature-rows.tsv"))
        .Select(line => line.Split('\t')).ToDictionary(parts => parts[0], parts => parts[1]);

    private static IEnumerable<(string Name, MemberInfo Member)> TestMembers(string project)
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        var path = Path.Combine(Repository.Root, "tests", project, "bin", configuration, new DirectoryInfo(AppContext.BaseDirectory).Name, project + ".dll");
        Assert.True(File.Exists(path), $"{Repository.Relative(path)} is not built");

        foreach (var type in Assembly.LoadFrom(path).GetTypes())
        {
            foreach (var method in type.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly))
            {
                if (method.GetCustomAttributes().Any(attribute => attribute is Xunit.v3.IFactAttribute))
                {
                    yield return ($"{type.Name}.{method.Name}", method);
                    yield return ($"{type.Name}.{method.Name}", type);
                }
            }
        }
    }

    private static void Add<TKey>(SortedDictionary<TKey, SortedSet<string>> table, TKey key, string name) where TKey : notnull
    {
        if (!table.TryGetValue(key, out var names))
        {
            table[key] = names = new SortedSet<string>(StringComparer.Ordinal);
        }

        names.Add(name);
    }

    private static void Section(StringBuilder page, string title, IEnumerable<(string What, SortedSet<string> Tests)> entries)
    {
        page.Append(CultureInfo.InvariantCulture, $"\n## {title}\n\n| what | shown by |\n|---|---|\n");
        foreach (var (what, tests) in entries)
        {
            page.Append(CultureInfo.InvariantCulture, $"| {what} | {string.Join("<br>", tests)} |\n");
        }
    }

    /// <summary>What a row says, the RFC sections that its tests are about, and the tests.</summary>
    private static void Rows(StringBuilder page, SortedDictionary<string, SortedSet<string>> rows, SortedDictionary<(int Number, string Section), SortedSet<string>> rfcs)
    {
        page.Append("\n## Rows of the feature table\n\n| row | what it says | RFC sections | shown by |\n|---|---|---|---|\n");
        foreach (var (row, tests) in rows)
        {
            var sections = rfcs.Where(entry => entry.Value.Overlaps(tests)).GroupBy(entry => entry.Key.Number, entry => entry.Key.Section)
                .Select(rfc => $"{rfc.Key} §{string.Join(", §", rfc)}");
            page.Append(CultureInfo.InvariantCulture, $"| {row} | {s_rows.GetValueOrDefault(row, "")} | {string.Join("<br>", sections)} | {string.Join("<br>", tests)} |\n");
        }
    }

    private static int CompareSections((int Number, string Section) a, (int Number, string Section) b) =>
        a.Number != b.Number ? a.Number.CompareTo(b.Number) : CompareRows(a.Section, b.Section);

    /// <summary>Numbers inside compare as numbers: 9 before 10, 17.1.2 before 17.1.10.</summary>
    private static int CompareRows(string a, string b)
    {
        static string Key(string text) => System.Text.RegularExpressions.Regex.Replace(text, "[0-9]+", match => match.Value.PadLeft(6, '0'));
        return string.CompareOrdinal(Key(a), Key(b));
    }
}
