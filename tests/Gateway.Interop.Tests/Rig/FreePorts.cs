using System.Net;
using System.Net.Sockets;

namespace Gateway.Interop.Tests.Rig;

/// <summary>
/// Ports that nobody uses at the moment of asking, below those that the system lends to outgoing connections. Listeners and
/// ranges come from parts of their own and are handed out in turn: a listener never stands in another gateway's range.
/// </summary>
internal static class FreePorts
{
    private const int FirstListener = 10_000;
    private const int FirstRange = 20_000;
    private const int End = 32_000;
    private const int Few = 16;

    private static readonly Lock s_gate = new();
    private static int s_listener = FirstListener + (Environment.ProcessId % 90 * 100);
    private static int s_range = FirstRange;

    /// <summary>The first port, even, of a run of free ones, for both UDP and TCP.</summary>
    public static int Take(int count = 1)
    {
        lock (s_gate)
        {
            while (true)
            {
                var first = count <= Few ? Next(ref s_listener, count, FirstListener, FirstRange) : Next(ref s_range, count, FirstRange, End);
                if (Enumerable.Range(first, Math.Min(count, 4)).All(IsFree))
                {
                    return first;
                }
            }
        }
    }

    private static int Next(ref int next, int count, int begin, int end)
    {
        var first = next + count > end ? begin : next;
        next = first + count + (count & 1);
        return first;
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            udp.Bind(new IPEndPoint(IPAddress.Any, port));
            using var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            tcp.Bind(new IPEndPoint(IPAddress.Any, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
