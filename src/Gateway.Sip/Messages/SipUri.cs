using System.Globalization;
using System.Net;
using System.Text;

namespace Gateway.Sip;

public enum SipScheme : byte
{
    Sip,
    Sips,
    Tel,
}

/// <summary>A sip, sips or tel URI that lives on the heap (RFC 3261 §19.1, RFC 3966). Immutable; equality by §19.1.4.</summary>
/// <remarks>
/// That equality is not transitive (two URIs with different unknown parameters both equal the one without), so a URI is a
/// fit key only where such parameters were removed. The hash takes only parts that must always match.
/// </remarks>
public sealed class SipUri : IEquatable<SipUri>
{
    // Escaped in canonical form: unreserved characters plain, all other escapes with upper-case digits.
    private readonly string? _user;
    private readonly string? _password;

    /// <summary>A URI from its parts.</summary>
    /// <param name="scheme">sip, sips or tel.</param>
    /// <param name="user">Unescaped; of tel the number. Null or empty for none.</param>
    /// <param name="host">A name, an IPv4 or an IPv6 literal, with or without brackets; empty for tel.</param>
    /// <param name="port">1 to 65535, or null.</param>
    /// <param name="parameters">Raw, with or without the leading semicolon; bytes that may not stand there are escaped.</param>
    /// <param name="headers">Raw, with or without the leading question mark; bytes that may not stand there are escaped.</param>
    /// <exception cref="ArgumentException">The host is none, or the number has no digit. Parts that came from outside go through TryParse instead.</exception>
    public SipUri(SipScheme scheme, string? user, string host, int? port = null, string? parameters = null, string? headers = null)
        : this(
            scheme,
            scheme == SipScheme.Tel ? UriText.Number(user) ?? throw new ArgumentException("A tel URI needs a number", nameof(user))
                : string.IsNullOrEmpty(user) ? null : UriText.Escape(user, UriText.InUser),
            null,
            scheme == SipScheme.Tel ? "" : Canonical(host) ?? throw new ArgumentException($"'{host}' is no host", nameof(host)),
            port is > 0 and <= 65535 ? port : null,
            UriText.Prefixed(';', parameters, UriText.InParameters),
            UriText.Prefixed('?', headers, UriText.InHeaders))
    {
    }

    internal SipUri(in SipUriView view)
        : this(
            view.Scheme,
            view.User.IsEmpty ? null : view.Scheme == SipScheme.Tel ? Encoding.ASCII.GetString(view.User) : UriText.Canonical(view.User),
            view.Password.IsEmpty ? null : UriText.Canonical(view.Password),
            Canonical(Encoding.ASCII.GetString(view.Host)) ?? "",
            view.Port == 0 ? null : view.Port,
            Encoding.ASCII.GetString(view.Parameters),
            Encoding.ASCII.GetString(view.Headers))
    {
    }

    private SipUri(SipScheme scheme, string? user, string? password, string host, int? port, string parameters, string headers)
    {
        Scheme = scheme;
        _user = user;
        _password = password;
        Host = host;
        Port = port;
        Parameters = parameters;
        Headers = headers;
        User = user is null ? null : UriText.Unescape(user);
    }

    public SipScheme Scheme { get; }

    /// <summary>The user part, unescaped (or the number of a tel URI); null when absent. May hold any character, CR and NUL too.</summary>
    public string? User { get; }

    /// <summary>Host name, IPv4 or bracketless IPv6 literal, lower case; empty for tel.</summary>
    public string Host { get; }

    /// <summary>1 to 65535; null when absent.</summary>
    public int? Port { get; }

    /// <summary>The raw parameter part with its leading semicolon, or empty.</summary>
    public string Parameters { get; }

    /// <summary>The raw header part with its leading question mark, or empty.</summary>
    public string Headers { get; }

    /// <summary>A URI parameter's value ("" for a flag); false when absent. Names are case-insensitive.</summary>
    public bool TryGetParameter(string name, out string value)
    {
        foreach (var (key, text) in UriText.Parts(Parameters, ';'))
        {
            if (key.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                value = UriText.Unescape(text);
                return true;
            }
        }
        value = "";
        return false;
    }

    public bool HasParameter(string name) => TryGetParameter(name, out _);

    /// <summary>The same URI with this parameter set; a null or empty value makes it a flag.</summary>
    public SipUri WithParameter(string name, string? value)
    {
        var part = string.IsNullOrEmpty(value) ? $";{name}" : $";{name}={UriText.Escape(value, UriText.InValue)}";
        return With(UriText.Prefixed(';', Without(name) + part, UriText.InParameters));
    }

    /// <summary>The same URI without this parameter.</summary>
    public SipUri WithoutParameter(string name) => With(Without(name));

