using System.Net;
using System.Text;
using Gateway.Server.Trunks;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Net.Tests.Sip.Streams;

/// <summary>What is done to a stream port that should not be: lying lengths, endless headers, slow and idle connections.</summary>
public sealed class StreamAttackTests
{
    [Theory, Threat(14), Rfc(3261, "18.3"), Rfc(3261, "20.14")]
    [InlineData("X-Length: 0", 400, "Missing Content-Length Header Field")]
    [InlineData("Content-Length: -1", 400, "Bad Content-Length")]
    [InlineData("Content-Length: 4294967297", 513, "Message Too Large")]
    [InlineData("Content-Length: 99999999999999999999", 513, "Message Too Large")]
    [InlineData("Content-Length: 65537", 513, "Message Too Large")]
    [InlineData("Content-Length: 0x10", 400, "Bad Content-Length")]
    [InlineData("Content-Length: 5\nContent-Length: 6", 400, "Bad Content-Length")]
    [InlineData("Content-Length: 5\nl: 6", 400, "Bad Content-Length")]
    public async Task A_length_that_lies_is_answered_and_ends_the_connection(string length, int status, string reason)
    {
        await using var rig = new HostRig();
        await rig.StartAsync();
        using var eve = await StreamPhone.ConnectAsync("eve", rig.Address);

        // What follows could be anything: it is not taken for a message.
        var request = Gateway.Testing.Server.CoreHarness.Wire(eve.Request("OPTIONS", $"sip:{HostRig.Realm}", length: length));
        var smuggled = Gateway.Testing.Server.CoreHarness.Wire(eve.Request("OPTIONS", $"sip:{HostRig.Realm}"));
        await eve.SendAsync(Encoding.UTF8.GetBytes(request + smuggled));

        var answer = await eve.ReceiveAsync();
        Assert.Equal((status, reason), (answer.Status, answer.Reason));
        Assert.Equal(1u, answer.Message.CSeq);
        Assert.Null(await eve.TryReceiveAsync());
    }

    [Theory, Threat(15)]
    [InlineData("\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003")]
    [InlineData("GET / HTTP/1.1\r\nHost: gw.example\r\n\r\n")]
    [InlineData("\0\0\0\0")]
    public async Task What_is_no_sip_ends_the_connection(string bytes)
    {
        await using var rig = new HostRig();
        await rig.StartAsync();
        using var eve = await StreamPhone.ConnectAsync("eve", rig.Address);

        await eve.SendAsync(Encoding.Latin1.GetBytes(bytes));

        Assert.Empty(await eve.ReceiveBytesAsync());
    }

    [Fact, Threat(15)]
    public async Task A_header_without_end_is_cut_off_at_the_limit()
    {
        await using var rig = new HostRig();
        await rig.StartAsync();
        using var eve = await StreamPhone.ConnectAsync("eve", rig.Address);
        await eve.SendAsync(Encoding.ASCII.GetBytes("OPTIONS sip:gw.example SIP/2.0\r\nSubject: "));
        var line = Encoding.ASCII.GetBytes(new string('x', 1024));
        var sent = 0;
        try
        {
            for (; sent < 256; sent++)
            {
                await eve.SendAsync(line);
                await Task.Yield();
            }
        }
        catch (IOException)
        {
        }

        Assert.Empty(await eve.ReceiveBytesAsync());
    }

    [Fact, Threat(15)]
    public async Task A_message_has_a_deadline_from_its_first_byte()
    {
        await using var rig = new HostRig { Net = new NetOptions { Listen = [IPAddress.Loopback], SipPort = 0, MessageTime = TimeSpan.FromSeconds(1) } };
        await rig.StartAsync();
        using var slow = await StreamPhone.ConnectAsync("eve", rig.Address);
        var text = Encoding.UTF8.GetBytes(Gateway.Testing.Server.CoreHarness.Wire(slow.Request("OPTIONS", $"sip:{HostRig.Realm}")));
        // A whole message first: the deadline is of each one.
        await slow.SendAsync(text);
        Assert.Equal(200, (await slow.ReceiveAsync()).Status);
        var started = TimeProvider.System.GetTimestamp();
        var ended = slow.ReceiveBytesAsync();
        foreach (var letter in text)
        {
            if (ended.IsCompleted)
            {
                break;
            }

            try
            {
                await slow.Stream.WriteAsync(new[] { letter });
            }
            catch (IOException)
            {
                break;
            }

            await Task.WhenAny(ended, Task.Delay(50));
        }

        Assert.Empty(await ended);
        Assert.InRange(TimeProvider.System.GetElapsedTime(started).TotalSeconds, 0.9, 4);
    }

