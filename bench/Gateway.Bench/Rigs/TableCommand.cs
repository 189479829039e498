using System.Globalization;

namespace Gateway.Bench.Rigs;

/// <summary>"table": groups RESULT lines by label and load and prints the median of each number; the count of runs stands beside.</summary>
internal static class TableCommand
{
    /// <summary>Keys that say what was asked for rather than what was measured.</summary>
    private static readonly HashSet<string> s_load = ["calls", "n", "users", "outst", "rate", "parallel", "profile", "par", "mode"];

    /// <summary>Measured keys worth a column, in order; the rest stays in the raw lines.</summary>
    private static readonly string[] s_shown =
    [
        "srv_cpu_us_per_pkt", "srv_cpu_us_per_op", "srv_cpu_ms", "srv_core_pct", "ops_per_s", "rx_pps", "pps", "loss_pct",
        "lat_p50_us", "lat_p99_us", "lat_p50_ms", "lat_p99_ms", "wall_p50_ms", "wall_p99_ms", "dtls_p50_ms", "dtls_p99_ms", "rss_kib_per_call", "rss_mib", "fail", "bad",
    ];

    public static int Run(IReadOnlyList<string> files)
    {
        var groups = new SortedDictionary<string, Dictionary<string, List<double>>>(StringComparer.Ordinal);
        foreach (var words in files.SelectMany(File.ReadLines).Where(line => line.StartsWith("RESULT ", StringComparison.Ordinal)).Select(line => line.Split(' ')))
        {
            var pairs = words[2..].Select(word => word.Split('=', 2)).Where(pair => pair.Length == 2).ToArray();
            var key = words[1] + " | " + string.Join(" ", pairs.Where(pair => s_load.Contains(pair[0])).Select(pair => pair[0] + "=" + pair[1]));
            if (!groups.TryGetValue(key, out var values))
            {
                groups[key] = values = [];
            }

            foreach (var pair in pairs.Where(pair => !s_load.Contains(pair[0])))
            {
                if (double.TryParse(pair[1], NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
                {
                    (values.TryGetValue(pair[0], out var list) ? list : values[pair[0]] = []).Add(value);
                }
            }
        }

        Console.WriteLine("| what | load | median of the runs | runs |\n| --- | --- | --- | ---: |");
        foreach (var (key, values) in groups)
        {
            var shown = s_shown.Where(values.ContainsKey).Select(name => name + " " + Median(values[name]).ToString("0.###", CultureInfo.InvariantCulture));
            Console.WriteLine($"| {key} | {string.Join(", ", shown)} | {values.Values.Max(list => list.Count)} |");
        }

        return 0;
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values.Count % 2 == 1 ? values[values.Count / 2] : (values[(values.Count / 2) - 1] + values[values.Count / 2]) / 2;
    }
}
