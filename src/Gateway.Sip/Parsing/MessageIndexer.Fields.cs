namespace Gateway.Sip;

/// <summary>What the parser itself reads of header fields: the ones every layer needs, and those that must never be ambiguous.</summary>
internal ref partial struct MessageIndexer
{
    private void Add(HeaderId id, int nameStart, int nameEnd, int valueStart, int valueEnd)
    {
        ref var index = ref _message.Index;
        if (index.HeaderCount == _message.Entries.Length)
        {
            Array.Resize(ref _message.Entries, index.HeaderCount * 2);
        }
        _message.Entries[index.HeaderCount++] = new HeaderEntry(nameStart, valueStart, valueEnd - valueStart, (ushort)(nameEnd - nameStart), id);
        if (id == HeaderId.Other)
        {
            return;
        }
        var slice = new Slice(valueStart, valueEnd - valueStart);
        if (index.Present.Has(id) && HeaderNames.IsSingle(id))
        {
            Fail(SipParseErrorKind.DuplicateHeader, nameStart, id);
            // The first stays the indexed one, so that the 400 of RFC 4475 §3.3.8 can be sent.
            return;
        }
        index.Present.Add(id);
        var value = _message.Buffer.AsSpan(valueStart, valueEnd - valueStart);
        var ok = id switch
        {
            HeaderId.Via => Via(value, slice),
            HeaderId.From => Party(value, slice, ref index.From, ref index.FromLayout),
            HeaderId.To => Party(value, slice, ref index.To, ref index.ToLayout),
            HeaderId.CallId => CallId(value, slice),
            HeaderId.CSeq => CSeq(value, slice),
            HeaderId.ContentLength => ContentLength(value),
            HeaderId.MaxForwards => SipLexer.TryNumber(value, out var hops) && hops <= SipLimits.MaxForwards,
            HeaderId.Contact or HeaderId.Route or HeaderId.RecordRoute or HeaderId.Path or HeaderId.ServiceRoute => Addresses(id, value),
            HeaderId.Require or HeaderId.ProxyRequire => Options(value),
            HeaderId.ReferTo or HeaderId.ReferredBy => NameAddressView.TryRead(value, out var layout) && !layout.IsStar,
            _ => true,
        };
        if (ok)
        {
            return;
        }
        var kind = id switch
        {
            HeaderId.Via => SipParseErrorKind.Via,
            HeaderId.CSeq => SipParseErrorKind.CSeq,
            HeaderId.ContentLength => SipParseErrorKind.ContentLength,
            _ => SipParseErrorKind.HeaderSyntax,
        };
        // A folded value lies behind the message: its name says where the field stands.
        Fail(kind, valueStart < index.Length ? valueStart : nameStart, id);
    }

    private bool Via(ReadOnlySpan<byte> value, Slice slice)
    {
        ref var index = ref _message.Index;
        var rest = value;
        var offset = slice.Offset;
        while (true)
        {
            var comma = HeaderValues.CommaIn(rest);
            var hop = SipLexer.Trim(comma < 0 ? rest : rest[..comma]);
            if (!ViaView.TryRead(hop, out var layout) || ++_vias > SipLimits.ViaHops)
            {
                SentByOnly(hop, offset + SipLexer.SkipLws(rest, 0));
                return false;
            }
            if (_vias == 1)
            {
                index.TopVia = new Slice(offset + SipLexer.SkipLws(rest, 0), hop.Length);
                index.TopViaLayout = layout;
            }
            if (comma < 0)
            {
                return true;
            }
            offset += comma + 1;
            rest = rest[(comma + 1)..];
        }
    }

    /// <summary>Of a top Via whose parameters are broken, the sent-by still says where the 400 goes (RFC 4475 §3.1.2.1).</summary>
    private void SentByOnly(ReadOnlySpan<byte> hop, int offset)
    {
        // A later Via must not take the place of a top one that cannot be read.
        if (_vias++ > 0)
        {
            return;
        }
        var semicolon = hop.IndexOf((byte)';');
        if (semicolon > 0 && ViaView.TryRead(hop[..semicolon], out var layout))
        {
            ref var index = ref _message.Index;
            index.TopVia = new Slice(offset, semicolon);
            index.TopViaLayout = layout;
        }
    }

    private static bool Party(ReadOnlySpan<byte> value, Slice slice, ref Slice place, ref NameAddressLayout layout)
    {
        if (!NameAddressView.TryRead(value, out var read) || read.IsStar)
        {
            return false;
        }
        place = slice;
        layout = read;
        return true;
    }

    // callid = word ["@" word]; any visible ASCII is let through, since it is compared byte by byte and never read.
    private readonly bool CallId(ReadOnlySpan<byte> value, Slice slice)
    {
        if (value.Length is 0 or > SipLimits.CallId || value.ContainsAnyExceptInRange((byte)0x21, (byte)0x7E))
        {
            return false;
        }
        _message.Index.CallId = slice;
        return true;
    }

    private readonly bool CSeq(ReadOnlySpan<byte> value, Slice slice)
    {
        var space = value.IndexOfAny((byte)' ', (byte)'\t');
        if (space < 0)
        {
            return false;
        }
        var token = SipLexer.SkipLws(value, space);
        var digits = value[..space];
        if (!SipLexer.IsToken(value[token..]) || value.Length - token > SipLimits.MethodToken || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return false;
        }
        // A number out of range can still be copied into the 400 that it gets (RFC 4475 §3.1.2.4).
        ref var index = ref _message.Index;
        index.CSeqToken = new Slice(slice.Offset + token, value.Length - token);
        index.CSeqMethod = SipMethods.Parse(value[token..]);
        if (!SipLexer.TryNumber(digits, out var number) || number >= SipLimits.CSeqBound)
        {
            return false;
        }
        index.CSeq = number;
        return true;
    }

    // Digits only, believed up to the message limit; equal repetitions are harmless, different ones are an attack
    // (RFC 4475 §3.3.9, docs/security.md threat 14).
    private bool ContentLength(ReadOnlySpan<byte> value)
    {
        if (!SipLexer.TryNumberOrMax(value, out var length) || (_contentLength >= 0 && length != _contentLength))
        {
            return false;
        }
        _contentLength = length;
        return true;
    }

    private bool Addresses(HeaderId id, ReadOnlySpan<byte> value)
    {
        var rest = value;
        var any = false;
        while (true)
        {
            var comma = HeaderValues.CommaIn(rest);
            var one = SipLexer.Trim(comma < 0 ? rest : rest[..comma]);
            // An empty element between or behind commas means nothing (RFC 7118 §8.2 prints a Route so).
            if (!one.IsEmpty)
            {
                any = true;
                if (!NameAddressView.TryRead(one, out var layout) || ++_addresses > SipLimits.Addresses)
                {
                    return false;
                }
                // The star stands alone, and in Contact only (§10.2.2).
                if (layout.IsStar && (id != HeaderId.Contact || one.Length != value.Length))
                {
                    return false;
                }
            }
            if (comma < 0)
            {
                return any;
            }
            rest = rest[(comma + 1)..];
        }
    }

    // What must be understood must be readable: a 420 lists the tags it refuses, and those are tokens (§20.32).
    private static bool Options(ReadOnlySpan<byte> value)
    {
        var rest = value;
        while (!rest.IsEmpty)
        {
            var comma = rest.IndexOf((byte)',');
            var tag = SipLexer.Trim(comma < 0 ? rest : rest[..comma]);
            if (!tag.IsEmpty && !SipLexer.IsToken(tag))
            {
                return false;
            }
            rest = comma < 0 ? default : rest[(comma + 1)..];
        }
        return true;
    }

    /// <summary>§8.1.1: the headers without which nothing can be matched or answered, and a CSeq that names the method.</summary>
    private void CheckMandatory(int sectionEnd)
    {
        ref var index = ref _message.Index;
        ReadOnlySpan<HeaderId> mandatory = [HeaderId.Via, HeaderId.From, HeaderId.To, HeaderId.CallId, HeaderId.CSeq];
        foreach (var id in mandatory)
        {
            if (!index.Present.Has(id))
            {
                Fail(SipParseErrorKind.MissingHeader, sectionEnd, id);
                return;
            }
        }
        // A cookie without an identifier names no transaction (RFC 4475 §3.2.1).
        if (_message.TopVia.Branch.Length == 7 && _message.TopVia.HasCookie)
        {
            Fail(SipParseErrorKind.Via, Math.Min(index.TopVia.Offset, index.Length), HeaderId.Via);
        }
        // RFC 4475 §3.1.2.17, §3.1.2.18.
        if (_message is SipRequest request && !request.MethodToken.SequenceEqual(request.CSeqMethodToken))
        {
            Fail(SipParseErrorKind.CSeq, Math.Min(index.CSeqToken.Offset, index.Length), HeaderId.CSeq);
        }
    }
}
