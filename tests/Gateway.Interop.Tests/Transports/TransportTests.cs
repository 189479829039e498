using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Transports;

/// <summary>Phones on TCP and TLS against the gateway as a user starts it.</summary>
[Collection(GatewayCollection.Name)]
public sealed class TransportTests(GatewayFixture fixture)
{
    private readonly GatewayProcess _gateway = fixture.Gateway;

    [Theory, Row(67), Row(49)]
    [InlineData("tcp")]
    [InlineData("tls")]
    public async Task Two_phones_hear_each_other(string transport)
    {
        await using var bob = await Baresip.StartAsync(Over(transport, _gateway.Bob) with { Tone = 1000 });
        await using var alice = await Baresip.StartAsync(Over(transport, _gateway.Alice) with { Tone = 440 });

        await alice.DialAsync($"sip:{_gateway.Bob.User}@127.0.0.1");
        await alice.WaitAsync("CALL_ESTABLISHED");
        await Task.Delay(TimeSpan.FromSeconds(2));
        await bob.HangUpAsync();
        await alice.WaitAsync("CALL_CLOSED");

        Assert.True(ToneReport.Of(alice.Recording(), 1000, other: 440) is { Other.TotalMilliseconds: 0, Present.TotalSeconds: > 1.5 });
        Assert.True(ToneReport.Of(bob.Recording(), 440, other: 1000) is { Other.TotalMilliseconds: 0, Present.TotalSeconds: > 1.5 });
    }

    [Fact, Row(67)]
    public async Task A_phone_on_udp_calls_one_on_tls()
    {
        await using var bob = await Baresip.StartAsync(Over("tls", _gateway.Bob) with { Tone = 1000 });
        await using var alice = await Baresip.StartAsync(_gateway.Phone(_gateway.Alice) with { Tone = 440 });

        await alice.DialAsync($"sip:{_gateway.Bob.User}@{_gateway.Registrar}");
        await alice.WaitAsync("CALL_ESTABLISHED");
        await Task.Delay(TimeSpan.FromSeconds(1));
        await alice.HangUpAsync();
        await bob.WaitAsync("CALL_CLOSED");

        Assert.True(ToneReport.Of(alice.Recording(), 1000).Present > TimeSpan.FromMilliseconds(700));
    }

    [Fact, Row(67)]
    public async Task A_hundred_calls_go_over_one_tcp_connection()
    {
        await using var caller = Sipp.Start("connection", _gateway.Registrar, calls: 100, rate: 20, tcp: true, keys: [.. Sipp.Keys(_gateway.Alice), ("target", "*43")]);
        await caller.SucceedAsync();
    }

    [Fact, Threat(15)]
    public async Task Hundreds_of_slow_strangers_keep_nobody_from_calling()
    {
        await using var gateway = await GatewayProcess.StartAsync(
            [.. GatewayFixture.ShortWaits, ("Gateway__Net__UnauthenticatedLifetime", "00:00:06"), ("Gateway__Net__MessageTime", "00:00:04"), ("Gateway__Net__HandshakeTime", "00:00:04")]);
        var slow = new List<Socket>();
        for (var i = 0; i < 300; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, i % 2 == 0 ? gateway.SipPort : gateway.SipsPort);
            if (i % 4 == 0)
            {
                await socket.SendAsync(Encoding.ASCII.GetBytes("REGISTER sip:gateway SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:5060;branch=z9hG4bK1\r\n"));
            }

            slow.Add(socket);
        }

        await using (var caller = Sipp.Start("connection", gateway.Registrar, calls: 10, rate: 10, tcp: true, keys: [.. Sipp.Keys(gateway.Alice), ("target", "*43")]))
        {
            await caller.SucceedAsync();
        }

        await Eventually.True(() => slow.TrueForAll(IsClosed), TimeSpan.FromSeconds(10));
        slow.ForEach(socket => socket.Dispose());
    }

    private PhoneSettings Over(string transport, (string User, string Password) account) => transport == "tls"
        ? _gateway.Phone(account) with { Transport = "tls", Registrar = $"127.0.0.1:{_gateway.SipsPort}", Domain = "127.0.0.1", Authority = Path.Combine(_gateway.Data, "certs", "fullchain.pem") }
        : _gateway.Phone(account) with { Transport = transport };

    private static bool IsClosed(Socket socket)
    {
        try
        {
            return socket.Poll(0, SelectMode.SelectRead) && socket.Available == 0;
        }
        catch (SocketException)
        {
            return true;
        }
    }
}
