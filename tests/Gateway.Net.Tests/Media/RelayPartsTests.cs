using System.Net;
using Gateway.Media;
using Gateway.Media.Ice;
using Gateway.Net.Media;
using Gateway.Server.Ports;
using Gateway.Testing;

namespace Gateway.Net.Tests.Media;

public sealed class RelayPartsTests
{
    [Fact]
    [Rfc(3550, "11")]
    public void Port_pairs_are_even_and_odd_within_the_range()
    {
        var pool = new PortPool(10001, 10010, TimeSpan.Zero, new SeededRandom(1));
        Assert.Equal(4, pool.Capacity);
        var taken = Enumerable.Range(0, 4).Select(_ => pool.TryTake(TimeSpan.Zero)!.Value).Order().ToList();
        Assert.Equal([10002, 10004, 10006, 10008], taken);
        Assert.Null(pool.TryTake(TimeSpan.Zero));
        Assert.Equal(4, pool.InUse);
    }

    [Fact]
    public void A_returned_pair_rests_before_it_is_used_again()
    {
        var pool = new PortPool(10000, 10001, TimeSpan.FromSeconds(5), new SeededRandom(1));
        Assert.Equal(10000, pool.TryTake(TimeSpan.Zero));
        pool.Return(10000, TimeSpan.FromSeconds(10));
        Assert.Equal(0, pool.InUse);
        Assert.Null(pool.TryTake(TimeSpan.FromSeconds(14.999)));
        Assert.Equal(10000, pool.TryTake(TimeSpan.FromSeconds(15)));
    }

    [Fact]
    public void The_path_table_agrees_with_a_dictionary_over_random_changes()
    {
        var table = new PathTable();
        var model = new Dictionary<IcePath, LegSlot>();
        var random = new Random(4);
        var paths = Enumerable.Range(0, 300)
            .Select(i => new IcePath(MediaAddress.From(new IPAddress([10, 0, 0, (byte)(i % 7)]), 1000 + i), i % 3)).ToArray();
        var legs = Enumerable.Range(0, 20).Select(i => new LegSlot(null!, new LegId(i), 0, [])).ToArray();
        for (var step = 0; step < 50_000; step++)
        {
            var path = paths[random.Next(paths.Length)];
            var leg = legs[random.Next(legs.Length)];
            if (random.Next(2) == 0)
            {
                table.Set(path, leg);
                model[path] = leg;
            }
            else
            {
                table.Remove(path, leg);
                if (model.GetValueOrDefault(path) == leg)
                {
                    model.Remove(path);
                }
            }

            var asked = paths[random.Next(paths.Length)];
            Assert.Same(model.GetValueOrDefault(asked), table.Find(asked));
        }

        Assert.Equal(model.Count, table.Count);
    }

    [Fact]
    [Threat(13)]
    public void A_refused_host_pays_and_earns_its_allowance_back()
    {
        var limiter = new SourceLimiter(burst: 3, perSecond: 1);
        var host = MediaAddress.From(IPAddress.Parse("203.0.113.5"), 1);
        for (var i = 0; i < 3; i++)
        {
            Assert.True(limiter.Allows(host.WithPort(i), TimeSpan.Zero));
            limiter.Charge(host.WithPort(i), TimeSpan.Zero);
        }

        Assert.False(limiter.Allows(host, TimeSpan.FromSeconds(0.5)));
        Assert.True(limiter.Allows(host, TimeSpan.FromSeconds(1)));
        Assert.True(limiter.Allows(MediaAddress.From(IPAddress.Parse("203.0.113.6"), 1), TimeSpan.Zero));
    }

    [Fact]
    [Row(86)]
    public void The_public_address_is_told_first_and_never_in_place_of_loopback()
    {
        var pub = IPAddress.Parse("203.0.113.1");
        IPEndPoint[] bound = [new(IPAddress.Parse("10.0.0.2"), 40000), new(IPAddress.Parse("fd00::2"), 40000)];
        Assert.Equal([new IPEndPoint(pub, 40000), .. bound], HostAddresses.Candidates(bound, pub));
        Assert.Equal(bound, HostAddresses.Candidates(bound, null));
        Assert.Equal(pub, HostAddresses.Advertised(IPAddress.Parse("10.0.0.2"), pub));
        Assert.Equal(IPAddress.Loopback, HostAddresses.Advertised(IPAddress.Loopback, pub));
        Assert.Equal(IPAddress.IPv6Loopback, HostAddresses.Advertised(IPAddress.IPv6Loopback, pub));
    }

