using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.FrontEnd;

/// <summary>The stateless front end on real sockets, before real servers.</summary>
public sealed class StatelessTests
{
    [Fact, Row(41), Rfc(3261, "16.11")]
    public async Task Kill_between_resends_the_same_request_goes_the_same_way_and_its_answer_finds_back()
    {
        using var first = new Server();
        using var second = new Server();
        await using var front = await StartAsync(first.Uri, second.Uri);
        using var phone = new RawSip(front.SipPort);
        var invite = Invite(phone);

        phone.Send(invite);
        var (server, before) = await TakenAsync(first, second);
        await front.KillAsync();
        await front.StartAgainAsync();
        phone.Send(invite);
        var (again, after) = await TakenAsync(first, second);

        Assert.Same(server, again);
        Assert.Equal(before, after);
        // The answer to the first copy, which the process that forwarded it never saw.
        server.Answer(before, "486 Busy Here");
        var answer = await phone.FinalAsync();
        Assert.StartsWith("SIP/2.0 486", answer, StringComparison.Ordinal);
        Assert.Single(answer.Split("\r\n"), line => line.StartsWith("Via", StringComparison.Ordinal));
    }

    [Fact, Row(53), Row(41)]
    public async Task A_load_balancer_keeps_all_messages_of_a_call_together_with_two_real_servers()
    {
        var (left, right) = (FreePorts.Take(), FreePorts.Take());
        await using var first = Sipp.Start("behind", "127.0.0.1:1", calls: 1000, port: left);
        await using var second = Sipp.Start("behind", "127.0.0.1:1", calls: 1000, port: right);
        await using var front = await StartAsync($"sip:127.0.0.1:{left}", $"sip:127.0.0.1:{right}");

        await using var phones = Sipp.Start("strangercall", front.Registrar, calls: 40, rate: 20, keys: [("user", "alice"), ("target", "bob")]);

        await phones.SucceedAsync();
    }

    [Fact, Row(53), Rfc(3327, "5.2")]
    public async Task Phones_register_and_call_each_other_through_a_front_end()
    {
        await using var server = await GatewayProcess.StartAsync(("Gateway__Server__EdgeProxies", "127.0.0.1"));
        await using var front = await StartAsync($"sip:{server.Registrar}");
        PhoneSettings Through((string User, string Password) account) => new(account.User) { Password = account.Password, Domain = front.Registrar, Registrar = front.Registrar };

        await using var bob = await Baresip.StartAsync(Through(server.Bob) with { Tone = 1000, Domain = server.Registrar });
        await using var alice = await Baresip.StartAsync(Through(server.Alice) with { Tone = 440, Domain = server.Registrar });
        await alice.DialAsync($"sip:{server.Bob.User}@{server.Registrar}");
        await alice.WaitAsync("CALL_ESTABLISHED");
        await Task.Delay(TimeSpan.FromSeconds(2));
        await bob.HangUpAsync();
        await alice.WaitAsync("CALL_CLOSED");

        Assert.True(ToneReport.Of(alice.Recording(), 1000, other: 440) is { Other.TotalMilliseconds: 0, Present.TotalSeconds: > 1.5 });
    }

    private static Task<GatewayProcess> StartAsync(params string[] hops) => GatewayProcess.StartAsync(
        ("Gateway__Server__Role", "Stateless"), ("Gateway__Server__FrontHops", string.Join(',', hops)), ("Gateway__Server__FrontPing", "00:05:00"));

    private static async Task<(Server Server, string Request)> TakenAsync(Server first, Server second)
    {
        var one = first.RequestAsync("INVITE");
        var other = second.RequestAsync("INVITE");
        var taken = await Task.WhenAny(one, other).WaitAsync(TimeSpan.FromSeconds(5));
        var (server, loser) = taken == one ? (first, second) : (second, first);
        loser.Stop();
        return (server, await taken);
    }

    private static string Invite(RawSip phone) => $"""
        INVITE sip:bob@127.0.0.1 SIP/2.0
        Via: SIP/2.0/UDP 127.0.0.1:{phone.Port};branch=z9hG4bKkilled;rport
        Max-Forwards: 70
        From: <sip:alice@127.0.0.1>;tag=1
        To: <sip:bob@127.0.0.1>
        Call-ID: killed-between-resends
        CSeq: 1 INVITE
        Contact: <sip:alice@127.0.0.1:{phone.Port}>
        Content-Length: 0


        """;

    /// <summary>A server behind the front end: it keeps what comes and answers what the test says.</summary>
    private sealed class Server : IDisposable
    {
        private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        private CancellationTokenSource _stop = new();
        private EndPoint _from = new IPEndPoint(IPAddress.Any, 0);

        public Server() => _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));

        public string Uri => $"sip:{_socket.LocalEndPoint}";

        public async Task<string> RequestAsync(string method)
        {
            var buffer = new byte[65536];
            while (true)
            {
                var got = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, _from, _stop.Token);
                var text = Encoding.UTF8.GetString(buffer, 0, got.ReceivedBytes);
                if (text.StartsWith(method, StringComparison.Ordinal))
                {
                    _from = got.RemoteEndPoint;
                    return text;
                }
            }
        }

        public void Stop()
        {
            _stop.Cancel();
            _stop = new CancellationTokenSource();
        }

        public void Answer(string request, string status)
        {
            var lines = request.Split("\r\n").Where(line => line.StartsWith("Via", StringComparison.Ordinal) || line.StartsWith("From", StringComparison.Ordinal)
                || line.StartsWith("Call-ID", StringComparison.Ordinal) || line.StartsWith("CSeq", StringComparison.Ordinal));
            var to = request.Split("\r\n").Single(line => line.StartsWith("To:", StringComparison.Ordinal)) + ";tag=server";
            _socket.SendTo(Encoding.UTF8.GetBytes($"SIP/2.0 {status}\r\n{string.Join("\r\n", lines)}\r\n{to}\r\nContent-Length: 0\r\n\r\n"), _from);
        }

        public void Dispose()
        {
            _stop.Cancel();
            _socket.Dispose();
            _stop.Dispose();
        }
    }
}
