namespace Gateway.Sip;

/// <summary>
/// A received message: its bytes in a pooled buffer and an index of offsets over them. It is a lease, valid for one
/// turn of its loop; what outlives the turn calls <see cref="Retain"/>.
/// </summary>
public abstract class SipMessage
{
    private protected SipMessage() { }

    /// <summary>The whole message as it came, start line to the last body byte.</summary>
    public ReadOnlySpan<byte> Bytes => throw new NotImplementedException();

    /// <summary>The body (RFC 3261 §7.4), as long as Content-Length says, or to the end of the datagram or frame.</summary>
    public ReadOnlySpan<byte> Body => throw new NotImplementedException();

    public ReadOnlySpan<byte> CallId => throw new NotImplementedException();

    /// <summary>The From tag without its name; empty when there is none (RFC 2543 peers).</summary>
    public ReadOnlySpan<byte> FromTag => throw new NotImplementedException();

    /// <summary>The To tag; empty when there is none.</summary>
    public ReadOnlySpan<byte> ToTag => throw new NotImplementedException();

    /// <summary>The CSeq number, 0 to 2^31-1 (RFC 3261 §8.1.1.5).</summary>
    public uint CSeq => throw new NotImplementedException();

    public SipMethod CSeqMethod => throw new NotImplementedException();

    /// <summary>The method token of CSeq as text, for methods that are <see cref="SipMethod.Other"/>.</summary>
    public ReadOnlySpan<byte> CSeqMethodToken => throw new NotImplementedException();

    /// <summary>The topmost Via, already parsed.</summary>
    public ViaView TopVia => throw new NotImplementedException();

    /// <summary>The From header as a name-addr.</summary>
    public NameAddressView From => throw new NotImplementedException();

    /// <summary>The To header as a name-addr.</summary>
    public NameAddressView To => throw new NotImplementedException();

    /// <summary>The first field value with this name, unfolded and trimmed; false when the message has none.</summary>
    public bool TryGet(HeaderId id, out ReadOnlySpan<byte> value) => throw new NotImplementedException();

    /// <summary>The first field value with this (long, case-insensitive) name; for headers that have no id.</summary>
    public bool TryGet(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value) => throw new NotImplementedException();

    public bool Has(HeaderId id) => TryGet(id, out _);

    /// <summary>All values with this name in order, comma lists split (RFC 3261 §7.3.1): Via, Route, Contact, Supported…</summary>
    public HeaderValues Values(HeaderId id) => throw new NotImplementedException();

    /// <summary>All header fields in the order they came, unsplit.</summary>
    public HeaderFields Fields => throw new NotImplementedException();

    /// <summary>True when an option tag or token stands in the comma lists of this header (case-insensitive).</summary>
    public bool ListHas(HeaderId id, ReadOnlySpan<byte> token) => throw new NotImplementedException();

    /// <summary>A decimal header such as Expires, Max-Forwards or Min-Expires; false when absent or not a number.</summary>
    public bool TryGetNumber(HeaderId id, out uint value) => throw new NotImplementedException();

    /// <summary>An exact-size copy of this message on the heap, valid for as long as it is referenced.</summary>
    public abstract SipMessage Retain();

    /// <summary>Gives the lease back to its pool. Debug builds poison the buffer.</summary>
    public void Return() => throw new NotImplementedException();
}
