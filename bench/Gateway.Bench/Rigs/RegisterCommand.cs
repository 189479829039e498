using System.Net;
using System.Net.Sockets;
using Gateway.Bench.Load;

namespace Gateway.Bench.Rigs;

/// <summary>
/// "register": REGISTER with digest from a port that a generator takes afterwards. The gateway then trusts calls from it and
/// sends calls to it, as with a phone that talks from the port it listens on.
/// </summary>
internal static class RegisterCommand
{
    public static int Run(IReadOnlyList<string> args)
    {
        var arguments = new Arguments(args, "sip-port", "from", "user", "count", "realm");
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, arguments.Number("from", 17000)));
        socket.Connect(new IPEndPoint(IPAddress.Loopback, arguments.Number("sip-port", 5060)));
        var realm = arguments.Text("realm", "gateway");
        if (!arguments.Has("count"))
        {
            UdpRegistration.Register(socket, arguments.Text("user", "caller"), realm);
        }

        for (var i = 0; i < arguments.Number("count", 0); i++)
        {
            UdpRegistration.Register(socket, BenchAccounts.User(i), realm);
        }

        return 0;
    }
}
