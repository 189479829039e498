using System.Collections.Immutable;

namespace Gateway.Server.Trunks;

public enum TestVerdict : byte
{
    /// <summary>There was nothing to try.</summary>
    Skipped,
    Passed,
    /// <summary>It works, but not as one would wish.</summary>
    Warning,
    Failed,
}

/// <summary>One step of "test this trunk".</summary>
/// <param name="Name">dns, reach, options or register.</param>
/// <param name="Text">What was found, and what to do about it.</param>
public sealed record TrunkTestStep(string Name, TestVerdict Verdict, int Milliseconds, string Text)
{
    /// <summary>Each question and answer behind it, where there are some (the look-ups of DNS).</summary>
    public ImmutableArray<string> Details { get; init; } = [];
}

/// <summary>What "test this trunk" found, in the order in which it was tried.</summary>
public sealed record TrunkTestResult
{
    public required Guid Trunk { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>The worst of the steps.</summary>
    public required TestVerdict Verdict { get; init; }

    /// <summary>All of it in one or two sentences.</summary>
    public required string Text { get; init; }

    public required ImmutableArray<TrunkTestStep> Steps { get; init; }
}
