using Gateway.Sip;

namespace Gateway.Server.Proxy;

/// <summary>Whether the proxy stays in the path of a dialog, and why, in words for its record and its trace.</summary>
internal readonly record struct RouteVerdict(bool Stays, string Reason);

/// <summary>
/// The wish is to leave once the phones talk; but a request that has to go from phone to phone needs two that can be sent to
/// where their Contacts say (ROWS 46: not a browser, not through a NAT, not from one transport to another).
/// </summary>
internal static class RecordRouteDecision
{
    /// <param name="flow">Of the caller.</param>
    /// <param name="to">The way that the copy takes.</param>
    public static RouteVerdict Of(ServerOptions options, AddressRealms realms, SipRequest invite, in Flow flow, ProxyTarget target, in Flow to)
    {
        if (options.RecordRoute == RecordRouteMode.Always)
        {
            return new RouteVerdict(true, "Record-Route is set to always");
        }

        if (MustStay(invite, flow, target, to) is { } must)
        {
            return new RouteVerdict(true, must);
        }

        if (options.RecordRoute == RecordRouteMode.Never)
        {
            return new RouteVerdict(false, "Record-Route is set to never");
        }

        if (options.RecordCallEnds)
        {
            return new RouteVerdict(true, "call records are to have their end");
        }

        if (invite.Has(HeaderId.SessionExpires))
        {
            return new RouteVerdict(true, "the session has a timer");
        }

        return realms.ShareKnown(flow.Remote.Address, to.Remote.Address)
            ? new RouteVerdict(false, "both phones are in one network and reach each other")
            : new RouteVerdict(true, "the phones are not in one known network");
    }

    private static string? MustStay(SipRequest invite, in Flow flow, ProxyTarget target, in Flow to)
    {
        if (flow.Transport != to.Transport)
        {
            return "the phones use different transports";
        }

        if (flow.Transport != SipTransport.Udp)
        {
            // Neither listens for the other: phones on TCP write the port of their connection to us into Contact (baresip 1.0.0),
            // and a phone on TLS has no certificate that names it.
            return "the phones are reached by their own connections only";
        }

        if (!PeerAddresses.ContactIsSource(invite, flow) || HasOutbound(invite))
        {
            return "the caller is reached by its own flow only";
        }

        return target.Binding is not { } binding || binding.Path.Count > 0 || binding.RegId > 0 || binding.Contact.HasParameter("ob") || !PeerAddresses.IsAt(binding.Contact, to)
            ? "the called phone is reached by its own flow only"
            : null;
    }

    /// <summary>RFC 5626 §4.3: it asks that the dialog's requests come by its flow.</summary>
    private static bool HasOutbound(SipRequest invite)
    {
        foreach (var value in invite.Values(HeaderId.Contact))
        {
            if (NameAddressView.TryParse(value, out var contact) && contact.TryGetUri(out var uri) && uri.HasParameter("ob"u8))
            {
                return true;
            }
        }

        return false;
    }
}
