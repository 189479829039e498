using System.Net;
using System.Net.Sockets;
using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Attacks;

/// <summary>Strangers at the media ports while a browser and a phone talk: nothing is answered, nothing is heard.</summary>
[Collection(GatewayCollection.Name)]
public sealed class MediaAttackTests(GatewayFixture fixture)
{
    private readonly GatewayProcess _gateway = fixture.Gateway;

    [Fact, Threat(1), Threat(2), Threat(3), Threat(5), Threat(6), Threat(7), Threat(8)]
    public async Task A_call_sounds_on_under_garbage_hellos_and_injected_rtp_and_strangers_get_nothing_back()
    {
        await using var callee = await Baresip.StartAsync(_gateway.Phone(_gateway.Bob) with { Tone = 1000 });
        await using var browser = await Chromium.StartAsync(tone: 440);
        var caller = await JsPhone.StartAsync(browser, _gateway, _gateway.Alice);
        await caller.CallAsync(_gateway.Bob.User);
        await caller.WaitAsync("confirmed");
        await caller.ListenAsync(1000, other: 440);
        await Task.Delay(500);

        var answers = await AttackAsync(TimeSpan.FromSeconds(4));

        var heard = await caller.HeardAsync();
        Assert.Equal(0, answers);
        Assert.True(heard is { Present.TotalSeconds: > 3.5, Other.TotalMilliseconds: 0 }, heard.ToString());
        Assert.True(heard.LongestGap <= TimeSpan.FromMilliseconds(60), heard.ToString());
        await caller.HangUpAsync();
        await callee.WaitAsync("CALL_CLOSED");
        var phone = ToneReport.Of(callee.Recording(), 440, other: 1000);
        Assert.True(phone is { Present.TotalSeconds: > 3.5, Other.TotalMilliseconds: 0 }, phone.ToString());
    }

    [Fact, Threat(1)]
    public async Task Foreign_hellos_at_any_moment_do_not_stop_a_call_from_coming_up()
    {
        using var stop = new CancellationTokenSource();
        var attack = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await AttackAsync(TimeSpan.FromMilliseconds(200));
            }
        });
        await using var browser = await Chromium.StartAsync(tone: 440);
        var caller = await JsPhone.StartAsync(browser, _gateway, _gateway.Alice);
        for (var i = 0; i < 20; i++)
        {
            await caller.CallAsync("tone");
            await caller.WaitAsync("confirmed", count: i + 1);
            await Eventually.True(async () => (await caller.StatsAsync()).TryGetProperty("received", out var received) && received.GetInt32() > 5, TimeSpan.FromSeconds(4));
            await caller.HangUpAsync();
            await caller.WaitAsync("ended", count: i + 1);
        }

        await stop.CancelAsync();
        await attack;
    }

    /// <summary>Sends what attackers send to the browsers' port and to every RTP port; gives how many datagrams came back.</summary>
    private async Task<int> AttackAsync(TimeSpan duration)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var random = new Random(5);
        byte[][] shots = [Hello(), Rtp(random, 0), Rtp(random, 111), Rtcp(), Garbage(random), Stun()];
        var until = DateTime.UtcNow + duration;
        while (DateTime.UtcNow < until)
        {
            foreach (var shot in shots)
            {
                socket.SendTo(shot, new IPEndPoint(IPAddress.Loopback, _gateway.MediaPort));
            }

            for (var port = _gateway.RtpFirst; port < _gateway.RtpFirst + 200; port++)
            {
                socket.SendTo(shots[port % 2 == 0 ? 1 : 3], new IPEndPoint(IPAddress.Loopback, port));
            }

            await Task.Delay(10);
        }

        var answers = 0;
        var buffer = new byte[2048];
        while (socket.Poll(TimeSpan.FromMilliseconds(50), SelectMode.SelectRead))
        {
            try
            {
                socket.Receive(buffer);
                answers++;
            }
            catch (SocketException)
            {
                // ICMP port unreachable of a closed port: not an answer.
            }
        }

        return answers;
    }

    /// <summary>A DTLS 1.2 record that starts a handshake.</summary>
    private static byte[] Hello() =>
        [22, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20, 1, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 8, 0xfe, 0xfd, 1, 2, 3, 4, 5, 6];

    private static byte[] Rtp(Random random, byte payloadType)
    {
        var packet = new byte[172];
        random.NextBytes(packet);
        packet[0] = 0x80;
        packet[1] = payloadType;
        return packet;
    }

    private static byte[] Rtcp() => [0x80, 201, 0, 1, 1, 2, 3, 4];

    private static byte[] Garbage(Random random)
    {
        var packet = new byte[random.Next(1, 1200)];
        random.NextBytes(packet);
        return packet;
    }

    /// <summary>A binding request with a username that names nobody.</summary>
    private static byte[] Stun() =>
        [0, 1, 0, 12, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 6, 0, 7, (byte)'a', (byte)'b', (byte)'c', (byte)':', (byte)'d', (byte)'e', (byte)'f', 0];
}
