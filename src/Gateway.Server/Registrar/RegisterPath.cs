using System.Net;
using System.Text;
using Gateway.Server.Trunks;
using Gateway.Sip;
using IPNetwork = System.Net.IPNetwork;

namespace Gateway.Server.Registrar;

/// <summary>
/// The Path of a REGISTER (RFC 3327 §5.3): who may say by which proxies a device is reached. It only names Routes; requests
/// go back by the flow that the REGISTER came by, so nobody can have us send elsewhere (THREATS 30).
/// </summary>
internal sealed class RegisterPath(LoopServices services)
{
    private const int MostPaths = 8;

    private readonly IPNetwork[] _edges = [.. services.Options.EdgeProxies.Select(static text => TrunkSources.TryParse(text, out var network) ? network : default)];

    /// <summary>True when no proxy stands between the sender and us. What a proxy passes on is not proved by its connection.</summary>
    public static bool IsDirect(SipRequest request)
    {
        var hops = 0;
        foreach (var _ in request.Values(HeaderId.Via))
        {
            hops++;
        }

        return hops == 1;
    }

    /// <returns>The values in their order; null when they are refused.</returns>
    public IReadOnlyList<string>? Read(SipRequest request, in Flow flow, out RegisterFault fault)
    {
        fault = default;
        if (!request.Has(HeaderId.Path))
        {
            return [];
        }

        var path = new List<string>();
        foreach (var value in request.Values(HeaderId.Path))
        {
            if (path.Count == MostPaths || !NameAddressView.TryParse(value, out var hop) || !hop.TryGetUri(out var uri) || uri.Scheme == SipScheme.Tel)
            {
                fault = new RegisterFault(400, "Bad Path Header Field");
                return null;
            }

            path.Add(Encoding.UTF8.GetString(value));
        }

        if (!IsEdge(flow) && !request.ListHas(HeaderId.Supported, "path"u8) && !request.ListHas(HeaderId.Require, "path"u8))
        {
            fault = new RegisterFault(420, "A Proxy Added Path");
            return null;
        }

        return path;
    }

    /// <summary>A proxy of ours, by the settings or as a trunk whose registrations are believed.</summary>
    private bool IsEdge(in Flow flow)
    {
        var address = flow.Remote.Address;
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if (Array.Exists(_edges, edge => edge.Contains(plain)))
        {
            return true;
        }

        foreach (var trunk in services.TrunkSources.Find(flow))
        {
            if (services.Configuration.Current.Trunk(trunk) is { IsEnabled: true, TrustsRegistrations: true })
            {
                return true;
            }
        }

        return false;
    }
}
