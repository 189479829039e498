using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Gateway.Media.Stun;
using Gateway.Net.Sip;
using Gateway.Testing;

namespace Gateway.Net.Tests.Sip;

/// <summary>STUN on the UDP ports of SIP (RFC 5626 §8).</summary>
public sealed class SipStunTests
{
    private static readonly byte[] s_id = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

    [Theory, Row(60), Rfc(5626, "8"), Rfc(5626, "4.4.2")]
    [InlineData("127.0.0.1", false)]
    [InlineData("127.0.0.1", true)]
    [InlineData("::1", false)]
    public async Task Keep_alive_to_the_registrar_by_STUN_tells_the_address_that_it_came_from(string address, bool fingerprint)
    {
        await using var rig = new HostRig { Net = new NetOptions { Listen = [IPAddress.Parse(address)], SipPort = 0 } };
        await rig.StartAsync();
        using var phone = new StunPhone(rig.Address);

        var answer = await phone.AskAsync(Request(fingerprint));

        Assert.Equal(StunError.None, StunMessage.TryParse(answer, out var message));
        Assert.Equal(StunClass.Success, message.Class);
        Assert.Equal(s_id, message.TransactionId.ToArray());
        Assert.Equal(fingerprint, message.HasFingerprint);
        Assert.True(message.TryGetXorMappedAddress(out var mapped));
        Assert.Equal(phone.Local, mapped.ToIPEndPoint());
    }

    [Theory, Threat(13)]
    [InlineData("127.0.0.1", 28)]
    [InlineData("::1", 48)]
    public async Task STUN_answers_are_no_larger_than_one_and_a_half_questions(string address, int headers)
    {
        await using var rig = new HostRig { Net = new NetOptions { Listen = [IPAddress.Parse(address)], SipPort = 0 } };
        await rig.StartAsync();
        using var phone = new StunPhone(rig.Address);
        var request = Request(fingerprint: false);

        var answer = await phone.AskAsync(request);

        Assert.InRange((double)(answer.Length + headers) / (request.Length + headers), 0.5, 1.5);
    }

    [Fact, Threat(13)]
    public async Task A_flood_of_STUN_is_answered_for_a_moment_only()
    {
        await using var rig = new HostRig();
        await rig.StartAsync();
        using var phone = new StunPhone(rig.Address);
        const int Asked = 4000;
        var answers = 0;
        var began = Stopwatch.StartNew();
        for (var i = 0; i < Asked; i++)
        {
            phone.Send(Request(fingerprint: false));
            answers += phone.Drain();
        }

        // What comes after the flood is SIP, so that all before it has been looked at.
        using var sip = new UdpPhone("ada", rig.Address);
        sip.Send(sip.Request("OPTIONS", $"sip:{rig.Address}"));
        Assert.Equal(200, (await sip.ReceiveAsync()).Status);
        answers += phone.Drain();

        Assert.InRange(answers, 100, SipStun.Burst + (SipStun.PerSecond * (began.Elapsed.TotalSeconds + 1)));
    }

    [Fact, Rfc(8489, "6.3.1")]
    public async Task An_attribute_that_must_be_understood_and_is_not_is_named_in_a_420()
    {
        await using var rig = new HostRig();
        await rig.StartAsync();
        using var phone = new StunPhone(rig.Address);
        var buffer = new byte[64];
        var writer = new StunWriter(buffer, StunClass.Request, StunMethod.Binding, s_id);
        writer.Add((StunAttribute)0x7f01, [1, 2, 3, 4]);

        var answer = await phone.AskAsync(buffer[..writer.Length]);

        Assert.Equal(StunError.None, StunMessage.TryParse(answer, out var message));
        Assert.Equal(StunClass.Error, message.Class);
        Assert.Equal(420, message.ErrorCode);
    }

    [Fact, Threat(8)]
    public async Task Broken_STUN_and_indications_are_not_answered_and_SIP_goes_on()
    {
        await using var rig = new HostRig();
        await rig.StartAsync();
        using var phone = new StunPhone(rig.Address);
        var lies = Request(fingerprint: false);
        lies[3] = 200;
        phone.Send(lies);
        var crc = Request(fingerprint: true);
        crc[^1] ^= 1;
        phone.Send(crc);
        var buffer = new byte[64];
        phone.Send(buffer.AsSpan(0, new StunWriter(buffer, StunClass.Indication, StunMethod.Binding, s_id).Length));
        using var sip = new UdpPhone("ada", rig.Address);
        sip.Send(sip.Request("OPTIONS", $"sip:{rig.Address}"));

        Assert.Equal(200, (await sip.ReceiveAsync()).Status);
        Assert.Equal(0, phone.Drain());
    }

    private static byte[] Request(bool fingerprint)
    {
        var buffer = new byte[64];
        var writer = new StunWriter(buffer, StunClass.Request, StunMethod.Binding, s_id);
        if (fingerprint)
        {
            writer.AddFingerprint();
        }

        return buffer[..writer.Length];
    }

    private sealed class StunPhone : IDisposable
    {
        private readonly Socket _socket;
        private readonly byte[] _buffer = new byte[1500];

        public StunPhone(IPEndPoint gateway)
        {
            _socket = new Socket(gateway.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            _socket.Connect(gateway);
        }

        public IPEndPoint Local => (IPEndPoint)_socket.LocalEndPoint!;

        public void Send(ReadOnlySpan<byte> bytes) => _socket.Send(bytes);

        public async Task<byte[]> AskAsync(byte[] request)
        {
            Send(request);
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            return _buffer[..await _socket.ReceiveAsync(_buffer, limit.Token)];
        }

        /// <summary>How many datagrams have come.</summary>
        public int Drain()
        {
            var count = 0;
            for (; _socket.Available > 0; count++)
            {
                _socket.Receive(_buffer);
            }

            return count;
        }

        public void Dispose() => _socket.Dispose();
    }
}
