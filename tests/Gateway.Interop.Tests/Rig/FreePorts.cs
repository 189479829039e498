using System.Net;
using System.Net.Sockets;

namespace Gateway.Interop.Tests.Rig;

/// <summary>Ports that nobody uses at the moment of asking; each is handed out once per run.</summary>
internal static class FreePorts
{
    private static int s_next = 21000 + (Environment.ProcessId % 50 * 100);

    /// <summary>The first port of a run of free ones, for both UDP and TCP.</summary>
    public static int Take(int count = 1)
    {
        while (true)
        {
            var first = Interlocked.Add(ref s_next, count + (count & 1)) - count - (count & 1);
            first += first & 1;
            if (Enumerable.Range(first, Math.Min(count, 4)).All(IsFree))
            {
                return first;
            }
        }
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
