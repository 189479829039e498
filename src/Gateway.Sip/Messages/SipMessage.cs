using System.Diagnostics;

namespace Gateway.Sip;

/// <summary>
/// A received message: its bytes in a pooled buffer and an index of offsets over them. It is a lease, valid for one
/// turn of its loop; what outlives the turn calls <see cref="Retain"/>.
/// </summary>
public abstract class SipMessage
{
    private LeasePool? _pool;

    internal MessageIndex Index;
    internal byte[] Buffer = [];
    internal HeaderEntry[] Entries = [];

    private protected SipMessage() { }

    /// <summary>The whole message as it came, start line to the last body byte.</summary>
    public ReadOnlySpan<byte> Bytes => Buffer.AsSpan(0, Index.Length);

    /// <summary>The body (RFC 3261 §7.4), as long as Content-Length says, or to the end of the datagram or frame.</summary>
    public ReadOnlySpan<byte> Body => At(Index.Body);

    public ReadOnlySpan<byte> CallId => At(Index.CallId);

    /// <summary>The From tag without its name; empty when there is none (RFC 2543 peers).</summary>
    public ReadOnlySpan<byte> FromTag => From.Tag;

    /// <summary>The To tag; empty when there is none.</summary>
    public ReadOnlySpan<byte> ToTag => To.Tag;

    /// <summary>The CSeq number, 0 to 2^31-1 (RFC 3261 §8.1.1.5).</summary>
    public uint CSeq => Index.CSeq;

    public SipMethod CSeqMethod => Index.CSeqMethod;

    /// <summary>The method token of CSeq as text, for methods that are <see cref="SipMethod.Other"/>.</summary>
    public ReadOnlySpan<byte> CSeqMethodToken => At(Index.CSeqToken);

    /// <summary>The topmost Via, already parsed.</summary>
    public ViaView TopVia => new(At(Index.TopVia), Index.TopViaLayout);

    /// <summary>The From header as a name-addr.</summary>
    public NameAddressView From => new(At(Index.From), Index.FromLayout);

    /// <summary>The To header as a name-addr.</summary>
    public NameAddressView To => new(At(Index.To), Index.ToLayout);

    /// <summary>How many header fields there are, folded lines counted as one.</summary>
    public int HeaderCount => Index.HeaderCount;

    /// <summary>All header fields in the order they came, unsplit.</summary>
    public HeaderFields Fields => new(this);

    /// <summary>The first field value with this name, unfolded and trimmed; false when the message has none.</summary>
    public bool TryGet(HeaderId id, out ReadOnlySpan<byte> value)
    {
        var entry = 0;
        return NextEntry(id, ref entry, out value);
    }

    /// <summary>The first field value with this (long, case-insensitive) name; for headers that have no id.</summary>
    public bool TryGet(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        var id = HeaderNames.Parse(name);
        if (id != HeaderId.Other)
        {
            return TryGet(id, out value);
        }
        for (var i = 0; i < Index.HeaderCount; i++)
        {
            ref readonly var entry = ref Entries[i];
            if (entry.Id == HeaderId.Other && SipLexer.EqualsIgnoreCase(Buffer.AsSpan(entry.NameOffset, entry.NameLength), name))
            {
                value = Buffer.AsSpan(entry.ValueOffset, entry.ValueLength);
                return true;
            }
        }
        value = default;
        return false;
    }

    public bool Has(HeaderId id) => Index.Present.Has(id);

    /// <summary>All values with this name in order, comma lists split (RFC 3261 §7.3.1): Via, Route, Contact, Supported…</summary>
    public HeaderValues Values(HeaderId id) => new(this, id);

    /// <summary>True when an option tag or token stands in the comma lists of this header (case-insensitive); parameters after it do not count.</summary>
    public bool ListHas(HeaderId id, ReadOnlySpan<byte> token)
    {
        foreach (var value in Values(id))
        {
            var end = SipLexer.TokenEnd(value, 0);
            var bare = end == value.Length || value[end] is (byte)';' or (byte)' ' or (byte)'\t';
            if (bare && SipLexer.EqualsIgnoreCase(value[..end], token))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>
    /// A decimal header such as Expires, Max-Forwards or Min-Expires; false when absent or not a number. A number too large
    /// for 32 bits reads as the largest one (RFC 4475 §3.1.2.4). Parameters or a comment behind it are left aside.
    /// </summary>
    public bool TryGetNumber(HeaderId id, out uint value)
    {
        value = 0;
        if (!TryGet(id, out var text))
        {
            return false;
        }
        var end = text.IndexOfAny(" \t;("u8);
        return SipLexer.TryNumberOrMax(end < 0 ? text : text[..end], out value);
    }

    /// <summary>An exact-size copy of this message on the heap, valid for as long as it is referenced.</summary>
    public abstract SipMessage Retain();

    /// <summary>
    /// Gives the lease back to its pool. Debug builds poison the buffer. Harmless on a retained message; once only on a
    /// lease, which the one who took it from the parser (the loop) returns.
    /// </summary>
    public void Return()
    {
        if (Interlocked.Exchange(ref _pool, null) is { } pool)
        {
            Poison();
            pool.Return(this);
        }
    }

    internal void Lease(LeasePool pool) => _pool = pool;

    internal HeaderField FieldAt(int index)
    {
        ref readonly var entry = ref Entries[index];
        return new HeaderField(entry.Id, Buffer.AsSpan(entry.NameOffset, entry.NameLength), Buffer.AsSpan(entry.ValueOffset, entry.ValueLength));
    }

    /// <summary>Where the first header field begins.</summary>
    internal int HeadersStart => Index.HeaderCount == 0 ? Index.Body.Offset - 2 : Entries[0].NameOffset;

    /// <summary>One header field with its line end, as it came: folds, compact name and white space included.</summary>
    internal ReadOnlySpan<byte> LineAt(int index)
    {
        // The blank line stands before the body.
        var end = index + 1 < Index.HeaderCount ? Entries[index + 1].NameOffset : Index.Body.Offset - 2;
        return Buffer.AsSpan(Entries[index].NameOffset..end);
    }

    internal bool NextEntry(HeaderId id, scoped ref int entry, out ReadOnlySpan<byte> value)
    {
        if (Index.Present.Has(id))
        {
            var entries = Entries.AsSpan(0, Index.HeaderCount);
            while ((uint)entry < (uint)entries.Length)
            {
                ref readonly var candidate = ref entries[entry++];
                if (candidate.Id == id)
                {
                    value = Buffer.AsSpan(candidate.ValueOffset, candidate.ValueLength);
                    return true;
                }
            }
        }
        value = default;
        return false;
    }

    private protected ReadOnlySpan<byte> At(Slice slice) => Buffer.AsSpan(slice.Offset, slice.Length);

    private protected void CopyTo(SipMessage copy)
    {
        copy.Index = Index;
        copy.Buffer = Buffer.AsSpan(0, Index.Used).ToArray();
        copy.Entries = Entries.AsSpan(0, Index.HeaderCount).ToArray();
    }

    [Conditional("DEBUG")]
    private void Poison() => Buffer.AsSpan().Fill(0xDD);
}
