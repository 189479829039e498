using System.Globalization;
using System.Net;

namespace Gateway.Media.Ice;

/// <summary>
/// A candidate as a=candidate carries it (RFC 8839 §5.1). A lite agent sends its own and needs nothing of the peer's, which checks show anyway;
/// a candidate without an IP literal (a .local name) is therefore no loss.
/// </summary>
/// <param name="Foundation">Equal for candidates of one kind and base.</param>
/// <param name="Component">1 for RTP, 2 for RTCP.</param>
/// <param name="Priority">See <see cref="IcePriority.OfCandidate"/>.</param>
/// <param name="Address">Address and port.</param>
/// <param name="Type">The kind.</param>
public sealed record IceCandidate(string Foundation, int Component, uint Priority, MediaAddress Address, IceCandidateType Type)
{
    /// <summary>A host candidate of ours.</summary>
    public static IceCandidate Host(in MediaAddress address, int localPreference = 65535, int component = 1) => new(
        address.IsIPv4 ? "1" : "2", component, IcePriority.OfCandidate(IceCandidateType.Host, localPreference, component), address, IceCandidateType.Host);

    /// <summary>
    /// Reads the value of an a=candidate attribute, with or without the leading "candidate:". False when it is malformed, not UDP, or names a host by
    /// anything but an IP literal; such a one is left out, not an error of the description (RFC 8839 §5.1).
    /// </summary>
    public static bool TryParse(string value, out IceCandidate? candidate)
    {
        candidate = null;
        ArgumentNullException.ThrowIfNull(value);
        if (value.Length > 256)
        {
            return false;
        }

        if (value.StartsWith("candidate:", StringComparison.OrdinalIgnoreCase))
        {
            value = value["candidate:".Length..];
        }

        var parts = value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length < 8
            || parts[0].Length > 32
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var component) || component is < 1 or > 256
            || !parts[2].Equals("udp", StringComparison.OrdinalIgnoreCase)
            || !uint.TryParse(parts[3], NumberStyles.None, CultureInfo.InvariantCulture, out var priority)
            || !IPAddress.TryParse(parts[4], out var address)
            || !ushort.TryParse(parts[5], NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            || !parts[6].Equals("typ", StringComparison.OrdinalIgnoreCase)
            || TypeOf(parts[7]) is not { } type)
        {
            return false;
        }

        candidate = new IceCandidate(parts[0], component, priority, MediaAddress.From(address, port), type);
        return true;
    }

    /// <summary>The value for the attribute, without "candidate:".</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Foundation} {Component} udp {Priority} {Address.ToIPAddress()} {Address.Port} typ {NameOf(Type)}");

    private static IceCandidateType? TypeOf(string name) => name.ToLowerInvariant() switch
    {
        "host" => IceCandidateType.Host,
        "prflx" => IceCandidateType.PeerReflexive,
        "srflx" => IceCandidateType.ServerReflexive,
        "relay" => IceCandidateType.Relayed,
        _ => null,
    };

    private static string NameOf(IceCandidateType type) => type switch
    {
        IceCandidateType.Host => "host",
        IceCandidateType.PeerReflexive => "prflx",
        IceCandidateType.ServerReflexive => "srflx",
        _ => "relay",
    };
}
