using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Gateway.Sip;

namespace Gateway.Net.Sip;

/// <summary>What peers are told instead of an address that we listen on: a name of its own, the gateway's, or the public address.</summary>
/// <param name="PublicAddress">Null to tell the local addresses.</param>
/// <param name="Advertise">The gateway's name or address, with or without a port; empty for none.</param>
internal sealed record OutsideNames(IPAddress? PublicAddress, string Advertise)
{
    /// <summary>For Via and Contact toward peers on other machines.</summary>
    /// <param name="own">The listener's own name; empty for none.</param>
    public string Of(IPEndPoint local, string own)
    {
        var name = own.Length > 0 ? own : IPAddress.IsLoopback(local.Address) ? "" : Advertise;
        if (SipListen.TryAdvertised(name, out var host, out var port))
        {
            return string.Create(CultureInfo.InvariantCulture, $"{host}:{(port == 0 ? local.Port : port)}");
        }

        var address = PublicAddress is { } known && known.AddressFamily == local.AddressFamily && !IPAddress.IsLoopback(local.Address) ? known : local.Address;
        return Plain(address, local.Port);
    }

    /// <summary>Toward peers on this machine, who cannot always reach the public address. The listener's own name holds for all.</summary>
    public string Inside(IPEndPoint local, string own) => own.Length > 0 ? Of(local, own) : local.ToString();

    /// <summary>Under which addresses and names requests for the listener come.</summary>
    public IEnumerable<OwnAddress> All(SipTransport transport, IPEndPoint local, string own)
    {
        yield return new OwnAddress(local.Address.ToString(), local.Port, transport);
        var outside = Of(local, own);
        var colon = outside.LastIndexOf(':');
        yield return new OwnAddress(outside[..colon], int.Parse(outside.AsSpan(colon + 1), CultureInfo.InvariantCulture), transport);
        if (PublicAddress is { } known && known.AddressFamily == local.AddressFamily)
        {
            yield return new OwnAddress(known.ToString(), local.Port, transport);
        }
    }

    /// <summary>A scope id means something on this host only.</summary>
    private static string Plain(IPAddress address, int port) =>
        new IPEndPoint(address is { AddressFamily: AddressFamily.InterNetworkV6, ScopeId: not 0 } ? new IPAddress(address.GetAddressBytes()) : address, port).ToString();
}