    [Fact]
    [Rfc(8445, "5.1.1.1")]
    public void Only_real_addresses_are_bound()
    {
        var all = HostAddresses.Local(new NetOptions());
        Assert.NotEmpty(all);
        Assert.DoesNotContain(IPAddress.Any, all);
        Assert.Equal(all, HostAddresses.Local(new NetOptions { Listen = [IPAddress.Any] }));
        Assert.Equal([IPAddress.Loopback], HostAddresses.Local(new NetOptions { Listen = [IPAddress.Loopback] }));
    }

    [Theory]
    [InlineData("0.0.0.0", 4000)]
    [InlineData("::", 4000)]
    [InlineData("192.0.2.1", 0)]
    [InlineData("255.255.255.255", 4000)]
    [InlineData("239.1.2.3", 4000)]
    [InlineData("ff02::1", 4000)]
    [Rfc(3264, "8.4")]
    [Threat(32)]
    [Row(73)]
    public void What_is_nobodys_address_is_not_sent_to(string address, int port)
    {
        var peer = Mapping.ToPeer(new RtpRemote(new IPEndPoint(IPAddress.Parse(address), port), null, false, null, false));
        Assert.True(peer.Rtp.IsNone);
    }

    [Fact]
    [Threat(4)]
    public void Weak_and_unknown_fingerprints_are_left_out()
    {
        var good = "SHA-256 " + string.Join(':', Enumerable.Repeat("ab", 32));
        var peer = Mapping.ToPeer(new WebRtcRemote(
            "ufrag", "password", ["sha-1 " + string.Join(':', Enumerable.Repeat("AB", 20)), "md5 00", "nonsense", good], DtlsRole.Server));
        Assert.Equal("sha-256 " + string.Join(':', Enumerable.Repeat("AB", 32)), Assert.Single(peer.Fingerprints).ToString());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Both_kinds_of_io_carry_datagrams_and_wake(bool epoll)
    {
        using IPacketIo io = epoll ? new EpollIo() : new PortableIo();
        using var near = UdpPort.TryBind(IPAddress.Loopback, 0, shared: false)!;
        using var far = UdpPort.TryBind(IPAddress.IPv6Loopback, 0, shared: false);
        using var peer = UdpPort.TryBind(IPAddress.Loopback, 0, shared: true)!;
        io.Add(near);
        io.Add(peer);
        for (byte i = 0; i < 100; i++)
        {
            io.Rent()[0] = i;
            io.Send(near, i + 1, MediaAddress.From(peer.Local));
        }

        if (far is not null)
        {
            io.Send(near, 1, MediaAddress.From(far.Local)); // the wrong family is an error, not a fault
            Assert.Equal(1, io.SendErrors);
        }

        io.Flush();
        var received = new Collector();
        for (var i = 0; i < 50 && received.Lengths.Count < 100; i++)
        {
            io.Receive(TimeSpan.FromMilliseconds(100), received);
        }

        Assert.Equal(Enumerable.Range(1, 100), received.Lengths);
        Assert.All(received.From, f => Assert.Equal(MediaAddress.From(near.Local), f));

        io.Wake();
        var began = Environment.TickCount64;
        io.Receive(TimeSpan.FromSeconds(1), received);
        Assert.True(Environment.TickCount64 - began < 900);
        io.Remove(near);
        io.Remove(peer);
    }

    private sealed class Collector : IPacketHandler
    {
        public List<int> Lengths { get; } = [];

        public List<MediaAddress> From { get; } = [];

        private bool _awake;

        public void OnWake() => _awake = true;

        public void OnDatagram(UdpPort port, Span<byte> datagram, in MediaAddress from)
        {
            Assert.True(_awake, "the loop's clock is set after the wait, not before");
            Assert.Equal(datagram.Length - 1, datagram[0]);
            Lengths.Add(datagram.Length);
            From.Add(from);
        }
    }
}
