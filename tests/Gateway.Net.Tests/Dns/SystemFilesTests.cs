using System.Net;
using Gateway.Net.Dns;
using Gateway.Sip;
using Gateway.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Net.Tests.Dns;

/// <summary>/etc/resolv.conf and /etc/hosts, as they are found and as they change.</summary>
public sealed class SystemFilesTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), "gateway-dns-" + Guid.NewGuid().ToString("N"));
    private readonly ManualTime _time = new();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Servers_of_resolv_conf()
    {
        Assert.Equal("127.0.0.1:53", string.Join(' ', DnsServers.Parse([])));
        Assert.Equal("192.0.2.1:53 [2001:db8::53]:53", string.Join(' ', DnsServers.Parse(
            ["# nameserver 9.9.9.9", "search example.com", "nameserver 192.0.2.1", "nameserver\t2001:db8::53 # why", "nameserver nonsense", "options ndots:1", "nameserver 192.0.2.1"])));
    }

    [Fact]
    public void A_changed_file_is_read_again_within_a_second()
    {
        var servers = new DnsServers([], _path, _time, NullLogger.Instance);
        Assert.Equal("127.0.0.1:53", string.Join(' ', servers.InOrder()));
        File.WriteAllText(_path, "nameserver 192.0.2.1\n");
        Assert.Equal("127.0.0.1:53", string.Join(' ', servers.InOrder()));
        _time.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal("192.0.2.1:53", string.Join(' ', servers.InOrder()));
    }

    [Fact]
    public void The_option_wins_and_a_silent_server_is_last_for_a_while()
    {
        var (a, b) = (new IPEndPoint(IPAddress.Parse("192.0.2.1"), 53), new IPEndPoint(IPAddress.Parse("192.0.2.2"), 5353));
        var servers = new DnsServers([new IPEndPoint(a.Address, 0), b], "/etc/resolv.conf", _time, NullLogger.Instance);
        Assert.Equal([a, b], servers.InOrder());
        servers.Silent(a);
        Assert.Equal([b, a], servers.InOrder());
        servers.Answered(a);
        Assert.Equal([a, b], servers.InOrder());
        servers.Silent(a);
        _time.Pass(TimeSpan.FromSeconds(30));
        Assert.Equal([a, b], servers.InOrder());
    }

    [Theory]
    [InlineData("pbx", DnsType.A, "192.0.2.5 192.0.2.6")]
    [InlineData("pbx.example", DnsType.Aaaa, "2001:db8::5")]
    [InlineData("pbx", DnsType.Aaaa, "")]
    [InlineData("pbx", DnsType.Naptr, "")]
    [InlineData("_sip._udp.pbx", DnsType.Srv, "")]
    [InlineData("localhost", DnsType.A, "127.0.0.1")]
    [InlineData("x.localhost", DnsType.Aaaa, "::1")]
    [InlineData("_sips._tcp.localhost", DnsType.Srv, "")]
    [InlineData("abc.invalid", DnsType.A, "")]
    [InlineData("elsewhere", DnsType.A, null)]
    [InlineData("_sip._udp.elsewhere", DnsType.Srv, null)]
    [Rfc(6761, "6.3")]
    [Rfc(6761, "6.4")]
    public void Names_of_this_machine(string name, DnsType type, string? expected)
    {
        File.WriteAllText(_path, "# comment\n192.0.2.5 PBX pbx.example # here\n192.0.2.6\tpbx\n2001:db8::5 pbx.example\nnonsense pbx\n");
        var answer = new HostsFile(_path, _time).Find(new DnsQuestion(name, type));
        Assert.Equal(expected, answer is null ? null : string.Join(' ', answer.Records.Cast<AddressRecord>().Select(record => record.Address)));
        Assert.Equal(name.EndsWith("invalid", StringComparison.Ordinal), answer?.Outcome == DnsOutcome.NoName);
    }
}
