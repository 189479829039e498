namespace Gateway.Architecture.Tests;

/// <summary>Finds the sources that the rules are about, from wherever the tests run.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>True when the run should write generated pages instead of comparing them.</summary>
    public static bool WriteDocs => Environment.GetEnvironmentVariable("GATEWAY_DOCS") == "write";

    public static IEnumerable<string> Files(string folder, params string[] extensions) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), "*", SearchOption.AllDirectories)
            .Where(path => extensions.Contains(Path.GetExtension(path)) && !IsGenerated(path));

    public static string Relative(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    /// <summary>Compares a generated page with the one in the tree, or writes it when asked to.</summary>
    public static void Check(string relative, string content)
    {
        var path = Path.Combine(Root, relative);
        if (WriteDocs)
        {
            File.WriteAllText(path, content);
        }

        Assert.True(File.Exists(path) && File.ReadAllText(path) == content,
            $"{relative} does not match the code. Write it anew with: GATEWAY_DOCS=write ./test unit");
    }

    private static bool IsGenerated(string path) =>
        path.Split('/', '\\').Any(part => part is "bin" or "obj" or "node_modules");

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Gateway.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("the tests run outside the repository");
    }
}
