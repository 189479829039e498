using System.Net;
using System.Net.Sockets;
using Gateway.Net.Sip;
using Gateway.Net.Tests.Dns;
using Gateway.Net.Tests.Sip.Streams;
using Gateway.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Net.Tests.Sip;

/// <summary>What happens when there is no room: files, places for connections, buffers of the kernel.</summary>
public sealed class RoomTests
{
    [Theory, Threat(15)]
    [InlineData(20_000, 18_350)]
    [InlineData(1024, 560)]
    [InlineData(300, 16)]
    [InlineData(0, int.MaxValue)]
    public void Files_are_left_for_everything_else(int limit, int connections) => Assert.Equal(connections, OpenFileBudget.OfLimit(limit).Most);

    [Fact, Threat(15)]
    public void Connections_of_all_kinds_share_the_files()
    {
        var files = new OpenFileBudget(3);
        var (streams, pages) = (new SocketAdmission(10, 10, files), new SocketAdmission(10, 2, files));
        Assert.Equal(Admission.Granted, streams.Enter(IPAddress.Loopback));
        Assert.Equal(Admission.Granted, pages.Enter(IPAddress.Loopback));
        Assert.Equal(Admission.Granted, pages.Enter(IPAddress.Loopback));

        Assert.Equal(Admission.AddressFull, pages.Enter(IPAddress.Loopback));
        Assert.Equal(Admission.Full, streams.Enter(IPAddress.Loopback));
        pages.Leave(IPAddress.Loopback);
        Assert.Equal(Admission.Granted, streams.Enter(IPAddress.Loopback));
        Assert.Equal(3, files.Taken);
        Assert.InRange(OpenFileBudget.OfProcess().Most, 16, int.MaxValue);
    }

    [Fact, Threat(15)]
    public void The_oldest_strangers_make_room_and_the_young_stay()
    {
        var time = new ManualTime();
        var eviction = new StrangerEviction(time);
        List<int> closed = [];
        int MakeRoom() => eviction.MakeRoom(() => Enumerable.Range(0, 100), static age => TimeSpan.FromSeconds(age * 0.1), closed.Add);

        Assert.Equal(16, MakeRoom());
        Assert.Equal(Enumerable.Range(84, 16).Reverse(), closed);
        // A flood asks thousands of times.
        Assert.Equal(0, MakeRoom());
        time.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(16, MakeRoom());
        time.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(0, eviction.MakeRoom(() => Enumerable.Range(0, 19), static age => TimeSpan.FromSeconds(age * 0.1), closed.Add));
    }

    [Fact, Threat(15)]
    public async Task When_all_places_are_taken_by_strangers_a_phone_gets_one_all_the_same()
    {
        await using var rig = new HostRig { Net = new NetOptions { Listen = [IPAddress.Loopback], SipPort = 0, MaxConnections = 20 } };
        await rig.StartAsync();
        rig.AddAccount("ada");
        var strangers = new List<StreamPhone>();
        for (var i = 0; i < 20; i++)
        {
            strangers.Add(await StreamPhone.ConnectAsync("eve", rig.Address));
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        while (true)
        {
            try
            {
                using var ada = await StreamPhone.ConnectAsync("ada", rig.Address);
                if ((await ada.RegisterAsync()).Status == 200)
                {
                    break;
                }
            }
            catch (Exception e) when (e is IOException or InvalidOperationException or SocketException)
            {
                // Not yet; a phone tries again.
                await Task.Delay(200, limit.Token);
            }
        }

        strangers.ForEach(stranger => stranger.Dispose());
    }

    [Fact]
    public void What_the_kernel_drops_is_counted()
    {
        using var metrics = new NetMetrics();
        using var listener = new UdpListener(0, new IPEndPoint(IPAddress.Loopback, 0), static (_, in _) => { }, static (_, _, _, _) => { }, metrics, NullLogger.Instance);
        Assert.True(listener.ReceiveBuffer > 65536);
        long counted = 0;
        using var ear = new System.Diagnostics.Metrics.MeterListener();
        ear.InstrumentPublished = (instrument, one) =>
        {
            if (instrument.Meter == metrics.Meter && instrument.Name == "gateway.sip.udp_dropped") one.EnableMeasurementEvents(instrument);
        };
        ear.SetMeasurementEventCallback<long>((_, value, _, _) => counted += value);
        ear.Start();
        var drops = new UdpDrops(metrics, NullLogger.Instance);
        drops.Use([listener]);

        // It is not started: nobody reads.
        using var flood = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        var datagram = new byte[60_000];
        for (var sent = 0L; sent < 3L * listener.ReceiveBuffer; sent += datagram.Length)
        {
            flood.SendTo(datagram, listener.Local);
        }

        Assert.True(listener.Dropped > 0);
        drops.Look(TimeSpan.FromSeconds(10));
        drops.Look(TimeSpan.FromSeconds(20));
        Assert.Equal(listener.Dropped, counted);
    }
}
