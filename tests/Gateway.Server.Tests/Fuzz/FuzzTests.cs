using Gateway.Fuzz;
using Gateway.Testing;

namespace Gateway.Server.Tests.Fuzz;

/// <summary>The fuzzer's targets for a moment each, from a seed that stays; what fails says how it is run again. docs/testing.md tells of longer runs.</summary>
public sealed class FuzzTests
{
    /// <summary>Another one with every release finds other things.</summary>
    private const int Seed = 20261120;

    /// <summary>About two seconds of each on two cores.</summary>
    public static TheoryData<string, int> Moments => new()
    {
        { "message", 60_000 }, { "stream", 40_000 }, { "uri", 150_000 }, { "header", 100_000 }, { "digest", 100_000 }, { "multipart", 100_000 }, { "sdp", 30_000 }, { "leg", 6_000 }, { "endpoint", 700 },
    };

    [Theory, MemberData(nameof(Moments))]
    [Threat(14), Threat(17), Threat(18), Threat(19), Threat(20), Threat(22), Threat(37), Row(35)]
    public void Damaged_input_breaks_no_promise(string name, int cases)
    {
        var target = FuzzTargets.All.Single(target => target.Name == name);
        var outcomes = FuzzRun.Run(target, Seed, cases);

        Assert.Equal(cases, outcomes.Values.Sum());
        Assert.Empty(FuzzRun.Missed(target, outcomes));
    }

    [Theory, Trait("Category", "Long")]
    [InlineData("message", 1_000_000)]
    [InlineData("stream", 1_000_000)]
    [InlineData("uri", 1_000_000)]
    [InlineData("header", 1_000_000)]
    [InlineData("digest", 1_000_000)]
    [InlineData("multipart", 1_000_000)]
    [InlineData("sdp", 1_000_000)]
    [InlineData("leg", 200_000)]
    [InlineData("endpoint", 100_000)]
    [Threat(14), Threat(17), Threat(18), Threat(19), Threat(20), Threat(37)]
    public void A_million_cases_break_no_promise(string name, int cases)
    {
        var target = FuzzTargets.All.Single(target => target.Name == name);
        FuzzRun.Run(target, Seed, cases / 10);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var outcomes = FuzzRun.Run(target, Seed, cases, first: cases / 10);

        Assert.Equal(cases, outcomes.Values.Sum());
        Assert.True(GC.GetTotalMemory(forceFullCollection: true) < before + (8 << 20), "memory grew");
    }

    /// <summary>The same case number of the same seed is the same case: what a run reports can be run again.</summary>
    [Fact]
    public void A_case_is_repeatable()
    {
        foreach (var target in FuzzTargets.All)
        {
            var first = FuzzRun.Run(target, 7, 20, first: 100);

            Assert.Equal(first, FuzzRun.Run(target, 7, 20, first: 100));
        }
    }
}
