using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Media;
using Gateway.Media.Stun;
using Gateway.Net.Sip;
using Gateway.Server.Trunks;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Net.Tests.Sip;

/// <summary>UDP flows that we keep open for others (RFC 5626 §4.4.2).</summary>
public sealed class FlowKeeperTests
{
    private static NetOptions Options(KeepAliveMode mode) =>
        new() { Listen = [IPAddress.Loopback], SipPort = 0, KeepAlive = mode, KeepAliveInterval = TimeSpan.FromSeconds(1), StopTime = TimeSpan.FromMilliseconds(100) };

    [Fact, Row(60), Rfc(5626, "3.5.1")]
    public async Task A_phone_behind_a_nat_gets_line_ends_and_one_that_is_reached_directly_gets_none()
    {
        await using var rig = new HostRig { Net = Options(KeepAliveMode.Crlf) };
        await rig.StartAsync();
        rig.AddAccount("ada");
        rig.AddAccount("bob");
        using var behind = new UdpPhone("ada", rig.Address);
        using var direct = new UdpPhone("bob", rig.Address);
        Assert.Equal(200, (await direct.RegisterAsync()).Status);
        Assert.Equal(200, (await behind.RegisterAsync(contact: "<sip:ada@192.168.1.7:5060>")).Status);

        Assert.Equal("\r\n\r\n", await behind.ReceiveTextAsync());
        Assert.Equal("\r\n\r\n", await behind.ReceiveTextAsync());
        direct.Send(direct.Request("OPTIONS", $"sip:{HostRig.Realm}"));
        Assert.StartsWith("SIP/2.0 200", await direct.ReceiveTextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_phones_see_to_it_themselves_nothing_is_sent()
    {
        await using var rig = new HostRig { Net = Options(KeepAliveMode.Off) };
        await rig.StartAsync();
        rig.AddAccount("ada");
        using var behind = new UdpPhone("ada", rig.Address);
        await behind.RegisterAsync(contact: "<sip:ada@192.168.1.7:5060>");
        await Task.Delay(TimeSpan.FromSeconds(2.5));

        behind.Send(behind.Request("OPTIONS", $"sip:{HostRig.Realm}"));
        Assert.StartsWith("SIP/2.0 200", await behind.ReceiveTextAsync(), StringComparison.Ordinal);
    }

    [Fact, Row(60), Rfc(5626, "4.4.2"), Rfc(5626, "8")]
    public async Task A_changed_address_in_an_answer_to_STUN_is_a_failed_flow_and_we_register_anew()
    {
        await using var rig = new HostRig { Net = Options(KeepAliveMode.Stun) };
        await rig.StartAsync();
        using var registrar = new Registrar();
        rig.Configuration.Set(new Trunk
        {
            Id = Guid.CreateVersion7(), DomainId = Guid.AllBitsSet, Name = "far", Type = TrunkKind.Registering, Host = "127.0.0.1", Port = registrar.Local.Port,
            Transport = SipTransport.Udp, User = "gw1", QualifySeconds = 0,
        });
        await registrar.RegisterAsync();

        // The same address twice, then another: only that is news.
        await registrar.AnswerStunAsync("198.51.100.7:5060");
        await registrar.AnswerStunAsync("198.51.100.7:5060");
        await registrar.AnswerStunAsync("198.51.100.7:6060");

        await registrar.RegisterAsync();
    }

    [Fact, Rfc(5626, "4.4.2")]
    public async Task A_peer_that_knows_no_STUN_gets_line_ends()
    {
        await using var rig = new HostRig { Net = Options(KeepAliveMode.Stun) };
        await rig.StartAsync();
        rig.AddAccount("ada");
        using var phone = new UdpPhone("ada", rig.Address);
        await phone.RegisterAsync(contact: "<sip:ada@192.168.1.7:5060>");

        var question = await phone.ReceiveBytesAsync();
        Assert.True(StunMessage.IsStun(question));
        var buffer = new byte[64];
        phone.Send(buffer.AsSpan(0, new StunWriter(buffer, StunClass.Error, StunMethod.Binding, question.AsSpan(8, 12)).Length));
        string next;
        do
        {
            next = await phone.ReceiveTextAsync();
        }
        while (next != "\r\n\r\n");
    }

    /// <summary>A registrar that takes everybody and is asked by STUN.</summary>
    private sealed class Registrar : IDisposable
    {
        private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        private readonly byte[] _buffer = new byte[4096];

        public Registrar() => _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));

        public IPEndPoint Local => (IPEndPoint)_socket.LocalEndPoint!;

        public async Task RegisterAsync()
        {
            while (true)
            {
                var (bytes, from) = await ReceiveAsync();
                if (StunMessage.IsStun(bytes))
                {
                    continue;
                }

                var request = new SentMessage(default, bytes);
                Assert.Equal(SipMethod.Register, request.Request.Method);
                _socket.SendTo(Encoding.ASCII.GetBytes(CoreHarness.Wire($"""
                    SIP/2.0 200 OK
                    Via: {request.Header(HeaderId.Via)}
                    From: {request.Header(HeaderId.From)}
                    To: {request.Header(HeaderId.To)};tag=r
                    Call-ID: {request.Header(HeaderId.CallId)}
                    CSeq: {request.Header(HeaderId.CSeq)}
                    Contact: {request.Header(HeaderId.Contact)};expires=600
                    Content-Length: 0
                    """)), from);
                return;
            }
        }

        public async Task AnswerStunAsync(string mapped)
        {
            while (true)
            {
                var (bytes, from) = await ReceiveAsync();
                if (StunMessage.IsStun(bytes))
                {
                    Assert.Equal(20, bytes.Length);
                    var answer = new byte[64];
                    var writer = new StunWriter(answer, StunClass.Success, StunMethod.Binding, bytes.AsSpan(8, 12));
                    writer.AddXorMappedAddress(MediaAddress.From(IPEndPoint.Parse(mapped)));
                    _socket.SendTo(answer.AsSpan(0, writer.Length), from);
                    return;
                }
            }
        }

        public void Dispose() => _socket.Dispose();

        private async Task<(byte[] Bytes, EndPoint From)> ReceiveAsync()
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(15));
            var got = await _socket.ReceiveFromAsync(_buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), limit.Token);
            return (_buffer[..got.ReceivedBytes], got.RemoteEndPoint);
        }
    }
}
