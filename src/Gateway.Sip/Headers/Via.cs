namespace Gateway.Sip;

/// <summary>Where the parts of a Via lie in its text.</summary>
internal struct ViaLayout
{
    public Slice Transport;
    public Slice Host;
    public Slice Branch;
    public int Port;
    public int Parameters;
    public bool HasRPort;
}

/// <summary>One Via value in place (RFC 3261 §20.42, RFC 3581).</summary>
public readonly ref struct ViaView
{
    private readonly ViaLayout _layout;

    internal ViaView(ReadOnlySpan<byte> raw, scoped in ViaLayout layout)
    {
        Raw = raw;
        _layout = layout;
    }

    /// <summary>UDP, TCP, TLS, WS, WSS… as written.</summary>
    public ReadOnlySpan<byte> Transport => Raw.Slice(_layout.Transport.Offset, _layout.Transport.Length);

    /// <summary>sent-by host, an IPv6 reference with its brackets.</summary>
    public ReadOnlySpan<byte> Host => Raw.Slice(_layout.Host.Offset, _layout.Host.Length);

    /// <summary>sent-by port, 0 when absent.</summary>
    public int Port => _layout.Port;

    /// <summary>The branch value; empty when absent (RFC 2543).</summary>
    public ReadOnlySpan<byte> Branch => Raw.Slice(_layout.Branch.Offset, _layout.Branch.Length);

    /// <summary>True when the branch starts with z9hG4bK.</summary>
    public bool HasCookie => Branch.Length >= 7 && SipLexer.EqualsIgnoreCase(Branch[..7], "z9hG4bK"u8);

    /// <summary>True when an rport parameter is there, with or without value (RFC 3581).</summary>
    public bool HasRPort => _layout.HasRPort;

    public ReadOnlySpan<byte> Raw { get; }

    /// <summary>The parameters with their leading semicolon, or empty.</summary>
    public ReadOnlySpan<byte> Parameters => Raw[_layout.Parameters..];

    /// <summary>The text before the parameters: protocol, transport and sent-by.</summary>
    internal ReadOnlySpan<byte> Head => Raw[.._layout.Parameters];

    /// <summary>A parameter's value as written ("" for a flag); false when absent.</summary>
    public bool TryGetParameter(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value) => ParameterReader.TryFind(Parameters, name, out value);

    /// <summary>Reads one Via value, the commas around it gone.</summary>
    public static bool TryParse(ReadOnlySpan<byte> value, out ViaView via)
    {
        value = SipLexer.Trim(value);
        if (TryRead(value, out var layout))
        {
            via = new ViaView(value, layout);
            return true;
        }
        via = default;
        return false;
    }

    /// <summary>Via-parm = sent-protocol LWS sent-by *(SEMI via-params), white space around the slashes allowed.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> text, out ViaLayout layout)
    {
        layout = default;
        int at;
        if (text.StartsWith("SIP/2.0/"u8))
        {
            at = 8;
        }
        else if (!TryProtocol(text, out at))
        {
            return false;
        }
        at = SipLexer.SkipLws(text, at);
        var end = SipLexer.TokenEnd(text, at);
        if (end == at || end == text.Length || !SipLexer.IsLws(text[end]))
        {
            return false;
        }
        layout.Transport = new Slice(at, end - at);
        at = SipLexer.SkipLws(text, end);
        end = HostGrammar.End(text, at);
        if (end < 0)
        {
            return false;
        }
        layout.Host = new Slice(at, end - at);
        at = SipLexer.SkipLws(text, end);
        if (at < text.Length && text[at] == (byte)':')
        {
            at = SipLexer.SkipLws(text, at + 1);
            if (!HostGrammar.TryPort(text, ref at, out layout.Port))
            {
                return false;
            }
            end = at;
        }
        layout.Parameters = end;
        return TryParameters(text, end, ref layout);
    }

    private static bool TryParameters(ReadOnlySpan<byte> text, int start, ref ViaLayout layout)
    {
        var reader = new ParameterReader(text[start..]);
        while (reader.Next())
        {
            if (reader.Name.Length == 6 && layout.Branch.Length == 0 && SipLexer.EqualsIgnoreCase(reader.Name, "branch"u8))
            {
                if (!SipLexer.IsIdentifier(reader.Value))
                {
                    return false;
                }
                layout.Branch = new Slice(start + reader.ValueStart, reader.Value.Length);
            }
            else if (reader.Name.Length == 5 && SipLexer.EqualsIgnoreCase(reader.Name, "rport"u8))
            {
                layout.HasRPort = true;
            }
        }
        return !reader.Failed;
    }

    // sent-protocol of any name and version (both are tokens: a 505 has to find its way back, RFC 4475 §3.1.2.16), with
    // white space around its slashes, as RFC 4475 §3.1.1.1 writes it.
    private static bool TryProtocol(ReadOnlySpan<byte> text, out int at)
    {
        at = 0;
        for (var part = 0; part < 2; part++)
        {
            at = SipLexer.SkipLws(text, at);
            var end = at < text.Length ? SipLexer.TokenEnd(text, at) : at;
            if (end == at)
            {
                return false;
            }
            at = SipLexer.SkipLws(text, end);
            if (at >= text.Length || text[at] != (byte)'/')
            {
                return false;
            }
            at++;
        }
        return at < text.Length;
    }
}