    [Fact, Threat(15)]
    public async Task A_stranger_has_the_time_of_one_registration()
    {
        await using var rig = new HostRig { Net = new NetOptions { Listen = [IPAddress.Loopback], SipPort = 0, UnauthenticatedLifetime = TimeSpan.FromSeconds(1) } };
        await rig.StartAsync();
        rig.AddAccount("ada");
        using var idle = await StreamPhone.ConnectAsync("eve", rig.Address);
        using var asking = await StreamPhone.ConnectAsync("mal", rig.Address);
        using var ada = await StreamPhone.ConnectAsync("ada", rig.Address);
        await asking.SendAsync(asking.Request("OPTIONS", $"sip:{HostRig.Realm}"));
        Assert.Equal(200, (await asking.ReceiveAsync()).Status);
        Assert.Equal(200, (await ada.RegisterAsync()).Status);

        Assert.Empty(await idle.ReceiveBytesAsync());
        Assert.Empty(await asking.ReceiveBytesAsync());

        await ada.SendAsync(ada.Request("OPTIONS", $"sip:{HostRig.Realm}"));
        Assert.Equal(200, (await ada.ReceiveAsync()).Status);
    }

    [Fact, Threat(15)]
    public async Task A_trunk_that_only_asks_whether_we_live_keeps_its_connection()
    {
        await using var rig = new HostRig { Net = new NetOptions { Listen = [IPAddress.Loopback], SipPort = 0, UnauthenticatedLifetime = TimeSpan.FromSeconds(1) } };
        await rig.StartAsync();
        var id = Guid.CreateVersion7();
        rig.Configuration.Set(new Trunk { Id = id, DomainId = id, Name = "pbx", Host = "127.0.0.1", Port = HostRig.FreePort(), QualifySeconds = 0 });
        using var pbx = await StreamPhone.ConnectAsync("pbx", rig.Address);
        for (var i = 0; i < 3; i++)
        {
            await AskAsync(pbx);
            await Task.Delay(1000);
        }

        await AskAsync(pbx);
    }

    [Fact, Threat(15)]
    public async Task Connections_are_counted_of_each_address_and_in_all()
    {
        await using var rig = new HostRig { Net = new NetOptions { Listen = [IPAddress.Loopback], SipPort = 0, MaxConnections = 5, MaxConnectionsPerAddress = 2 } };
        await rig.StartAsync();
        using var first = await StreamPhone.ConnectAsync("a", rig.Address);
        await AskAsync(first);
        using (var second = await StreamPhone.ConnectAsync("b", rig.Address))
        {
            await AskAsync(second);
            Assert.True(await IsRefusedAsync(rig.Address));
        }

        await Until(() => rig.Host.OpenConnections == 1);
        using var again = await StreamPhone.ConnectAsync("d", rig.Address);
        await AskAsync(again);
    }

    [Fact, Threat(15)]
    public async Task Hundreds_of_idle_connections_cost_no_thread_each()
    {
        await using var rig = new HostRig();
        await rig.StartAsync();
        var phones = new List<StreamPhone>();
        var before = ThreadPool.ThreadCount;
        for (var i = 0; i < 300; i++)
        {
            phones.Add(await StreamPhone.ConnectAsync($"p{i}", rig.Address));
        }

        await AskAsync(phones[^1]);
        Assert.Equal(300, rig.Host.OpenConnections);
        Assert.InRange(ThreadPool.ThreadCount, 0, before + 50);
        phones.ForEach(phone => phone.Dispose());
        await Until(() => rig.Host.OpenConnections == 0);
    }

    [Fact, Threat(15)]
    public async Task A_peer_that_does_not_read_is_let_go()
    {
        await using var rig = new HostRig();
        await rig.StartAsync();
        using var deaf = await StreamPhone.ConnectAsync("eve", rig.Address);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var options = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 200).Select(_ => Gateway.Testing.Server.CoreHarness.Wire(deaf.Request("OPTIONS", $"sip:{HostRig.Realm}")))));
        try
        {
            while (rig.Host.OpenConnections > 0)
            {
                await deaf.Stream.WriteAsync(options, limit.Token);
            }
        }
        catch (IOException)
        {
            // Reset by the gateway.
        }

        await Until(() => rig.Host.OpenConnections == 0);
    }

    [Fact, Row(60), Rfc(5626, "3.5.1")]
    public async Task A_ping_between_messages_is_answered()
    {
        await using var rig = new HostRig();
        await rig.StartAsync();
        using var phone = await StreamPhone.ConnectAsync("ada", rig.Address);

        await phone.SendAsync("\r\n\r\n"u8.ToArray());
        Assert.Equal("\r\n"u8.ToArray(), await phone.ReceiveBytesAsync());
        await AskAsync(phone);
    }

    private static async Task<bool> IsRefusedAsync(IPEndPoint gateway)
    {
        try
        {
            using var phone = await StreamPhone.ConnectAsync("c", gateway);
            return (await phone.ReceiveBytesAsync()).Length == 0;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return true;
        }
    }

    private static async Task AskAsync(StreamPhone phone)
    {
        await phone.SendAsync(phone.Request("OPTIONS", $"sip:{HostRig.Realm}"));
        Assert.Equal(200, (await phone.ReceiveAsync()).Status);
    }

    private static async Task Until(Func<bool> condition)
    {
        for (var i = 0; i < 500 && !condition(); i++)
        {
            await Task.Delay(10);
        }

        Assert.True(condition());
    }
}
