using System.Globalization;

namespace Gateway.Bench;

/// <summary>
/// What the kernel says of the process under test. Time is on-CPU time of all its threads, user and system: it does not
/// grow when neighbours take the core. Threads that ended between two readings are not in the second.
/// </summary>
internal static class ServerProcess
{
    /// <summary>Nanoseconds on a CPU of all threads so far.</summary>
    public static long CpuNanoseconds(int pid)
    {
        long sum = 0;
        foreach (var thread in Directory.EnumerateDirectories($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/task"))
        {
            try
            {
                var text = File.ReadAllText(thread + "/schedstat");
                sum += long.Parse(text.AsSpan(0, text.IndexOf(' ', StringComparison.Ordinal)), CultureInfo.InvariantCulture);
            }
            catch (IOException)
            {
                // It ended between the listing and the reading.
            }
        }

        return sum;
    }

    /// <summary>Seconds on a CPU of the process so far, with threads that have ended; in steps of 10 ms.</summary>
    public static double CpuSeconds(int pid)
    {
        const int UserTime = 11, SystemTime = 12;
        const double TicksPerSecond = 100;
        var stat = File.ReadAllText($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (long.Parse(fields[UserTime], CultureInfo.InvariantCulture) + long.Parse(fields[SystemTime], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }

    /// <summary>Resident memory in KiB.</summary>
    public static long ResidentKiB(int pid)
    {
        foreach (var line in File.ReadLines($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/status"))
        {
            if (line.StartsWith("VmRSS:", StringComparison.Ordinal))
            {
                return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
            }
        }

        return 0;
    }
}
