using System.Buffers;

namespace Gateway.Sip;

/// <summary>A URI inside a received message, parsed in place (RFC 3261 §19.1, RFC 3966).</summary>
public readonly ref struct SipUriView
{
    // user and password (§25.1) with the characters that dial strings hold in the field ('#', '^', '[', ']' and others are not
    // legal there; '#' is let through, since phones send *31# codes unescaped, and escaped when we write it).
    private static readonly SearchValues<byte> UserCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!~*'()%&=+$,;?/:#"u8);

    private static readonly SearchValues<byte> ParameterCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!~*'()%[]/:&+$"u8);

    private static readonly SearchValues<byte> HeaderCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!~*'()%[]/?:+$=&"u8);

    private static readonly SearchValues<byte> NumberCharacters = SearchValues.Create("0123456789abcdefABCDEF*#-.()+"u8);

    private static readonly SearchValues<byte> GlobalCharacters = SearchValues.Create("0123456789-.()"u8);

    private static readonly SearchValues<byte> Separators = SearchValues.Create("-.()"u8);

    private readonly Slice _user;
    private readonly Slice _password;
    private readonly Slice _host;
    private readonly int _parameters;
    private readonly int _headers;

    private SipUriView(ReadOnlySpan<byte> raw, SipScheme scheme, Slice user, Slice password, Slice host, int port, int parameters, int headers)
    {
        Raw = raw;
        Scheme = scheme;
        Port = port;
        _user = user;
        _password = password;
        _host = host;
        _parameters = parameters;
        _headers = headers;
    }

    public SipScheme Scheme { get; }

    /// <summary>The user part as written (still escaped), without password; of a tel URI the number. Empty when absent.</summary>
    public ReadOnlySpan<byte> User => Raw.Slice(_user.Offset, _user.Length);

    /// <summary>The password of the user part, deprecated by §19.1.1; empty when absent.</summary>
    internal ReadOnlySpan<byte> Password => Raw.Slice(_password.Offset, _password.Length);

    /// <summary>The host as written, an IPv6 reference with its brackets; empty for tel.</summary>
    public ReadOnlySpan<byte> Host => Raw.Slice(_host.Offset, _host.Length);

    /// <summary>0 when absent.</summary>
    public int Port { get; }

    public ReadOnlySpan<byte> Raw { get; }

    /// <summary>The raw parameters with their leading semicolon, or empty.</summary>
    public ReadOnlySpan<byte> Parameters => Raw[_parameters.._headers];

    /// <summary>The raw headers with their leading question mark, or empty.</summary>
    public ReadOnlySpan<byte> Headers => Raw[_headers..];

    /// <summary>A URI parameter's value as written ("" for a flag); names are case-insensitive.</summary>
    public bool TryGetParameter(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        var parts = new UriParameters(Parameters, (byte)';');
        while (parts.Next())
        {
            if (SipLexer.EqualsIgnoreCase(parts.Name, name))
            {
                value = parts.Value;
                return true;
            }
        }
        value = default;
        return false;
    }

    /// <summary>True when a parameter of this name is there, with or without value: <c>lr</c>, <c>ob</c>…</summary>
    public bool HasParameter(ReadOnlySpan<byte> name) => TryGetParameter(name, out _);

    public static bool TryParse(ReadOnlySpan<byte> text, out SipUriView uri)
    {
        uri = default;
        if (text.Length > SipLimits.Uri || !TryScheme(text, out var scheme))
        {
            return false;
        }
        return scheme == SipScheme.Tel ? TryTel(text, out uri) : TrySip(text, scheme, out uri);
    }

    /// <summary>A copy on the heap.</summary>
    public SipUri ToUri() => new(this);

    internal static bool TryScheme(ReadOnlySpan<byte> text, out SipScheme scheme)
    {
        scheme = default;
        if (text.Length < 4)
        {
            return false;
        }
        if (text[3] == (byte)':')
        {
            if (SipLexer.EqualsIgnoreCase(text[..3], "sip"u8))
            {
                return true;
            }
            scheme = SipScheme.Tel;
            return SipLexer.EqualsIgnoreCase(text[..3], "tel"u8);
        }
        scheme = SipScheme.Sips;
        return text.Length > 4 && text[4] == (byte)':' && SipLexer.EqualsIgnoreCase(text[..4], "sips"u8);
    }

    private static bool TrySip(ReadOnlySpan<byte> text, SipScheme scheme, out SipUriView uri)
    {
        uri = default;
        var at = scheme == SipScheme.Sip ? 4 : 5;
        Slice user = default, password = default;
        var sign = text[at..].IndexOf((byte)'@');
        if (sign >= 0)
        {
            var info = text.Slice(at, sign);
            // A second '@' is not legal anywhere, and two hops could split it differently.
            if (info.ContainsAnyExcept(UserCharacters) || text[(at + sign + 1)..].Contains((byte)'@'))
            {
                return false;
            }
            var colon = info.IndexOf((byte)':');
            user = new Slice(at, colon < 0 ? sign : colon);
            password = colon < 0 ? default : new Slice(at + colon + 1, sign - colon - 1);
            if (user.Length == 0 || !Escapes.AreWhole(info))
            {
                return false;
            }
            at += sign + 1;
        }
        var end = HostGrammar.End(text, at);
        if (end < 0)
        {
            return false;
        }
        var host = new Slice(at, end - at);
        var port = 0;
        if (end < text.Length && text[end] == (byte)':')
        {
            end++;
            if (!HostGrammar.TryPort(text, ref end, out port))
            {
                return false;
            }
        }
        var question = text[end..].IndexOf((byte)'?');
        var headers = question < 0 ? text.Length : end + question;
        if (!IsParameters(text[end..headers]) || text[headers..].ContainsAnyExcept(HeaderCharacters) || !Escapes.AreWhole(text[end..]))
        {
            return false;
        }
        uri = new SipUriView(text, scheme, user, password, host, port, end, headers);
        return true;
    }

    // RFC 3966 §3. A local number without phone-context is not legal, but phones send tel:112; routing decides about it.
    private static bool TryTel(ReadOnlySpan<byte> text, out SipUriView uri)
    {
        uri = default;
        var semicolon = text.IndexOf((byte)';');
        var end = semicolon < 0 ? text.Length : semicolon;
        var number = text[4..end];
        var digits = number.StartsWith("+"u8) ? number[1..] : number;
        if (number.IsEmpty || number.ContainsAnyExcept(NumberCharacters) || digits.Contains((byte)'+')
            || !digits.ContainsAnyExcept(Separators) || !IsParameters(text[end..]) || !Escapes.AreWhole(text[end..])
            || (number.Length != digits.Length && digits.ContainsAnyExcept(GlobalCharacters)))
        {
            return false;
        }
        uri = new SipUriView(text, SipScheme.Tel, new Slice(4, number.Length), default, default, 0, end, text.Length);
        return true;
    }

    private static bool IsParameters(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
        {
            return true;
        }
        if (text[0] != (byte)';')
        {
            return false;
        }
        var parts = new UriParameters(text, (byte)';');
        while (parts.Next())
        {
            if (parts.Name.IsEmpty || parts.Name.ContainsAnyExcept(ParameterCharacters) || parts.Value.ContainsAnyExcept(ParameterCharacters))
            {
                return false;
            }
        }
        return true;
    }
}
