namespace Gateway.Sip;

/// <summary>A name-addr or addr-spec with header parameters, in place: From, To, Contact, Route… (RFC 3261 §20.10).</summary>
public readonly ref struct NameAddressView
{
    /// <summary>The display name without quotes (escapes kept); empty when absent.</summary>
    public ReadOnlySpan<byte> DisplayName => throw new NotImplementedException();

    /// <summary>The URI text between the angle brackets (or the bare addr-spec up to the first semicolon).</summary>
    public ReadOnlySpan<byte> UriBytes => throw new NotImplementedException();

    /// <summary>True for the lone star of <c>Contact: *</c>.</summary>
    public bool IsStar => throw new NotImplementedException();

    public ReadOnlySpan<byte> Tag => throw new NotImplementedException();

    public ReadOnlySpan<byte> Raw => throw new NotImplementedException();

    public bool TryGetUri(out SipUriView uri) => throw new NotImplementedException();

    /// <summary>A header parameter's value as written, quotes kept (so that +sip.instance is echoed exactly); "" for a flag.</summary>
    public bool TryGetParameter(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value) => throw new NotImplementedException();

    public static bool TryParse(ReadOnlySpan<byte> value, out NameAddressView address) => throw new NotImplementedException();
}
