using System.Globalization;

namespace Gateway.Net.Sip;

/// <summary>
/// How many connections of peers may be open at once, of all kinds together, so that files are left for the database, the media
/// of calls and the rest of the process (setrlimit(2), RLIMIT_NOFILE). Thread-safe.
/// </summary>
public sealed class OpenFileBudget(int most)
{
    /// <summary>What the process has open without any peer, with room for its logs and look-ups.</summary>
    private const int OwnFiles = 400;

    /// <summary>One in so many files is kept for media.</summary>
    private const int MediaShare = 16;

    private const int Fewest = 16;

    private int _taken;

    /// <summary>No limit.</summary>
    public static OpenFileBudget Unlimited => new(int.MaxValue);

    public int Most => most;

    public int Taken => Volatile.Read(ref _taken);

    /// <summary>What the limit of this process leaves; without a limit where it cannot be read.</summary>
    public static OpenFileBudget OfProcess() => OfLimit(LimitOfProcess());

    /// <param name="files">Files that the process may have open; 0 when it is not known.</param>
    public static OpenFileBudget OfLimit(int files) => new(files <= 0 ? int.MaxValue : Math.Max(Fewest, files - OwnFiles - (files / MediaShare)));

    public bool TryTake()
    {
        if (Interlocked.Increment(ref _taken) <= most)
        {
            return true;
        }

        Interlocked.Decrement(ref _taken);
        return false;
    }

    public void Return() => Interlocked.Decrement(ref _taken);

    /// <summary>"Max open files  1024  524288  files": the runtime raises the first to the second when it starts.</summary>
    private static int LimitOfProcess()
    {
        try
        {
            var line = File.ReadLines("/proc/self/limits").FirstOrDefault(static line => line.StartsWith("Max open files", StringComparison.Ordinal));
            var parts = line?["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
            return parts.Length > 0 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var soft) ? soft : 0;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
