using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Interop.Tests.Rig;

namespace Gateway.Interop.Tests.Soak;

/// <summary>
/// Everything that a gateway meets in a day, at once: phones over UDP, TCP and WSS that register, call, cancel, are busy and hand
/// on, phones that come and go, and strangers with garbage. What does not go as it should is a failure of the run.
/// </summary>
internal sealed class SoakLoad : IAsyncDisposable
{
    private const string Password = "soak-soak-soak";

    private readonly GatewayProcess _gateway;
    private readonly List<SoakPhone> _phones = [];
    private readonly (string Name, int Weight, Func<Random, Task> Run)[] _scenes;

    private SoakLoad(GatewayProcess gateway)
    {
        _gateway = gateway;
        _scenes =
        [
            ("call", 10, CallAsync), ("proxied call", 6, PlainCallAsync), ("cancel", 4, CancelAsync), ("busy", 3, BusyAsync), ("unknown", 2, UnknownAsync),
            ("transfer", 3, TransferAsync), ("refresh", 6, RefreshAsync), ("come and go", 3, ComeAndGoAsync), ("ping", 3, random => Any(random).PingAsync()), ("garbage", 4, GarbageAsync),
        ];
    }

    /// <summary>How often each went well.</summary>
    public ConcurrentDictionary<string, int> Done { get; } = new();

    public ConcurrentQueue<string> Failures { get; } = new();

    public static async Task<SoakLoad> OpenAsync(GatewayProcess gateway, GatewayApi api)
    {
        var load = new SoakLoad(gateway);
        foreach (var (user, transport, manner) in ((string, string, SoakManner)[])
        [
            ("u1", "UDP", SoakManner.Answers), ("u2", "UDP", SoakManner.Answers), ("u3", "UDP", SoakManner.Answers), ("t1", "TCP", SoakManner.Answers), ("t2", "TCP", SoakManner.Answers),
            ("w1", "WSS", SoakManner.Answers), ("w2", "WSS", SoakManner.Answers), ("w3", "WSS", SoakManner.Answers), ("busy", "UDP", SoakManner.IsBusy), ("rings", "UDP", SoakManner.RingsOn),
        ])
        {
            await api.MakeAsync("accounts", new { user, password = Password });
            var phone = await SoakPhone.OpenAsync(gateway, transport, user, Password, manner);
            await phone.RegisterAsync();
            load._phones.Add(phone);
        }

        await api.MakeAsync("accounts", new { user = "guest", password = Password });
        return load;
    }

    /// <summary>So many scenes at a time, each after the other, until the time is over and the last one has ended.</summary>
    public async Task RunAsync(TimeSpan time, int workers, int seed)
    {
        var until = DateTime.UtcNow + time;
        await Task.WhenAll(Enumerable.Range(0, workers).Select(worker => Task.Run(async () =>
        {
            var random = new Random(seed * 1000 + worker);
            while (DateTime.UtcNow < until && Failures.Count < 20)
            {
                var (name, _, run) = Draw(random);
                try
                {
                    await run(random);
                    Done.AddOrUpdate(name, 1, (_, count) => count + 1);
                }
                catch (Exception e) when (e is not OutOfMemoryException)
                {
                    Failures.Enqueue($"{name}: {e.Message}");
                }

                await Task.Delay(random.Next(20));
            }
        })));
    }

    public string Story() => string.Join(", ", Done.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key} {pair.Value}")));

    public async ValueTask DisposeAsync()
    {
        foreach (var phone in _phones)
        {
            await phone.DisposeAsync();
        }
    }

    private (string Name, int Weight, Func<Random, Task> Run) Draw(Random random)
    {
        var at = random.Next(_scenes.Sum(scene => scene.Weight));
        return _scenes.First(scene => (at -= scene.Weight) < 0);
    }

    private SoakPhone Phone(string user) => _phones.First(phone => phone.User == user);

    private SoakPhone Any(Random random, params string[] users) => users.Length == 0 ? _phones[random.Next(_phones.Count)] : Phone(users[random.Next(users.Length)]);

