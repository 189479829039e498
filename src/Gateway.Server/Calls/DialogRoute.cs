using System.Net;
using System.Text;
using Gateway.Server.Ports;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// Where the requests of a trunk's dialog go: to its first Route, else to its Contact (RFC 3261 §12.2.1.1), which need not be
/// where the INVITE went. Phones and browsers are spoken to by the flow that they came by, whatever their Contact says.
/// </summary>
internal sealed class DialogRoute(CallLeg leg)
{
    private SipUri? _followed;

    private LoopServices Services => leg.Services;

    /// <summary>Looks at the dialog's targets, if they have changed, and turns the leg to where they point.</summary>
    public void Follow()
    {
        if (leg.Terms.Trunk is not { } trunk || leg.Dialog is not { } dialog || ReferenceEquals(_followed, dialog.RemoteTarget)) return;
        _followed = dialog.RemoteTarget;
        if (Services.Connector is null || Services.NextHops is null || TargetOf(dialog) is not { } target) return;
        if (target.Host.Equals(trunk.Host, StringComparison.OrdinalIgnoreCase) && target.Port.GetValueOrDefault() == trunk.Port) return;
        var transport = TransportOf(target, leg.Flow);
        if (transport is null or SipTransport.Ws or SipTransport.Wss) return;
        if (IPAddress.TryParse(target.Host, out var address))
        {
            // An address has no name of its own: a certificate there must be the trunk's.
            var port = target.Port ?? (transport == SipTransport.Tls ? 5061 : 5060);
            if (Points(leg.Flow, transport.Value, address, port)) Turn(new NextHop(transport.Value, new IPEndPoint(address, port), trunk.Host));
            return;
        }
        // What has to leave at once leaves by the old way; a proxy there passes it on.
        Services.NextHops.Find(new NextHopQuery(target.Host, target.Port ?? 0, target.HasParameter("transport") ? transport : null, target.Scheme == SipScheme.Sips),
            Services.Scheduler, found =>
            {
                if (!leg.IsGone && ReferenceEquals(_followed, leg.Dialog?.RemoteTarget) && found.Hops is [var hop, ..]) Turn(hop);
            });
    }

    /// <summary>True when the target is elsewhere and can be meant: a private address of a peer that we reach at a public one is behind its NAT.</summary>
    public static bool Points(in Flow flow, SipTransport transport, IPAddress address, int port)
    {
        if (IsPrivate(address) && !IsPrivate(flow.Remote.Address)) return false;
        // A connection to the same host is the way, whatever port it was made to (RFC 5923).
        return transport != flow.Transport || !address.Equals(flow.Remote.Address) || (transport == SipTransport.Udp && port != flow.Remote.Port);
    }

    private void Turn(NextHop hop) => leg.TurnTo(Services.Connector!.Open(hop with { Trunk = leg.Trunk }));

    private static SipUri? TargetOf(Dialog dialog) => dialog.RouteSet is not [var first, ..] ? dialog.RemoteTarget
        : NameAddressView.TryParse(Encoding.UTF8.GetBytes(first), out var route) && SipUri.TryParse(route.UriBytes, out var proxy) ? proxy : null;

    /// <summary>As the URI says; one that says nothing means the transport that is in use.</summary>
    private static SipTransport? TransportOf(SipUri target, in Flow flow)
    {
        if (target.Scheme == SipScheme.Sips) return SipTransport.Tls;
        if (!target.TryGetParameter("transport", out var named)) return flow.Transport;
        return Enum.TryParse<SipTransport>(named, ignoreCase: true, out var transport) ? transport : null;
    }

    /// <summary>RFC 1918, RFC 4193, RFC 3927, RFC 6598 and loopback.</summary>
    private static bool IsPrivate(IPAddress address)
    {
        if (IPAddress.IsLoopback(address) || address.IsIPv6LinkLocal || address.IsIPv6UniqueLocal) return true;
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        Span<byte> bytes = stackalloc byte[16];
        return plain.TryWriteBytes(bytes, out var length) && length == 4 && bytes[..2] is
            [10, _] or [172, >= 16 and <= 31] or [192, 168] or [169, 254] or [100, >= 64 and <= 127];
    }
}
