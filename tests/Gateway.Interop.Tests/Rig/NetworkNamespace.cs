namespace Gateway.Interop.Tests.Rig;

/// <summary>
/// A network of its own with the address 10.77.0.1 beside loopback, for peers that do not speak to loopback addresses
/// (Firefox). Whether the system permits namespaces is found out once.
/// </summary>
internal sealed partial class NetworkNamespace : IAsyncDisposable
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

    /// <summary>
    /// Two networks with a wire between them that takes small packets only and loses every fragment: 10.78.0.1 and 10.78.0.2.
    /// </summary>
    public static async Task<(NetworkNamespace Near, NetworkNamespace Far)> CreateNarrowPairAsync(int mtu)
    {
        var refusal = await s_refusal.Value;
        Assert.True(refusal is null, $"network namespaces are not permitted here, and this test needs one: {refusal}");
        var names = new[] { $"gateway-{Guid.NewGuid():N}"[..15], $"gateway-{Guid.NewGuid():N}"[..15] };
        await Ip("netns", "add", names[0]);
        await Ip("netns", "add", names[1]);
        await Ip("-n", names[0], "link", "add", "card", "type", "veth", "peer", "name", "card", "netns", names[1]);
        for (var i = 0; i < 2; i++)
        {
            await Ip("-n", names[i], "link", "set", "lo", "up");
            await Ip("-n", names[i], "addr", "add", $"10.78.0.{i + 1}/24", "dev", "card");
            await Ip("-n", names[i], "link", "set", "card", "mtu", mtu.ToString(System.Globalization.CultureInfo.InvariantCulture), "up");
            await PeerProcess.RunAsync("ip", "netns", "exec", names[i], "iptables", "-t", "raw", "-A", "PREROUTING", "-f", "-j", "DROP");
        }

        return (new NetworkNamespace(names[0]), new NetworkNamespace(names[1]));
    }

    /// <summary>Makes sockets inside: they stay there, whoever uses them afterwards.</summary>
    public T Enter<T>(Func<T> make)
    {
        T? made = default;
        Exception? failed = null;
        // A thread of its own, which ends with it: the network is a thread's.
        var thread = new Thread(() =>
        {
            try
            {
                using var handle = File.OpenHandle($"/var/run/netns/{Name}");
                Assert.Equal(0, SetNamespace((int)handle.DangerousGetHandle(), NetworkKind));
                made = make();
            }
            catch (Exception error)
            {
                failed = error;
            }
        });
        thread.Start();
        thread.Join();
        return failed is null ? made! : throw new InvalidOperationException($"not inside {Name}", failed);
    }

    private const int NetworkKind = 0x4000_0000;

    [System.Runtime.InteropServices.LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(int descriptor, int kind);

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
