using System.Globalization;
using System.Net;

namespace Gateway.Sdp;

/// <summary>a=candidate: one address at which a peer may be reached (RFC 8839 §5.1).</summary>
/// <param name="Foundation">1–32 characters that group candidates of one base and server.</param>
/// <param name="Component">1 is RTP (and all of it under rtcp-mux), 2 is RTCP.</param>
/// <param name="Transport">"udp" or "tcp", lower case.</param>
/// <param name="Priority">1 to 2^31-1.</param>
/// <param name="Address">A literal; null for a host name such as the "….local" of mDNS, which is not resolved.</param>
/// <param name="Type">"host", "srflx", "prflx" or "relay"; unknown types stay as written.</param>
/// <param name="TcpType">"active", "passive" or "so" (RFC 6544 §4.5); null for udp.</param>
public sealed record IceCandidate(
    string Foundation, int Component, string Transport, uint Priority, IPAddress? Address, int Port, string Type, string? TcpType = null)
{
    /// <summary>Whether checks can be sent to it: a literal address and UDP.</summary>
    public bool IsUsable => Address is not null && Port != 0 && Transport == "udp";

    public IPEndPoint? EndPoint => Address is null ? null : new IPEndPoint(Address, Port);

    public static bool TryParse(string value, out IceCandidate candidate)
    {
        ArgumentNullException.ThrowIfNull(value);
        candidate = null!;
        var parts = value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length < 8 || parts[0].Length > 32 || !parts[6].Equals("typ", StringComparison.OrdinalIgnoreCase)) return false;
        if (!RtpAttributes.TryNumber(parts[1], 256, out var component) || component == 0) return false;
        if (!uint.TryParse(parts[3], NumberStyles.None, CultureInfo.InvariantCulture, out var priority)) return false;
        if (!RtpAttributes.TryNumber(parts[5], ushort.MaxValue, out var port)) return false;
        string? tcpType = null;
        // What follows the type are pairs: raddr, rport, tcptype and extensions (generation, network-id, …).
        for (var i = 8; i + 1 < parts.Length; i += 2)
            if (parts[i] == "tcptype") tcpType = parts[i + 1];
        candidate = new IceCandidate(
            parts[0], component, parts[2].ToLowerInvariant(), priority,
            SdpAddress.TryParse(parts[4], out var address) ? address : null, port, parts[7].ToLowerInvariant(), tcpType);
        return true;
    }

    /// <summary>The priority of a host candidate for component 1 (RFC 8445 §5.1.2.1); the first address gets the highest preference.</summary>
    public static uint HostPriority(int place) => (126u << 24) | ((uint)(65535 - Math.Clamp(place, 0, 65535)) << 8) | 255u;

    public override string ToString()
    {
        var text = string.Create(CultureInfo.InvariantCulture,
            $"{Foundation} {Component} {Transport} {Priority} {(Address is null ? "0.0.0.0" : SdpAddress.Text(Address))} {Port} typ {Type}");
        return TcpType is null ? text : $"{text} tcptype {TcpType}";
    }
}
