using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Gateway.Net;
using Gateway.Net.Location;
using Gateway.Net.Sip;
using Gateway.Server;
using Gateway.Sip;
using Gateway.Storage;

namespace Gateway.Web.Setup;

/// <summary>All options of the gateway, read and checked before anything starts.</summary>
internal sealed record GatewaySettings(NetOptions Net, ServerOptions Server, StorageOptions Storage, WebOptions Web)
{
    /// <summary>Who outside is asked where a number or user is.</summary>
    public LocationOptions Location { get; init; } = new();

    /// <summary>The timers of SIP.</summary>
    public SipTimers Timers { get; init; } = SipTimers.Default;

    /// <exception cref="SettingsException">Something is wrong; it holds every complaint, not the first.</exception>
    public static GatewaySettings Read(IConfiguration configuration, IReadOnlyList<string>? earlier = null)
    {
        List<string> complaints = [.. earlier ?? []];
        var gateway = configuration.GetSection("Gateway");
        string[] sections = ["Net", "Server", "Timers", "Location", "Storage", "Web"];
        complaints.AddRange(gateway.GetChildren().Where(child => !sections.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
            .Select(child => $"{child.Path}: there is no such section. There are {string.Join(", ", sections)}."));

        var web = SettingsBinder.Bind(gateway.GetSection("Web"), new WebOptions(), complaints);
        var net = SettingsBinder.Bind(gateway.GetSection("Net"), new NetOptions(), complaints);
        var storage = SettingsBinder.Bind(gateway.GetSection("Storage"), new StorageOptions { Path = Path.Combine(web.DataFolder, "gateway.db") }, complaints);
        var server = SettingsBinder.Bind(gateway.GetSection("Server"), new ServerOptions(), complaints);
        var timers = SettingsBinder.Bind(gateway.GetSection("Timers"), SipTimers.Default, complaints);
        complaints.AddRange(timers.Validate("Gateway:Timers"));
        var location = SettingsBinder.Bind(gateway.GetSection("Location"), new LocationOptions(), complaints);
        complaints.AddRange(LocationCheck.Of(location).Select(complaint => "Gateway:Location:" + complaint));
        complaints.AddRange(Check(net).Select(complaint => "Gateway:Net:" + complaint));
        complaints.AddRange(Check(server).Select(complaint => "Gateway:Server:" + complaint));
        complaints.AddRange(Check(storage).Select(complaint => "Gateway:Storage:" + complaint));
        complaints.AddRange(web.Complaints().Select(complaint => "Gateway:Web:" + complaint));
        if (complaints.Count > 0)
        {
            throw new SettingsException(complaints);
        }

        if (web.CertificateFolder.Length == 0)
        {
            web = web with { CertificateFolder = Path.Combine(web.DataFolder, "certs") };
        }

        return new GatewaySettings(net, server with { Aliases = [.. OwnNames(net).Concat(server.Aliases).Distinct(StringComparer.OrdinalIgnoreCase)] }, storage, web) { Location = location, Timers = timers };
    }

    /// <summary>The addresses of this machine that phones may be pointed at, the likeliest first.</summary>
    public static IReadOnlyList<IPAddress> OwnAddresses(NetOptions net)
    {
        if (net.Listen.Count > 0 && !net.Listen.Any(address => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)))
        {
            return net.Listen;
        }

        return [.. NetworkInterface.GetAllNetworkInterfaces()
            .Where(card => card.OperationalStatus == OperationalStatus.Up)
            .SelectMany(card => card.GetIPProperties().UnicastAddresses)
            .Select(unicast => unicast.Address)
            .Where(address => !address.IsIPv6LinkLocal)
            .OrderBy(IPAddress.IsLoopback)
            .ThenBy(address => address.AddressFamily != AddressFamily.InterNetwork)];
    }

    /// <summary>Where SIP is listened to: the list, else what the simple settings say.</summary>
    public static IEnumerable<SipListen> SipListens(NetOptions net)
    {
        if (net.Listeners.Count > 0)
        {
            return net.Listeners.Select(text => SipListen.TryParse(text, out var listen, out _) ? listen : null).OfType<SipListen>();
        }

        var addresses = net.Listen.Cast<IPAddress?>().DefaultIfEmpty(null);
        return addresses.SelectMany(address => new[]
        {
            new SipListen(SipTransport.Udp, address, net.SipPort), new SipListen(SipTransport.Tcp, address, net.SipPort), new SipListen(SipTransport.Tls, address, net.SipsPort),
        }).Where(listen => listen.Transport != SipTransport.Tls || net.SipsPort != 0);
    }

