using System.Buffers;
using System.Net;

namespace Gateway.Sdp;

/// <summary>
/// Addresses as SDP writes them. Only literals are read: a name would need a resolver, and the ground floor has none.
/// </summary>
internal static class SdpAddress
{
    private static readonly SearchValues<char> OfIp4 = SearchValues.Create("0123456789.");
    private static readonly SearchValues<char> OfIp6 = SearchValues.Create("0123456789abcdefABCDEF:.");

    public static string TypeOf(IPAddress address)
    {
        Span<byte> octets = stackalloc byte[16];
        return address.TryWriteBytes(octets, out var written) && written == 16 && !address.IsIPv4MappedToIPv6 ? "IP6" : "IP4";
    }

    /// <summary>The address without a zone id, which means nothing to the peer (RFC 8839 §5.1).</summary>
    public static string Text(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4().ToString();
        var text = address.ToString();
        var zone = text.IndexOf('%', StringComparison.Ordinal);
        return zone < 0 ? text : text[..zone];
    }

    /// <summary>Multicast and the broadcast address: one packet of ours would reach many hosts.</summary>
    public static bool IsMany(IPAddress address)
    {
        Span<byte> octets = stackalloc byte[16];
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return address.TryWriteBytes(octets, out var written)
            && (written == 16 ? address.IsIPv6Multicast : octets[0] is >= 224 and < 240 || address.Equals(IPAddress.Broadcast));
    }

    public static bool TryParse(ReadOnlySpan<char> text, out IPAddress address)
    {
        var slash = text.IndexOf('/');
        if (slash >= 0) text = text[..slash];
        // IPAddress also reads "1", "0x7f.1" and "[::1]": SDP writes four decimal numbers, or groups with colons.
        var v6 = text.Contains(':');
        if ((v6 ? !text.ContainsAnyExcept(OfIp6) : !text.ContainsAnyExcept(OfIp4) && text.Count('.') == 3)
            && IPAddress.TryParse(text, out var parsed))
        {
            address = parsed;
            return true;
        }
        address = IPAddress.None;
        return false;
    }
}
