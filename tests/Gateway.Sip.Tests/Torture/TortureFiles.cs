namespace Gateway.Sip.Tests.Torture;

/// <summary>
/// The messages of RFC 4475 as its appendix A carries them, bit by bit, and of RFC 5118 as its text prints them (with the
/// Content-Length of its three bodies mended: the printed numbers do not count the printed bytes).
/// </summary>
internal static class TortureFiles
{
    public static string Folder => Path.Combine(AppContext.BaseDirectory, "Torture");

    public static byte[] Read(string name) => File.ReadAllBytes(Path.Combine(Folder, name + ".dat"));

    public static IEnumerable<string> Names => Directory.EnumerateFiles(Folder, "*.dat", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(Folder, file)[..^4].Replace('\\', '/'))
        .Order(StringComparer.Ordinal);
}
