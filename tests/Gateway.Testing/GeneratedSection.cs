using System.Runtime.CompilerServices;

namespace Gateway.Testing;

/// <summary>
/// A part of a page in docs/ that is printed from the code, between two marker comments, so that several tests can each
/// own their part of one page. <c>GATEWAY_DOCS=write</c> writes it anew.
/// </summary>
public static class GeneratedSection
{
    /// <returns>Null when the page says what the code says; else what to do.</returns>
    /// <param name="page">From the top of the repository, e.g. docs/state-machines.md.</param>
    /// <param name="name">The name in the markers, e.g. transactions.</param>
    public static string? Compare(string page, string name, string content, [CallerFilePath] string caller = "")
    {
        var path = Path.Combine(RootAbove(caller), page);
        var begin = $"<!-- {name}: printed from the code -->\n";
        var end = $"<!-- end of {name} -->";
        var text = File.Exists(path) ? File.ReadAllText(path) : "";
        var from = text.IndexOf(begin, StringComparison.Ordinal);
        var to = text.IndexOf(end, StringComparison.Ordinal);

        if (Environment.GetEnvironmentVariable("GATEWAY_DOCS") == "write")
        {
            var before = from < 0 ? text + (text.Length == 0 ? "" : "\n") : text[..from];
            var after = from < 0 ? end + "\n" : text[to..];
            File.WriteAllText(path, before + begin + content + after);
            return null;
        }

        return from >= 0 && to > from && text[(from + begin.Length)..to] == content
            ? null
            : $"{page} differs from the code in its part '{name}'. Write it anew with: GATEWAY_DOCS=write ./test unit";
    }

    private static string RootAbove(string file)
    {
        var folder = new FileInfo(file).Directory;
        // A build with mapped paths leaves only the place where the tests run.
        folder = folder is { Exists: true } ? folder : new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Gateway.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("the tests run outside the repository");
    }
}
