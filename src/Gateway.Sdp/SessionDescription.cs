using System.Collections.Immutable;
using System.Net;
using System.Text;

namespace Gateway.Sdp;

/// <summary>One line that this model does not take apart (b=, i=, t=, k=, …), kept as it was written.</summary>
public readonly record struct SdpLine(char Type, string Value);

/// <summary>An a= line: a property ("rtcp-mux", no value) or a name with a value, kept as it was written.</summary>
public readonly record struct SdpAttribute(string Name, string? Value = null)
{
    /// <summary>Attribute names are case sensitive (RFC 8866 §9.1 with RFC 5234's strings read strictly).</summary>
    public bool Is(string name) => string.Equals(Name, name, StringComparison.Ordinal);

    public override string ToString() => Value is null ? Name : $"{Name}:{Value}";
}

/// <summary>o=: who made this session, which session it is, and which version of it (RFC 8866 §5.2).</summary>
/// <param name="UserName">"-" where the maker has no user ids.</param>
/// <param name="SessionId">Decimal digits; some peers send more than 64 bits, so it stays text.</param>
/// <param name="Version">Rises by one with each change of the description (RFC 3264 §8).</param>
/// <param name="Connection">Network type, address type and address of the maker.</param>
public sealed record SdpOrigin(string UserName, string SessionId, string Version, SdpConnection Connection)
{
    public override string ToString() => $"{UserName} {SessionId} {Version} {Connection}";
}

/// <summary>c=, and the last three fields of o= (RFC 8866 §5.7): "IN IP4 192.0.2.1".</summary>
public sealed record SdpConnection(string NetworkType, string AddressType, string Address)
{
    /// <summary>The connection data of a literal address.</summary>
    public static SdpConnection Of(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return new SdpConnection("IN", SdpAddress.TypeOf(address), SdpAddress.Text(address));
    }

    /// <summary>The literal address without the "/ttl" of multicast; false for a host name.</summary>
    public bool TryGetAddress(out IPAddress address) => SdpAddress.TryParse(Address, out address);

    /// <summary>"0.0.0.0" and "::": how phones before RFC 3264 said hold (§8.4), and what a browser without candidates writes.</summary>
    public bool IsUnspecified =>
        TryGetAddress(out var address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any));

    public override string ToString() => $"{NetworkType} {AddressType} {Address}";
}

/// <summary>
/// A session description of RFC 8866 as an immutable value: what negotiation needs is taken apart, every other line
/// and attribute stays verbatim and in order. Two descriptions are compared by their text (<see cref="SdpWriter"/>).
/// </summary>
public sealed record SessionDescription
{
    public required SdpOrigin Origin { get; init; }

    /// <summary>s=: "-" where the session has no name (RFC 8866 §5.3).</summary>
    public string Name { get; init; } = "-";

    /// <summary>The session-level c=, which a media section's own c= overrides.</summary>
    public SdpConnection? Connection { get; init; }

    /// <summary>The lines i, u, e, p, b, t, r, z, k and unknown ones, in their order.</summary>
    public ImmutableArray<SdpLine> Lines { get; init; } = [];

    public ImmutableArray<SdpAttribute> Attributes { get; init; } = [];

    public ImmutableArray<MediaSection> Media { get; init; } = [];

    /// <summary>One media section read together with the session-level attributes that apply to it.</summary>
    public ResolvedMedia Resolve(int index) => new(this, Media[index]);

    /// <summary>The mids of each BUNDLE group (RFC 9143), in the order written.</summary>
    public IEnumerable<ImmutableArray<string>> BundleGroups
    {
        get
        {
            foreach (var attribute in Attributes)
            {
                if (!attribute.Is("group") || attribute.Value is not { } value) continue;
                var parts = value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (parts.Length > 0 && parts[0].Equals("BUNDLE", StringComparison.OrdinalIgnoreCase)) yield return [.. parts[1..]];
            }
        }
    }

    /// <summary>The description as text, in the canonical order of RFC 8866 §5, CRLF after each line.</summary>
    public override string ToString() => SdpWriter.ToText(this);

    /// <summary>The description as the octets of a message body.</summary>
    public byte[] ToUtf8Bytes() => Encoding.UTF8.GetBytes(SdpWriter.ToText(this));
}
