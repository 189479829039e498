using System.Net;

namespace Gateway.Sip;

/// <summary>Where a message may come from and an answer may go to: the questions about addresses that transactions ask.</summary>
internal static class FlowRules
{
    /// <summary>The port of SIP over UDP and TCP (RFC 3261 §18.1.1).</summary>
    private const int DefaultPort = 5060;

    /// <summary>
    /// True when a CANCEL comes from where its INVITE came from (THREATS 32): the same address and port for UDP, the same
    /// connection otherwise. A TCP or TLS peer whose connection was lost may come by a new one from the same address; a
    /// WebSocket session keeps its number when its socket changes.
    /// </summary>
    public static bool SameSource(in Flow first, in Flow second)
    {
        if (first.Transport != second.Transport)
        {
            return false;
        }

        return first.Transport switch
        {
            SipTransport.Udp => first.Remote.Port == second.Remote.Port && SameAddress(first.Remote.Address, second.Remote.Address),
            SipTransport.Ws or SipTransport.Wss => first.Connection == second.Connection,
            _ => first.Connection == second.Connection || SameAddress(first.Remote.Address, second.Remote.Address),
        };
    }

    /// <summary>
    /// True when a response comes from where its request went: the connection for streams (§18.2.2), for UDP the address
    /// with any port, as not every peer sends from where it listens.
    /// </summary>
    public static bool MayAnswer(in Flow request, in Flow response) =>
        request.Transport == SipTransport.Udp
            ? response.Transport == SipTransport.Udp && SameAddress(request.Remote.Address, response.Remote.Address)
            : SameSource(request, response);

    /// <summary>True when both name the same association, so that the failure of one is the failure of the other.</summary>
    public static bool IsSame(in Flow first, in Flow second) =>
        first.Transport == second.Transport
        && first.Connection == second.Connection
        && (first.Connection != 0
            || (first.Remote.Port == second.Remote.Port && SameAddress(first.Remote.Address, second.Remote.Address)));

    /// <summary>True when both come from one address, whatever the transport and the port.</summary>
    public static bool SameHost(in Flow first, in Flow second) => SameAddress(first.Remote.Address, second.Remote.Address);

    /// <summary>
    /// Where responses to a request go (§18.2.2, RFC 3581 §4): back along a connection; over UDP to the source address, with
    /// the source port when the Via has rport, else the port of its sent-by. maddr is not followed: it is how a forger
    /// makes us send to a multicast group (RFC 4475 §3.1.1.10 and THREATS 32).
    /// </summary>
    public static Flow ReplyTo(in Flow source, scoped in ViaView via)
    {
        if (source.Transport != SipTransport.Udp || via.HasRPort)
        {
            return source;
        }

        var port = via.Port == 0 ? DefaultPort : via.Port;
        return port == source.Remote.Port ? source : source with { Remote = new IPEndPoint(source.Remote.Address, port) };
    }

    /// <summary>False for a datagram whose source nobody can be reached at: multicast, broadcast, reserved, unspecified, port 0.</summary>
    public static bool CanBeAnswered(in Flow flow)
    {
        if (flow.Transport != SipTransport.Udp)
        {
            return true;
        }

        Span<byte> bytes = stackalloc byte[16];
        if (flow.Remote.Port == 0 || !flow.Remote.Address.TryWriteBytes(bytes, out var length))
        {
            return false;
        }

        if (length == 16 && !flow.Remote.Address.IsIPv4MappedToIPv6)
        {
            return bytes[0] != 0xFF && bytes.IndexOfAnyExcept((byte)0) >= 0;
        }

        // 0.0.0.0/8, and all from 224.0.0.0 on: multicast, reserved, broadcast.
        return bytes[length - 4] is > 0 and < 224;
    }

    private static bool SameAddress(IPAddress first, IPAddress second) =>
        first.Equals(second)
        || (first.IsIPv4MappedToIPv6 != second.IsIPv4MappedToIPv6 && first.MapToIPv6().Equals(second.MapToIPv6()));
}