    /// <summary>The same URI with another user (unescaped); its password, if it had one, goes.</summary>
    public SipUri WithUser(string? user) => new(Scheme, user, Host, Port, Parameters, Headers);

    /// <summary>The same URI as it may stand in a Request-URI: without method parameter and headers (§19.1.1 table 1).</summary>
    public SipUri WithoutRequestParts() => Headers.Length == 0 && !HasParameter("method")
        ? this
        : new(Scheme, _user, _password, Host, Port, Without("method"), "");

    /// <summary>The same URI without what may not stand in a To, a From or an address of record: parameters, headers, port (§10.3 step 5).</summary>
    public SipUri ToAddressOfRecord() => new(Scheme, _user, null, Host, null, Scheme == SipScheme.Tel ? Parameters : "", "");

    public static bool TryParse(ReadOnlySpan<byte> text, out SipUri uri)
    {
        if (SipUriView.TryParse(text, out var view))
        {
            uri = new SipUri(view);
            return true;
        }
        uri = null!;
        return false;
    }

    public static bool TryParse(ReadOnlySpan<char> text, out SipUri uri)
    {
        uri = null!;
        if (text.Length > SipLimits.Uri || !Ascii.IsValid(text))
        {
            return false;
        }
        Span<byte> bytes = stackalloc byte[SipLimits.Uri];
        var length = Encoding.ASCII.GetBytes(text, bytes);
        return TryParse(bytes[..length], out uri);
    }

    /// <summary>For constants of ours; throws on bad text.</summary>
    public static SipUri Parse(string text) => TryParse(text, out var uri) ? uri : throw new FormatException($"'{text}' is not a SIP URI");

    public bool Equals(SipUri? other)
    {
        if (ReferenceEquals(this, other))
        {
            return true;
        }
        if (other is null || Scheme != other.Scheme)
        {
            return false;
        }
        return Scheme == SipScheme.Tel
            ? UriComparison.SameNumber(this, other)
            : string.Equals(_user, other._user, StringComparison.Ordinal)
                && string.Equals(_password, other._password, StringComparison.Ordinal)
                && string.Equals(Host, other.Host, StringComparison.OrdinalIgnoreCase)
                && Port == other.Port
                && UriComparison.SameParameters(Parameters, other.Parameters)
                && UriComparison.SameHeaders(Headers, other.Headers);
    }

    public override bool Equals(object? obj) => Equals(obj as SipUri);

    public override int GetHashCode() => Scheme == SipScheme.Tel
        ? string.GetHashCode(UriComparison.Digits(User), StringComparison.OrdinalIgnoreCase)
        : HashCode.Combine(Scheme, _user, string.GetHashCode(Host, StringComparison.OrdinalIgnoreCase), Port);

    /// <summary>The URI as it goes on the wire, escaped.</summary>
    public override string ToString()
    {
        if (Scheme == SipScheme.Tel)
        {
            return $"tel:{_user}{Parameters}";
        }
        var text = new StringBuilder(Scheme == SipScheme.Sip ? "sip:" : "sips:", 64);
        if (_user is not null)
        {
            text.Append(_user);
            if (_password is not null)
            {
                text.Append(':').Append(_password);
            }
            text.Append('@');
        }
        if (Host.Contains(':', StringComparison.Ordinal))
        {
            text.Append('[').Append(Host).Append(']');
        }
        else
        {
            text.Append(Host);
        }
        if (Port is { } port)
        {
            text.Append(':').Append(CultureInfo.InvariantCulture, $"{port}");
        }
        return text.Append(Parameters).Append(Headers).ToString();
    }

    private SipUri With(string parameters) => new(Scheme, _user, _password, Host, Port, parameters, Headers);

    private string Without(string name)
    {
        var text = new StringBuilder(Parameters.Length);
        foreach (var (key, value) in UriText.Parts(Parameters, ';'))
        {
            if (!key.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                text.Append(';').Append(key);
                if (value.Length > 0)
                {
                    text.Append('=').Append(value);
                }
            }
        }
        return text.ToString();
    }

    // Lower case; an IPv6 literal in the form of RFC 5952, so that all its spellings are one host (RFC 5954 §4.2).
    private static string? Canonical(string host)
    {
        var bare = host is ['[', .. var inner, ']'] ? inner.Replace(":::", "::", StringComparison.Ordinal) : host;
        if (bare.Contains(':', StringComparison.Ordinal))
        {
            return Ascii.IsValid(bare) && HostGrammar.IsIPv6(Encoding.ASCII.GetBytes(bare)) && IPAddress.TryParse(bare, out var address)
                ? address.ToString()
                : null;
        }
        return Ascii.IsValid(bare) && HostGrammar.IsHost(Encoding.ASCII.GetBytes(bare)) ? bare.ToLowerInvariant() : null;
    }
}