    /// <summary>From anywhere to anywhere; one side or the other hangs up.</summary>
    private async Task CallAsync(Random random)
    {
        var from = Any(random, "u1", "t1", "w1", "w2", "w3");
        var call = await from.CallAsync(Any(random, "u2", "u3", "t2", "w2").User is var to && to != from.User ? to : "u3", 200);
        await from.TalkAsync(call);
        await Task.Delay(random.Next(300));
        await from.HangUpAsync(call);
    }

    /// <summary>Two plain phones that need nothing from us.</summary>
    private async Task PlainCallAsync(Random random)
    {
        var from = Phone("u1");
        var call = await from.CallAsync(Any(random, "u2", "u3").User, 200);
        await from.TalkAsync(call);
        await from.HangUpAsync(call);
    }

    private async Task CancelAsync(Random random)
    {
        var from = Any(random, "u1", "t1", "w1");
        var call = await from.CallAsync("rings", 180);
        await Task.Delay(random.Next(100));
        await from.CancelAsync(call);
    }

    private async Task BusyAsync(Random random) => await Any(random, "u1", "t1", "w1").CallAsync("busy", 486);

    private async Task UnknownAsync(Random random) => await Any(random, "u1", "t1", "w1").CallAsync(string.Create(CultureInfo.InvariantCulture, $"nobody{random.Next(50)}"), 404);

    /// <summary>A browser hands its call on to a third phone and is out of it, or to one that is busy and gets it back.</summary>
    private async Task TransferAsync(Random random)
    {
        var from = Any(random, "w1", "w3");
        var call = await from.CallAsync("u2", 200);
        var isGiven = random.Next(3) > 0;
        await from.ReferAsync(call, isGiven ? "u3" : "busy");
        if (isGiven)
        {
            await from.EndedAsync(call);
        }
        else
        {
            await Task.Delay(random.Next(300));
            await from.HangUpAsync(call);
        }
    }

    private async Task RefreshAsync(Random random) => await Any(random).RegisterAsync(random.Next(300, 900));

    /// <summary>A guest over each transport registers and leaves; browsers without saying so as well. (A phone that does so stays registered until its time is over.)</summary>
    private async Task ComeAndGoAsync(Random random)
    {
        var transport = ((string[])["UDP", "TCP", "WSS"])[random.Next(3)];
        await using var guest = await SoakPhone.OpenAsync(_gateway, transport, "guest", Password);
        await guest.RegisterAsync();
        if (transport != "WSS" || random.Next(2) == 0)
        {
            await guest.RegisterAsync(0);
        }
    }

    private async Task GarbageAsync(Random random)
    {
        var bytes = new byte[random.Next(1, 1200)];
        random.NextBytes(bytes);
        switch (random.Next(5))
        {
            case 0:
                await _phones[0].Wire.SendAsync(bytes);
                break;
            case 1:
                await StrangerAsync(bytes);
                break;
            case 2:
                await StrangerAsync(Encoding.ASCII.GetBytes("INVITE sip:u1@gateway SIP/2.0\r\nVia: SIP/2.0/TCP x;branch=z9hG4bKhalf\r\nContent-Length: 4000\r\n"));
                break;
            case 3:
                await StrangerAsync(Encoding.ASCII.GetBytes($"FROB sip:u1@gateway SIP/2.0\r\nVia: SIP/2.0/TCP x.invalid;branch=z9hG4bK{Guid.NewGuid():N}\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:u1@gateway>\r\n"
                    + $"Call-ID: {Guid.NewGuid():N}\r\nCSeq: 1 FROB\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"));
                break;
            default:
                using (var udp = new UdpClient())
                {
                    await udp.SendAsync(Encoding.ASCII.GetBytes($"INVITE sip:u1@gateway SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK{Guid.NewGuid():N}\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:u1@gateway>\r\n"
                        + $"Call-ID: {Guid.NewGuid():N}\r\nCSeq: 1 INVITE\r\nContact: <sip:a@127.0.0.1:9>\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"), new IPEndPoint(IPAddress.Loopback, _gateway.SipPort));
                }

                break;
        }
    }

    private async Task StrangerAsync(byte[] bytes)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, _gateway.SipPort);
        await socket.SendAsync(bytes);
    }
}
