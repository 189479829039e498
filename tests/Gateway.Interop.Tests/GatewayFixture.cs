using Gateway.Interop.Tests.Rig;

namespace Gateway.Interop.Tests;

/// <summary>One gateway for all tests that leave it as they found it; its waits are short.</summary>
public sealed class GatewayFixture : IAsyncLifetime
{
    internal GatewayProcess Gateway { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Gateway = await GatewayProcess.StartAsync(ShortWaits);

    public async ValueTask DisposeAsync() => await Gateway.DisposeAsync();

    internal static (string, string)[] ShortWaits =>
    [
        ("Gateway__Server__RingLimit", "00:00:05"),
        ("Gateway__Server__FlowGrace", "00:00:04"),
        ("Gateway__Server__MediaSilence", "00:00:06"),
        ("Gateway__Net__DrainTime", "00:00:00"),
        // Calls between phones are looked into here: holds, codecs, statistics, transfers. The proxy has tests of its own.
        ("Gateway__Server__CallMode", "Bridge"),
        // All peers share one address here: the guesser of one test must not keep the next test's phone waiting.
        ("Gateway__Server__WrongPasswordWait", "00:00:00.050"),
        // A trace that is still filling looks like a leak to the tests that measure memory.
        ("Gateway__Net__TraceMegabytes", "1"),
    ];
}

[CollectionDefinition(Name)]
public sealed class GatewayCollection : ICollectionFixture<GatewayFixture>
{
    public const string Name = "one gateway";
}
