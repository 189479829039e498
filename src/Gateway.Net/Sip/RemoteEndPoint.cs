using System.Net;

namespace Gateway.Net.Sip;

/// <summary>A peer's address that keeps its socket form, so that answers to it allocate nothing.</summary>
internal sealed class RemoteEndPoint(IPEndPoint plain, SocketAddress address) : IPEndPoint(plain.Address, plain.Port)
{
    public SocketAddress SocketForm { get; } = address;

    public static SocketAddress FormOf(IPEndPoint remote) => remote is RemoteEndPoint known ? known.SocketForm : remote.Serialize();
}

/// <summary>One object per peer address while it is heard from: a phone's thousand packets share it. One thread's; bounded.</summary>
internal sealed class RemoteCache(int capacity = 16_384)
{
    private static readonly IPEndPoint s_any4 = new(IPAddress.Any, 0);
    private static readonly IPEndPoint s_any6 = new(IPAddress.IPv6Any, 0);

    private readonly Dictionary<SocketAddress, RemoteEndPoint> _known = [];

    public RemoteEndPoint Get(SocketAddress heard)
    {
        if (_known.TryGetValue(heard, out var remote))
        {
            return remote;
        }

        if (_known.Count >= capacity)
        {
            // Those that are still there come back with their next packet.
            _known.Clear();
        }

        var copy = new SocketAddress(heard.Family, heard.Size);
        heard.Buffer.Span[..heard.Size].CopyTo(copy.Buffer.Span);
        var template = heard.Family == System.Net.Sockets.AddressFamily.InterNetwork ? s_any4 : s_any6;
        remote = new RemoteEndPoint((IPEndPoint)template.Create(copy), copy);
        _known.Add(copy, remote);
        return remote;
    }
}
