namespace Gateway.Sip;

public enum SipScheme : byte
{
    Sip,
    Sips,
    Tel,
}

/// <summary>A sip, sips or tel URI that lives on the heap (RFC 3261 §19.1, RFC 3966). Immutable; equality by §19.1.4.</summary>
public sealed class SipUri : IEquatable<SipUri>
{
    public SipUri(SipScheme scheme, string? user, string host, int? port = null, string? parameters = null, string? headers = null)
        => throw new NotImplementedException();

    public SipScheme Scheme => throw new NotImplementedException();

    /// <summary>The user part, unescaped (or the number of a tel URI); null when absent.</summary>
    public string? User => throw new NotImplementedException();

    /// <summary>Host name, IPv4 or bracketless IPv6 literal, lower case; empty for tel.</summary>
    public string Host => throw new NotImplementedException();

    public int? Port => throw new NotImplementedException();

    /// <summary>The raw parameter part with its leading semicolon, or empty.</summary>
    public string Parameters => throw new NotImplementedException();

    /// <summary>The raw header part with its leading question mark, or empty.</summary>
    public string Headers => throw new NotImplementedException();

    /// <summary>A URI parameter's value ("" for a flag); false when absent. Names are case-insensitive.</summary>
    public bool TryGetParameter(string name, out string value) => throw new NotImplementedException();

    public SipUri WithParameter(string name, string? value) => throw new NotImplementedException();

    public SipUri WithoutParameter(string name) => throw new NotImplementedException();

    public SipUri WithUser(string? user) => throw new NotImplementedException();

    public static bool TryParse(ReadOnlySpan<byte> text, out SipUri uri) => throw new NotImplementedException();

    public static bool TryParse(ReadOnlySpan<char> text, out SipUri uri) => throw new NotImplementedException();

    /// <summary>For constants of ours; throws on bad text.</summary>
    public static SipUri Parse(string text) => TryParse(text, out var uri) ? uri : throw new FormatException($"'{text}' is not a SIP URI");

    public bool Equals(SipUri? other) => throw new NotImplementedException();

    public override bool Equals(object? obj) => Equals(obj as SipUri);

    public override int GetHashCode() => throw new NotImplementedException();

    /// <summary>The URI as it goes on the wire, escaped.</summary>
    public override string ToString() => throw new NotImplementedException();
}

/// <summary>A URI inside a received message, parsed in place.</summary>
public readonly ref struct SipUriView
{
    public SipScheme Scheme => throw new NotImplementedException();

    /// <summary>The user part as written (still escaped), without password; empty when absent.</summary>
    public ReadOnlySpan<byte> User => throw new NotImplementedException();

    public ReadOnlySpan<byte> Host => throw new NotImplementedException();

    /// <summary>0 when absent.</summary>
    public int Port => throw new NotImplementedException();

    public ReadOnlySpan<byte> Raw => throw new NotImplementedException();

    public bool TryGetParameter(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value) => throw new NotImplementedException();

    public static bool TryParse(ReadOnlySpan<byte> text, out SipUriView uri) => throw new NotImplementedException();

    public SipUri ToUri() => throw new NotImplementedException();
}
