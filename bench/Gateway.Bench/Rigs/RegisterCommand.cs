using System.Net;
using System.Net.Sockets;
using Gateway.Bench.Load;

namespace Gateway.Bench.Rigs;

/// <summary>
/// "register": one REGISTER with digest from a port that a generator takes afterwards. The gateway then trusts calls from it,
/// as it does a phone's; a proxy without accounts needs none of that.
/// </summary>
internal static class RegisterCommand
{
    public static int Run(IReadOnlyList<string> args)
    {
        var arguments = new Arguments(args, "sip-port", "from", "user", "realm");
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, arguments.Number("from", 17000)));
        socket.Connect(new IPEndPoint(IPAddress.Loopback, arguments.Number("sip-port", 5060)));
        UdpRegistration.Register(socket, arguments.Text("user", "caller"), arguments.Text("realm", "gateway"));
        return 0;
    }
}