    private static IEnumerable<string> OwnNames(NetOptions net)
    {
        yield return "localhost";
        if (net.PublicAddress is { } address)
        {
            yield return address.ToString();
        }

        foreach (var own in OwnAddresses(net))
        {
            yield return own.ToString();
        }

        foreach (var told in SipListens(net).Select(listen => listen.Advertise).Append(net.Advertise))
        {
            if (SipListen.TryAdvertised(told, out var host, out _))
            {
                yield return host.Trim('[', ']');
            }
        }
    }

    private static IEnumerable<string> Check(NetOptions net)
    {
        foreach (var complaint in SipListen.Complaints(net.Listeners))
        {
            yield return $"Listeners: {complaint}";
        }

        if (net.Advertise.Length > 0 && !SipListen.TryAdvertised(net.Advertise, out _, out _))
        {
            yield return $"Advertise: '{net.Advertise}' is no host name or address, with or without a port, such as sip.example.org.";
        }

        if (net.SipPort is < 0 or > 65535)
        {
            yield return "SipPort: a port is 0 to 65535 (flag --sip-port).";
        }

        if (net.SipsPort is < 0 or > 65535 || (net.SipsPort != 0 && net.SipsPort == net.SipPort))
        {
            yield return "SipsPort: a port is 0 to 65535, and another than SipPort (flag --sips-port).";
        }

        if (net.ClientAuthorities.Length > 0 && !File.Exists(net.ClientAuthorities))
        {
            yield return $"ClientAuthorities: there is no file {net.ClientAuthorities}.";
        }

        if (net.MaxConnections < 1 || net.MaxConnectionsPerAddress < 1)
        {
            yield return "MaxConnections and MaxConnectionsPerAddress: at least 1.";
        }

        TimeSpan[] waits = [net.UnauthenticatedLifetime, net.MessageTime, net.ConnectTime, net.HandshakeTime, net.PingInterval, net.PongTime, net.KeepAliveInterval];
        if (waits.Any(wait => wait < TimeSpan.FromSeconds(1) || wait > TimeSpan.FromHours(1)))
        {
            yield return "UnauthenticatedLifetime, MessageTime, ConnectTime, HandshakeTime, PingInterval, PongTime and KeepAliveInterval: 00:00:01 to 01:00:00.";
        }

        if (net.MediaPort is < 1 or > 65535)
        {
            yield return "MediaPort: a port is 1 to 65535 (flag --media-port).";
        }

        if (net.RtpPortFirst is < 1024 or > 65534 || net.RtpPortLast > 65535 || net.RtpPortLast - net.RtpPortFirst < 1)
        {
            yield return "RtpPortFirst and RtpPortLast: a range of at least two ports from 1024 to 65535 (flag --rtp-ports).";
        }
        else if (net.MediaPort >= net.RtpPortFirst && net.MediaPort <= net.RtpPortLast)
        {
            yield return "MediaPort: lies inside the range of RTP ports (flags --media-port, --rtp-ports).";
        }

        if (net.DnsServers.Count > 8 || net.DnsServers.Any(server => server.Address.Equals(IPAddress.Any) || server.Address.Equals(IPAddress.IPv6Any)))
        {
            yield return "DnsServers: at most 8, each the address of a DNS server, with a port if it is not 53.";
        }

        if (net.FailedHopTime < TimeSpan.Zero || net.FailedHopTime > TimeSpan.FromMinutes(5))
        {
            yield return "FailedHopTime: 00:00:00 (off) to 00:05:00.";
        }

        if (net.SipLoops is < 1 or > 64 || net.MediaLoops is < 0 or > 64)
        {
            yield return "SipLoops: 1 to 64; MediaLoops: 0 (one per core) to 64.";
        }

        if (net.MemoryLimit is not 0 and < 128)
        {
            yield return "MemoryLimit: 0 (by itself) or at least 128 MiB.";
        }

        if (net.TraceMegabytes is < 0 or > 1024)
        {
            yield return "TraceMegabytes: 0 (off) to 1024.";
        }
    }

