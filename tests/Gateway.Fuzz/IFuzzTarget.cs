namespace Gateway.Fuzz;

/// <summary>Something that takes bytes from outside. Whatever comes, it must not throw, hang, or break its own promises.</summary>
public interface IFuzzTarget
{
    /// <summary>The name on the command line.</summary>
    string Name { get; }

    /// <summary>One case, made of nothing but <paramref name="random"/>: the same seed is the same case.</summary>
    /// <returns>What came of it, from a small closed set: a run that never reaches the depths shows nothing.</returns>
    /// <exception cref="FuzzException">A promise was broken.</exception>
    string Run(Random random);

    /// <summary>Outcomes that a run of ten thousand cases has to reach, each at least once in a hundred.</summary>
    IReadOnlyList<string> MustReach { get; }
}

/// <summary>A promise that a target did not keep.</summary>
public sealed class FuzzException(string message) : Exception(message)
{
    /// <summary>Throws when the promise does not hold.</summary>
    public static void Unless(bool holds, string promise)
    {
        if (!holds)
        {
            throw new FuzzException(promise);
        }
    }
}
