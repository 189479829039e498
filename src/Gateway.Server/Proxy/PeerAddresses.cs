using System.Net;
using System.Text;
using Gateway.Sip;

namespace Gateway.Server.Proxy;

/// <summary>
/// What a phone says of its own address, against where its packets came from: a difference is a NAT in between, or a phone
/// that does not know its address, and both need somebody in the middle.
/// </summary>
internal static class PeerAddresses
{
    /// <summary>True when the URI names the very address of the flow. A name may lead anywhere, so it does not.</summary>
    public static bool IsAt(in SipUriView uri, in Flow flow)
    {
        var host = uri.Host;
        if (host is [(byte)'[', .. var inner, (byte)']'])
        {
            host = inner;
        }

        Span<char> text = stackalloc char[64];
        return host.Length <= text.Length
            && IPAddress.TryParse(text[..Encoding.ASCII.GetChars(host, text)], out var address)
            && IsSame(address, flow.Remote.Address);
    }

    public static bool IsAt(SipUri uri, in Flow flow) => IPAddress.TryParse(uri.Host, out var address) && IsSame(address, flow.Remote.Address);

    /// <summary>True when the only Contact of a request stands where the request came from.</summary>
    public static bool ContactIsSource(SipMessage message, in Flow flow)
    {
        var found = false;
        foreach (var value in message.Values(HeaderId.Contact))
        {
            if (found || !NameAddressView.TryParse(value, out var contact) || !contact.TryGetUri(out var uri) || !IsAt(uri, flow))
            {
                return false;
            }

            found = true;
        }

        return found;
    }

    /// <summary>True when every connection address of a session description is the flow's, or none (0.0.0.0, on hold); so it is without a description.</summary>
    public static bool MediaIsAtSource(ReadOnlySpan<byte> body, in Flow flow)
    {
        foreach (var range in body.Split((byte)'\n'))
        {
            var line = body[range].TrimEnd("\r "u8);
            if (!line.StartsWith("c="u8))
            {
                continue;
            }

            var host = line[(line.LastIndexOf((byte)' ') + 1)..];
            if (!IPAddress.TryParse(Encoding.ASCII.GetString(host), out var address)
                || (!IsSame(address, flow.Remote.Address) && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any)))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsSame(IPAddress a, IPAddress b) => a.Equals(b) || (a.IsIPv4MappedToIPv6 != b.IsIPv4MappedToIPv6 && a.MapToIPv6().Equals(b.MapToIPv6()));
}
