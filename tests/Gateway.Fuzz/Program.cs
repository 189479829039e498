using System.Diagnostics;
using System.Globalization;

namespace Gateway.Fuzz;

/// <summary>The fuzzer as a program: <c>dotnet run -c Release --project tests/Gateway.Fuzz -- [target|all] [--seed N] [--cases N] [--first N]</c>.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        var name = arguments.Length > 0 && !arguments[0].StartsWith("--", StringComparison.Ordinal) ? arguments[0] : "all";
        var seed = Number(arguments, "--seed", Environment.TickCount & 0xFFFFFF);
        var cases = Number(arguments, "--cases", 1_000_000);
        var first = Number(arguments, "--first", 0);
        var targets = FuzzTargets.All.Where(target => name == "all" || target.Name == name).ToList();
        if (targets.Count == 0)
        {
            Console.Error.WriteLine($"There is no target {name}. Targets: all, {string.Join(", ", FuzzTargets.All.Select(target => target.Name))}");
            return 2;
        }

        var failed = 0;
        foreach (var target in targets)
        {
            var clock = Stopwatch.StartNew();
            Console.Write(string.Create(CultureInfo.InvariantCulture, $"{target.Name}: seed {seed}, {cases} cases … "));
            try
            {
                var outcomes = FuzzRun.Run(target, seed, cases, first);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{clock.Elapsed.TotalSeconds:F1} s: {string.Join(", ", outcomes.Select(pair => $"{pair.Key} {pair.Value}"))}; {GC.GetTotalMemory(forceFullCollection: true) >> 20} MB held"));
            }
            catch (FuzzException failure)
            {
                failed++;
                Console.WriteLine($"FAILED\n  {failure.Message}");
            }
        }

        return failed == 0 ? 0 : 1;
    }

    private static int Number(string[] arguments, string option, int otherwise)
    {
        var at = Array.IndexOf(arguments, option);
        return at >= 0 && at + 1 < arguments.Length ? int.Parse(arguments[at + 1], CultureInfo.InvariantCulture) : otherwise;
    }
}
