using System.Collections.Frozen;
using System.Net;
using System.Text;

namespace Gateway.Sip;

/// <summary>One address that messages reach us at: a listener, or the name and port that it is known by outside.</summary>
/// <param name="Host">A name, an IPv4 or an IPv6 literal, with or without brackets.</param>
/// <param name="Port">1 to 65535.</param>
/// <param name="Transport">What is spoken there.</param>
public readonly record struct OwnAddress(string Host, int Port, SipTransport Transport);

/// <summary>
/// Which URIs and sent-by values mean this server, over all of its listeners (RFC 3261 §16.4, §16.3 step 4). A host name of
/// ours is ours without a port and with the port of any listener; an address only with a port that is listened on.
/// </summary>
public sealed class OwnAddresses
{
    private const int LongestHost = 255;

    private readonly FrozenSet<(string Host, int Port)> _places;
    private readonly FrozenSet<string> _names;
    private readonly FrozenSet<int> _ports;

    /// <param name="addresses">Every listener's address, and what it is advertised as. Wildcards (0.0.0.0, ::) name nobody and are left out.</param>
    /// <param name="names">Host names that are ours whatever the listener: the realm, its aliases.</param>
    public OwnAddresses(IEnumerable<OwnAddress> addresses, IEnumerable<string> names)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        ArgumentNullException.ThrowIfNull(names);
        var all = addresses.Select(address => address with { Host = Normal(address.Host) }).ToList();
        _places = all.Where(address => address.Host is not ("0.0.0.0" or "::" or "")).Select(address => (address.Host, address.Port)).ToFrozenSet();
        _names = names.Select(Normal).Where(name => name.Length > 0).ToFrozenSet(StringComparer.Ordinal);
        _ports = all.Select(address => address.Port).ToFrozenSet();
    }

    /// <summary>True when a request for this URI is meant for us, by host and port; a tel URI names no host.</summary>
    public bool Owns(in SipUriView uri) => uri.Scheme != SipScheme.Tel && Owns(uri.Host, PortOf(uri), uri.Port != 0);

    /// <summary>True for a value that we wrote into a Record-Route, Service-Route or Path: ours, and with the lr that all of those have.</summary>
    public bool OwnsRoute(in SipUriView uri) => uri.HasParameter("lr"u8) && Owns(uri);

    /// <summary>True when a Via was put there by us.</summary>
    public bool Sent(in ViaView via) => Owns(via.Host, via.Port != 0 ? via.Port : DefaultPort(via.Transport), via.Port != 0);

    /// <summary>True for the value of a maddr parameter that names us, whatever the port (§16.4).</summary>
    public bool OwnsHost(ReadOnlySpan<byte> host) => TryNormal(host, out var name) && (_names.Contains(name) || _places.Any(place => place.Host == name));

    /// <summary>The port that a URI means: its own, or that of its transport (§19.1.2, RFC 7118 §8).</summary>
    public static int PortOf(in SipUriView uri)
    {
        if (uri.Port != 0)
        {
            return uri.Port;
        }
        if (!uri.TryGetParameter("transport"u8, out var transport))
        {
            return uri.Scheme == SipScheme.Sips ? 5061 : 5060;
        }
        var port = DefaultPort(transport);
        return uri.Scheme != SipScheme.Sips ? port : port == 80 ? 443 : port == 5060 ? 5061 : port;
    }

    private static int DefaultPort(ReadOnlySpan<byte> transport) =>
        SipLexer.EqualsIgnoreCase(transport, "tls"u8) ? 5061
        : SipLexer.EqualsIgnoreCase(transport, "ws"u8) ? 80
        : SipLexer.EqualsIgnoreCase(transport, "wss"u8) ? 443
        : 5060;

    private bool Owns(ReadOnlySpan<byte> host, int port, bool isExplicit) =>
        TryNormal(host, out var name)
        && (_places.Contains((name, port)) || (_names.Contains(name) && (!isExplicit || _ports.Contains(port))));

    private static bool TryNormal(ReadOnlySpan<byte> host, out string name)
    {
        name = host.IsEmpty || host.Length > LongestHost ? "" : Normal(Encoding.Latin1.GetString(host));
        return name.Length > 0;
    }

    /// <summary>Lower case, without brackets or the dot of the root; an IPv6 address in the one spelling of RFC 5952.</summary>
    private static string Normal(string host)
    {
        var bare = host.Trim('[', ']').TrimEnd('.').ToLowerInvariant();
        return bare.Contains(':', StringComparison.Ordinal) && IPAddress.TryParse(bare, out var address) ? address.ToString() : bare;
    }
}
