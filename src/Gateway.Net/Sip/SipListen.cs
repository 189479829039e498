using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using Gateway.Server.Trunks;
using Gateway.Sip;

namespace Gateway.Net.Sip;

/// <summary>
/// One entry of Gateway:Net:Listeners: what is spoken on which address and port, and the name that peers are told instead, e.g.
/// <c>tls://192.0.2.1:5061?advertise=sip.example.org&amp;certificates=require</c>.
/// </summary>
/// <param name="Transport">UDP, TCP or TLS.</param>
/// <param name="Address">Null for every address of this host.</param>
/// <param name="Port">0 for one that the system picks.</param>
/// <param name="Advertise">Host or host:port for Via and Contact; empty for the address itself.</param>
/// <param name="Certificates">What TLS clients are asked for; null for Gateway:Net:ClientCertificates.</param>
public sealed record SipListen(SipTransport Transport, IPAddress? Address, int Port, string Advertise = "", CertificateDemand? Certificates = null)
{
    private const string Form = "write udp://192.0.2.1:5060, tcp://[2001:db8::1]:5060 or tls://*:5061, and behind it ?advertise=sip.example.org or ?certificates=off, ask or require";

    /// <param name="complaint">What is wrong with the text, for people; empty when it is right.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out SipListen? listen, out string complaint)
    {
        ArgumentNullException.ThrowIfNull(text);
        listen = null;
        var query = text.IndexOf('?', StringComparison.Ordinal);
        var place = query < 0 ? text : text[..query];
        var scheme = place.IndexOf("://", StringComparison.Ordinal);
        SipTransport? transport = scheme < 0 ? null : place[..scheme].ToLowerInvariant() switch
        {
            "udp" => SipTransport.Udp,
            "tcp" => SipTransport.Tcp,
            "tls" => SipTransport.Tls,
            _ => null,
        };
        if (transport is not { } spoken)
        {
            complaint = $"'{text}' does not begin with udp://, tcp:// or tls://: {Form}.";
            return false;
        }

        if (!TryPlace(place[(scheme + 3)..].TrimEnd('/'), spoken, out var address, out var port))
        {
            complaint = $"'{text}' names no address and port: {Form}.";
            return false;
        }

        return TryOptions(text, query < 0 ? "" : text[(query + 1)..], new SipListen(spoken, address, port), out listen, out complaint);
    }

    /// <summary>The host and port of an advertised name; port 0 when it has none.</summary>
    public static bool TryAdvertised(string text, out string host, out int port)
    {
        ArgumentNullException.ThrowIfNull(text);
        (host, port) = (text, 0);
        if (IPAddress.TryParse(text.Trim('[', ']'), out var address))
        {
            host = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString();
            return true;
        }

        var colon = text.LastIndexOf(':');
        if (colon >= 0)
        {
            if (!int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out port) || port is < 1 or > 65535)
            {
                return false;
            }

            host = text[..colon];
        }

        if (host.StartsWith('[') && host.EndsWith(']'))
        {
            return IPAddress.TryParse(host[1..^1], out _);
        }

        return host.Length is > 0 and <= 255 && Uri.CheckHostName(host) is UriHostNameType.Dns or UriHostNameType.IPv4 && !host.Contains('_', StringComparison.Ordinal);
    }

    private static bool TryPlace(string text, SipTransport transport, out IPAddress? address, out int port)
    {
        (address, port) = (null, transport == SipTransport.Tls ? 5061 : 5060);
        if (text.StartsWith('*'))
        {
            return text.Length == 1 || (text[1] == ':' && TryPort(text[2..], out port));
        }

        // An IPv6 address has its brackets: without them nobody knows where it ends.
        var hasPort = text.StartsWith('[') ? text.Contains("]:", StringComparison.Ordinal) : text.Contains(':', StringComparison.Ordinal);
        var colon = hasPort ? text.LastIndexOf(':') : text.Length;
        var host = text[..colon];
        if ((hasPort && !TryPort(text[(colon + 1)..], out port)) || !IPAddress.TryParse(host, out address) || (host.Contains(':', StringComparison.Ordinal) && !host.StartsWith('['))
            || (!host.Contains(':', StringComparison.Ordinal) && host.Count(static c => c == '.') != 3))
        {
            return false;
        }

        if (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
        {
            address = null;
        }

        return true;
    }

    private static bool TryPort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is >= 0 and <= 65535;

    private static bool TryOptions(string text, string query, SipListen bare, [NotNullWhen(true)] out SipListen? listen, out string complaint)
    {
        listen = null;
        var read = bare;
        foreach (var option in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = option.Split('=', 2) is [var left, var right] ? (left, right) : (option, "");
            switch (name.ToLowerInvariant())
            {
                case "advertise" when TryAdvertised(value, out _, out _):
                    read = read with { Advertise = value };
                    break;
                case "advertise":
                    complaint = $"'{text}': '{value}' is no host name or address, with or without a port.";
                    return false;
                case "certificates" when read.Transport == SipTransport.Tls && Enum.TryParse<CertificateDemand>(value, ignoreCase: true, out var demand) && Enum.IsDefined(demand):
                    read = read with { Certificates = demand };
                    break;
                case "certificates":
                    complaint = $"'{text}': certificates is off, ask or require, and for tls:// only.";
                    return false;
                default:
                    complaint = $"'{text}': there is no option '{name}'; there are advertise and certificates.";
                    return false;
            }
        }

        complaint = "";
        listen = read;
        return true;
    }

    /// <summary>What is wrong with a list, all of it.</summary>
    public static IEnumerable<string> Complaints(IReadOnlyList<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var seen = new HashSet<(bool IsUdp, IPAddress? Address, int Port)>();
        var isAny = false;
        foreach (var text in texts)
        {
            if (!TryParse(text, out var listen, out var complaint))
            {
                yield return complaint;
            }
            else if (listen.Port != 0 && !seen.Add((listen.Transport == SipTransport.Udp, listen.Address, listen.Port)))
            {
                yield return $"'{text}': another entry has this address and port already.";
            }

            isAny |= listen is not null;
        }

        foreach (var (isUdp, _, port) in seen.Where(one => one.Address is null).ToList())
        {
            if (seen.Any(one => one.IsUdp == isUdp && one.Port == port && one.Address is not null))
            {
                yield return $"Port {port} of every address (*) is taken by one entry and that of one address by another: name the addresses.";
            }
        }

        if (texts.Count > 0 && !isAny)
        {
            yield return "nothing would be listened on.";
        }
    }
}
