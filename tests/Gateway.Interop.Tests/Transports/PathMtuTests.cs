using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Transports;

/// <summary>A path with an MTU of 1280 whose fragments are lost: real packets between two networks.</summary>
public sealed class PathMtuTests
{
    private const string Near = "10.78.0.1";
    private const string Far = "10.78.0.2";

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(15);

    [Fact, Row(68), Rfc(3261, "18.1.1")]
    public async Task A_request_over_the_mtu_less_200_arrives_by_TCP_where_the_peer_takes_that_else_by_UDP()
    {
        var (near, far) = await NetworkNamespace.CreateNarrowPairAsync(mtu: 1280);
        await using var _ = near;
        await using var __ = far;
        await using var gateway = await GatewayProcess.StartInAsync(near, [.. GatewayFixture.ShortWaits, ("Gateway__Net__KeepAlive", "Off"), ("Gateway__Net__Listen", Near)]);
        using var alice = new Phone(far, gateway, gateway.Alice);
        using var bob = new Phone(far, gateway, gateway.Bob);
        await alice.RegisterAsync();
        await bob.RegisterAsync();

        // Small enough for the wire, and with what the gateway adds larger than 1080.
        alice.Send(alice.Invite(gateway.Bob.User, size: 950));
        using (var listener = bob.Listen())
        {
            using var limit = new CancellationTokenSource(s_limit);
            using var connection = await listener.AcceptAsync(limit.Token);
            var invite = await ReadAsync(connection, limit.Token);
            Assert.StartsWith("INVITE ", invite, StringComparison.Ordinal);
            Assert.Contains("Via: SIP/2.0/TCP ", invite, StringComparison.Ordinal);
            Assert.InRange(invite.Length, 1081, 1300);
            await connection.SendAsync(Encoding.ASCII.GetBytes(Phone.Answer(invite, "486 Busy Here")), limit.Token);
        }

        Assert.StartsWith("SIP/2.0 486", await alice.FinalAsync(), StringComparison.Ordinal);

        // A connection that has ended is none that was refused: TCP is tried again, and refused now.
        alice.Send(alice.Invite(gateway.Bob.User, size: 950));
        var datagram = await bob.ReceiveAsync();
        Assert.Contains("Via: SIP/2.0/UDP ", datagram, StringComparison.Ordinal);
        bob.Send(Phone.Answer(datagram, "486 Busy Here"));
        Assert.StartsWith("SIP/2.0 486", await alice.FinalAsync(), StringComparison.Ordinal);
    }

    private static async Task<string> ReadAsync(Socket connection, CancellationToken limit)
    {
        var buffer = new byte[8192];
        var length = 0;
        while (!Encoding.ASCII.GetString(buffer, 0, length).Contains("a=rtpmap", StringComparison.Ordinal))
        {
            length += await connection.ReceiveAsync(buffer.AsMemory(length), limit);
        }

        return Encoding.ASCII.GetString(buffer, 0, length);
    }

    /// <summary>A phone beyond the wire.</summary>
    private sealed class Phone : IDisposable
    {
        private readonly NetworkNamespace _network;
        private readonly IPEndPoint _gateway;
        private readonly (string User, string Password) _account;
        private readonly Socket _socket;
        private readonly byte[] _buffer = new byte[65536];
        private int _sequence;

        public Phone(NetworkNamespace network, GatewayProcess gateway, (string User, string Password) account)
        {
            (_network, _account) = (network, account);
            _gateway = new IPEndPoint(IPAddress.Parse(Near), gateway.SipPort);
            _socket = network.Enter(() =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
                socket.Bind(new IPEndPoint(IPAddress.Parse(Far), 0));
                return socket;
            });
        }

        private int Port => ((IPEndPoint)_socket.LocalEndPoint!).Port;

        public static string Answer(string request, string status)
        {
            var lines = request.Split("\r\n");
            string All(string name) => string.Concat(lines.TakeWhile(line => line.Length > 0).Where(line => line.StartsWith(name + ":", StringComparison.Ordinal)).Select(line => line + "\r\n"));
            return $"SIP/2.0 {status}\r\n{All("Via")}{All("From")}{All("To").TrimEnd()};tag=busy\r\n{All("Call-ID")}{All("CSeq")}Content-Length: 0\r\n\r\n";
        }

        public Socket Listen() => _network.Enter(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Parse(Far), Port));
            socket.Listen();
            return socket;
        });

        public async Task RegisterAsync()
        {
            var uri = $"sip:{Near}";
            string Request(string authorization) => Head("REGISTER", uri, $"reg{Port}") + $"Contact: <sip:{_account.User}@{Far}:{Port}>;expires=600\r\n{authorization}Content-Length: 0\r\n\r\n";
            Send(Request(""));
            var challenge = await FinalAsync();
            Send(Request(Digest.Answer(challenge, "REGISTER", uri, _account.User, _account.Password) + "\r\n"));
            Assert.StartsWith("SIP/2.0 200", await FinalAsync(), StringComparison.Ordinal);
        }

        public string Invite(string user, int size)
        {
            var sdp = $"v=0\r\no=- 1 1 IN IP4 {Far}\r\ns=-\r\nc=IN IP4 {Far}\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n";
            var head = Head("INVITE", $"sip:{user}@{Near}", Guid.NewGuid().ToString("N")) + $"Contact: <sip:{_account.User}@{Far}:{Port}>\r\nContent-Type: application/sdp\r\nContent-Length: {sdp.Length}\r\nSubject: ";
            return head + new string('s', size - head.Length - sdp.Length - 4) + "\r\n\r\n" + sdp;
        }

        public void Send(string text) => _socket.SendTo(Encoding.ASCII.GetBytes(text), _gateway);

        public async Task<string> ReceiveAsync()
        {
            using var limit = new CancellationTokenSource(s_limit);
            var got = await _socket.ReceiveFromAsync(_buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), limit.Token);
            return Encoding.ASCII.GetString(_buffer, 0, got.ReceivedBytes);
        }

        public async Task<string> FinalAsync()
        {
            while (true)
            {
                var answer = await ReceiveAsync();
                if (answer.StartsWith("SIP/2.0 ", StringComparison.Ordinal) && answer[8] != '1')
                {
                    if (answer.Contains("CSeq: ", StringComparison.Ordinal) && answer.Contains(" INVITE\r\n", StringComparison.Ordinal))
                    {
                        Acknowledge(answer);
                    }

                    return answer;
                }
            }
        }

        public void Dispose() => _socket.Dispose();

        private void Acknowledge(string answer)
        {
            var lines = answer.Split("\r\n");
            string One(string name) => lines.First(line => line.StartsWith(name + ":", StringComparison.Ordinal));
            var via = One("Via");
            Send($"ACK sip:{Near} SIP/2.0\r\n{via}\r\nMax-Forwards: 70\r\n{One("From")}\r\n{One("To")}\r\n{One("Call-ID")}\r\n{One("CSeq").Replace("INVITE", "ACK", StringComparison.Ordinal)}\r\nContent-Length: 0\r\n\r\n");
        }

        private string Head(string method, string uri, string call)
        {
            _sequence++;
            return $"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {Far}:{Port};branch=z9hG4bK{call}{_sequence};rport\r\nMax-Forwards: 70\r\nFrom: <sip:{_account.User}@{Near}>;tag={Port}\r\n"
                + $"To: <{(method == "REGISTER" ? $"sip:{_account.User}@{Near}" : uri)}>\r\nCall-ID: {call}\r\nCSeq: {_sequence} {method}\r\n";
        }
    }
}