    private static IEnumerable<string> Check(StorageOptions storage)
    {
        if (storage.Engine == StorageEngine.Postgres && storage.ConnectionString.Length == 0)
        {
            yield return "ConnectionString: postgres needs one, e.g. Host=db;Database=gateway;Username=gateway.";
        }

        if (storage.Engine == StorageEngine.Sqlite && storage.ConnectionString.Length > 0)
        {
            yield return "ConnectionString: is for postgres; set Gateway:Storage:Engine to postgres, or take it out.";
        }

        if (storage.PasswordFile.Length > 0 && !File.Exists(storage.PasswordFile))
        {
            yield return $"PasswordFile: there is no file {storage.PasswordFile}.";
        }

        if (storage.KeepRecords < TimeSpan.Zero || storage.QueueLimit < 1 || storage.BatchLimit < 1)
        {
            yield return "KeepRecords: zero or more; QueueLimit and BatchLimit: at least 1.";
        }
    }

    private static IEnumerable<string> Check(ServerOptions server)
    {
        if (server.NodeId.Length is 0 or > 32 || !server.NodeId.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
        {
            yield return "NodeId: 1 to 32 letters, digits, - or _.";
        }

        if (server.Realm.Length is 0 or > 128 || server.Realm.Any(c => char.IsControl(c) || c is '"' or '\\' or ' '))
        {
            yield return "Realm: a domain name such as example.org.";
        }

        if (server.MinExpires > server.DefaultExpires || server.DefaultExpires > server.MaxExpires)
        {
            yield return "MinExpires, DefaultExpires, MaxExpires: must not fall in this order.";
        }

        foreach (var complaint in RegistrarSettings.Check(server))
        {
            yield return complaint;
        }

        if (server.RingLimit <= TimeSpan.Zero || server.SerialRing <= TimeSpan.Zero || server.MediaSilence <= TimeSpan.Zero || server.FlowGrace < TimeSpan.Zero || server.WrongPasswordWait < TimeSpan.Zero || server.NonceLifetime <= TimeSpan.Zero)
        {
            yield return "RingLimit, SerialRing, MediaSilence, FlowGrace, WrongPasswordWait and NonceLifetime: must be longer than nothing.";
        }

        if (server.Role == ServerRole.Stateless ? server.FrontHops.Count == 0 : server.FrontHops.Count > 0)
        {
            yield return "FrontHops: the servers behind a front end, e.g. sip:10.0.0.11:5060,sip:10.0.0.12:5060; with Role Stateless, and only then.";
        }

        if (server.FrontHops.FirstOrDefault(hop => !SipUri.TryParse(System.Text.Encoding.UTF8.GetBytes(hop), out var uri) || uri.Scheme == SipScheme.Tel) is { } bad)
        {
            yield return $"FrontHops: '{bad}' is no SIP URI such as sip:10.0.0.11:5060;transport=tcp.";
        }

        if (server.OverloadDelay < TimeSpan.Zero || server.OverloadDelay > TimeSpan.FromSeconds(10))
        {
            yield return "OverloadDelay: 00:00:00 (off) to 00:00:10.";
        }

        if (server.FrontPing < TimeSpan.FromSeconds(1) || server.FrontPing > TimeSpan.FromMinutes(10))
        {
            yield return "FrontPing: 00:00:01 to 00:10:00.";
        }

        if (server.MaxBindings < 1 || server.MaxCalls < 1)
        {
            yield return "MaxBindings and MaxCalls: at least 1.";
        }

        foreach (var complaint in ProxySettings.Check(server))
        {
            yield return complaint;
        }
    }
}

/// <summary>The configuration cannot be used; the message says all that is wrong with it.</summary>
public sealed class SettingsException : Exception
{
    public SettingsException(IReadOnlyList<string> complaints)
        : base("Gateway cannot start:\n" + string.Join('\n', complaints.Select(complaint => "  " + complaint))) => Complaints = complaints;

    public SettingsException() => Complaints = [];

    public SettingsException(string message) : base(message) => Complaints = [message];

    public SettingsException(string message, Exception inner) : base(message, inner) => Complaints = [message];

    public IReadOnlyList<string> Complaints { get; }
}
