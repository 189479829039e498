using System.Globalization;

namespace Gateway.Interop.Tests.Rig;

/// <summary>How bad a cable is: percent of packets, and milliseconds one way.</summary>
internal sealed record Cable(int Loss = 0, int Delay = 0, int Jitter = 0, int Duplicates = 0, int Reordered = 0, int Seed = 1);

/// <summary>
/// Two networks of their own, 10.78.0.1 and 10.78.0.2, and a bad cable between them: real packets, kernel to kernel. The
/// cable is a program (lossy.py), as not every kernel has netem.
/// </summary>
internal sealed class LossyNetwork : IAsyncDisposable
{
    public const string NearAddress = "10.78.0.1";
    public const string FarAddress = "10.78.0.2";

    private readonly string _id = Guid.NewGuid().ToString("N")[..7];
    private PeerProcess? _cable;

    private LossyNetwork()
    {
    }

    /// <summary>What the cable did, once it is cut.</summary>
    public string Story => _cable?.Output ?? "";

    private static string Script => Path.Combine(AppContext.BaseDirectory, "Rig", "lossy.py");

    public static async Task<LossyNetwork> CreateAsync(Cable cable)
    {
        var network = new LossyNetwork();
        foreach (var (side, address) in new[] { ("a", NearAddress), ("b", FarAddress) })
        {
            var (space, card, end) = (network.Space(side), "c" + network._id + side, network.End(side));
            await Ip("netns", "add", space);
            await Ip("link", "add", end, "type", "veth", "peer", "name", card);
            await Ip("link", "set", card, "netns", space);
            await Ip("-n", space, "addr", "add", address + "/24", "dev", card);
            await Ip("-n", space, "link", "set", "lo", "up");
            await Ip("-n", space, "link", "set", card, "up");
            await Ip("link", "set", end, "up");
            await PeerProcess.RunAsync("ip", "netns", "exec", space, "python3", Script, "checksums", card);
            await PeerProcess.RunAsync("python3", Script, "checksums", end);
        }

        string Word(string name, int value) => string.Create(CultureInfo.InvariantCulture, $"{name}={value}");
        network._cable = PeerProcess.Start("python3",
        [
            Script, "cable", network.End("a"), network.End("b"), Word("seed", cable.Seed), Word("loss", cable.Loss), Word("delay", cable.Delay),
            Word("jitter", cable.Jitter), Word("dup", cable.Duplicates), Word("reorder", cable.Reordered),
        ]);
        await network._cable.WaitForOutputAsync("cable is up");
        Assert.False(network._cable.HasExited, network._cable.Output);
        return network;
    }

    /// <summary>The command line that runs a program at the near end (the gateway's) or at the far one (the phones').</summary>
    public (string File, IEnumerable<string> Arguments) Inside(bool isFar, string file, IEnumerable<string> arguments) =>
        ("ip", ["netns", "exec", Space(isFar ? "b" : "a"), file, .. arguments]);

    /// <summary>Cuts the cable, so that it tells what it did.</summary>
    public async Task<string> CutAsync()
    {
        _cable!.CloseInput();
        await _cable.WaitForExitAsync(TimeSpan.FromSeconds(5));
        await Eventually.True(() => Story.Contains("lost", StringComparison.Ordinal), detail: () => Story);
        return Story;
    }

    public async ValueTask DisposeAsync()
    {
        if (_cable is not null)
        {
            await _cable.DisposeAsync();
        }

        foreach (var side in new[] { "a", "b" })
        {
            // The cards go with their network, and each takes its other end along.
            await Ip("netns", "del", Space(side));
        }
    }

    private string Space(string side) => $"gateway-{_id}{side}";

    private string End(string side) => "e" + _id + side;

    private static Task<string> Ip(params string[] arguments) => PeerProcess.RunAsync("ip", arguments);
}
