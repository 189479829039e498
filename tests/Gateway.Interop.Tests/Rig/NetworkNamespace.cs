namespace Gateway.Interop.Tests.Rig;

/// <summary>
/// A network of its own with the address 10.77.0.1 beside loopback, for peers that do not speak to loopback addresses
/// (Firefox). Whether the system permits namespaces is found out once.
/// </summary>
internal sealed class NetworkNamespace : IAsyncDisposable
{
    public const string Address = "10.77.0.1";

    private static readonly Lazy<Task<string?>> s_refusal = new(ProbeAsync);

    private NetworkNamespace(string name) => Name = name;

    public string Name { get; }

    public static async Task<NetworkNamespace> CreateAsync()
    {
        var refusal = await s_refusal.Value;
        Assert.True(refusal is null, $"network namespaces are not permitted here, and this test needs one: {refusal}");
        var network = new NetworkNamespace($"gateway-{Guid.NewGuid():N}"[..15]);
        await Ip("netns", "add", network.Name);
        await Ip("-n", network.Name, "link", "set", "lo", "up");
        // A pair of ends in one namespace stands in for a network card; nothing outside is connected to it.
        await Ip("-n", network.Name, "link", "add", "card", "type", "veth", "peer", "name", "wall");
        await Ip("-n", network.Name, "addr", "add", Address + "/24", "dev", "card");
        await Ip("-n", network.Name, "link", "set", "card", "up");
        await Ip("-n", network.Name, "link", "set", "wall", "up");
        await Ip("-n", network.Name, "route", "add", "default", "via", "10.77.0.2", "dev", "card");
        return network;
    }

    /// <summary>The command line that runs a program inside.</summary>
    public (string File, IEnumerable<string> Arguments) Inside(string file, IEnumerable<string> arguments) =>
        ("ip", ["netns", "exec", Name, file, .. arguments]);

    public async ValueTask DisposeAsync() => await Ip("netns", "del", Name);

    private static async Task<string?> ProbeAsync()
    {
        try
        {
            var name = $"gateway-{Guid.NewGuid():N}"[..15];
            await Ip("netns", "add", name);
            await Ip("netns", "del", name);
            return null;
        }
        catch (Exception error)
        {
            return error.Message.ReplaceLineEndings(" ");
        }
    }

    private static Task<string> Ip(params string[] arguments) => PeerProcess.RunAsync("ip", arguments);
}
