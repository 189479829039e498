namespace Gateway.Sip;

/// <summary>
/// One Contact value with the parameters that registrars and forking read: q and expires (RFC 3261 §20.10), +sip.instance
/// and reg-id (RFC 5626 §4.1). Bad parameters refuse the value, since guessing about a binding's lifetime is worse.
/// </summary>
public readonly ref struct ContactView
{
    private readonly NameAddressView _address;
    private readonly uint _expires;
    private readonly bool _hasExpires;

    private ContactView(NameAddressView address, int q, bool hasExpires, uint expires, ReadOnlySpan<byte> instance, uint regId)
    {
        _address = address;
        _hasExpires = hasExpires;
        _expires = expires;
        Q = q;
        Instance = instance;
        RegId = regId;
    }

    /// <summary>The address, with the parameters that have no property here.</summary>
    public NameAddressView Address => _address;

    /// <summary>True for <c>Contact: *</c> (§10.2.2).</summary>
    public bool IsStar => _address.IsStar;

    public ReadOnlySpan<byte> UriBytes => _address.UriBytes;

    /// <summary>Preference in thousandths, 0 to 1000; 1000 when absent (§10.2.1.2).</summary>
    public int Q { get; }

    /// <summary>The +sip.instance value as written, quotes and angle brackets kept (browsers compare it so); empty when absent.</summary>
    public ReadOnlySpan<byte> Instance { get; }

    /// <summary>reg-id, 1 to 2^31-1; 0 when absent.</summary>
    public uint RegId { get; }

    /// <summary>The expires parameter in seconds; false when absent. Numbers over 2^32-1 read as that (§10.2.1.1).</summary>
    public bool TryGetExpires(out uint seconds)
    {
        seconds = _expires;
        return _hasExpires;
    }

    public bool TryGetUri(out SipUriView uri) => _address.TryGetUri(out uri);

    public static bool TryParse(ReadOnlySpan<byte> value, out ContactView contact)
    {
        contact = default;
        if (!NameAddressView.TryParse(value, out var address))
        {
            return false;
        }
        var q = 1000;
        var expires = 0u;
        var hasExpires = false;
        ReadOnlySpan<byte> instance = default;
        var regId = 0u;
        var parameters = new ParameterReader(address.Parameters);
        while (parameters.Next())
        {
            if (SipLexer.EqualsIgnoreCase(parameters.Name, "q"u8))
            {
                if (!TryQ(parameters.Value, out q))
                {
                    return false;
                }
            }
            else if (SipLexer.EqualsIgnoreCase(parameters.Name, "expires"u8))
            {
                if (!SipLexer.TryNumberOrMax(parameters.Value, out expires))
                {
                    return false;
                }
                hasExpires = true;
            }
            else if (SipLexer.EqualsIgnoreCase(parameters.Name, "+sip.instance"u8))
            {
                instance = parameters.Value;
            }
            else if (SipLexer.EqualsIgnoreCase(parameters.Name, "reg-id"u8)
                && (!SipLexer.TryNumber(parameters.Value, out regId) || regId is 0 or > int.MaxValue))
            {
                return false;
            }
        }
        contact = new ContactView(address, q, hasExpires, expires, instance, regId);
        return true;
    }

    /// <summary>qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] ), in thousandths.</summary>
    internal static bool TryQ(ReadOnlySpan<byte> text, out int thousandths)
    {
        thousandths = 0;
        if (text.Length is 0 or > 5 || text[0] is not ((byte)'0' or (byte)'1') || (text.Length > 1 && text[1] != (byte)'.'))
        {
            return false;
        }
        thousandths = (text[0] - '0') * 1000;
        var weight = 100;
        foreach (var digit in text.Length > 2 ? text[2..] : default)
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return false;
            }
            thousandths += (digit - '0') * weight;
            weight /= 10;
        }
        return thousandths <= 1000;
    }
}
