using System.Diagnostics;
using System.Globalization;

namespace Gateway.Fuzz;

/// <summary>Runs cases of one target. Each case has a seed of its own, so that the one that failed is run again alone.</summary>
public static class FuzzRun
{
    /// <summary>A case takes microseconds; one that takes this long has met a loop without end, or one with too much work.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(20);

    /// <param name="seed">Names the run; case number n has the seed <c>CaseSeed(seed, n)</c>.</param>
    /// <returns>How often each outcome was reached.</returns>
    /// <exception cref="FuzzException">The first case that failed, with what is needed to run it again.</exception>
    public static IReadOnlyDictionary<string, int> Run(IFuzzTarget target, int seed, int cases, int first = 0)
    {
        ArgumentNullException.ThrowIfNull(target);
        var outcomes = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var running = first;
        var began = Stopwatch.GetTimestamp();
        // A case that never ends cannot report itself.
        using var watch = new Timer(_ =>
        {
            if (Stopwatch.GetElapsedTime(Volatile.Read(ref began)) > s_longest)
            {
                Environment.FailFast($"{Replay(target, seed, Volatile.Read(ref running))} does not end");
            }
        }, null, s_longest, s_longest);
        for (var number = first; number < first + cases; number++)
        {
            Volatile.Write(ref running, number);
            Volatile.Write(ref began, Stopwatch.GetTimestamp());
            try
            {
                var outcome = target.Run(new Random(CaseSeed(seed, number)));
                outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
            }
            catch (Exception error)
            {
                throw new FuzzException($"{Replay(target, seed, number)}: {error.GetType().Name}: {error.Message}\n{error.StackTrace}");
            }
        }

        return outcomes;
    }

    /// <summary>Outcomes that the target says must be reached and that the run did not reach often enough.</summary>
    public static IEnumerable<string> Missed(IFuzzTarget target, IReadOnlyDictionary<string, int> outcomes)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(outcomes);
        var total = outcomes.Values.Sum();
        return target.MustReach.Where(outcome => outcomes.GetValueOrDefault(outcome) < Math.Max(1, total / 100));
    }

    public static int CaseSeed(int seed, int number) => unchecked((seed * 486187739) + (number * 16777619) + 97);

    private static string Replay(IFuzzTarget target, int seed, int number) =>
        string.Create(CultureInfo.InvariantCulture, $"dotnet run --project tests/Gateway.Fuzz -- {target.Name} --seed {seed} --first {number} --cases 1");
}
