namespace Gateway.Sip;

/// <summary>
/// Walks the parts of a multipart body in place (RFC 2046 §5.1, RFC 5621). Boundary and number of parts have limits; what
/// stands before the first and behind the last delimiter is passed over.
/// </summary>
public ref struct MultipartReader
{
    private readonly ReadOnlySpan<byte> _body;
    private readonly ReadOnlySpan<byte> _boundary;
    private int _at;
    private int _parts;

    private MultipartReader(ReadOnlySpan<byte> body, ReadOnlySpan<byte> boundary)
    {
        _body = body;
        _boundary = boundary;
        Content = default;
        ContentType = default;
        Disposition = default;
    }

    /// <summary>The bytes of the part, without the CRLF that belongs to the delimiter behind it.</summary>
    public ReadOnlySpan<byte> Content { get; private set; }

    /// <summary>Its Content-Type; empty when absent, which means text/plain (RFC 2046 §5.2).</summary>
    public ReadOnlySpan<byte> ContentType { get; private set; }

    /// <summary>Its Content-Disposition without parameters; empty when absent.</summary>
    public ReadOnlySpan<byte> Disposition { get; private set; }

    /// <summary>False when this is no multipart type or its boundary is none of 1 to 70 characters.</summary>
    public static bool TryCreate(MediaTypeView type, ReadOnlySpan<byte> body, out MultipartReader reader)
    {
        reader = default;
        if (!SipLexer.EqualsIgnoreCase(type.Type, "multipart"u8) || !type.TryGetParameter("boundary"u8, out var boundary))
        {
            return false;
        }
        if (boundary is [(byte)'"', .. var inner, (byte)'"'])
        {
            boundary = inner;
        }
        if (boundary.Length is 0 or > SipLimits.Boundary || boundary[^1] == (byte)' ' || boundary.ContainsAnyExceptInRange((byte)0x20, (byte)0x7E))
        {
            return false;
        }
        reader = new MultipartReader(body, boundary);
        reader._at = reader.Delimiter(0, out var start, out _) >= 0 ? start : body.Length;
        return true;
    }

    /// <summary>Moves to the next part; false at the closing delimiter, at the end of the body and at the limit.</summary>
    public bool Next()
    {
        if (_at >= _body.Length || _parts == SipLimits.Parts)
        {
            return false;
        }
        var end = Delimiter(_at, out var next, out var isLast);
        if (end < 0)
        {
            // Cut off in the middle: a part without an end is not offered.
            _at = _body.Length;
            return false;
        }
        _parts++;
        // The CRLF before a delimiter is the delimiter's.
        Split(_body[_at..Math.Max(_at, end - 2)]);
        _at = isLast ? _body.Length : next;
        return true;
    }

    private void Split(ReadOnlySpan<byte> part)
    {
        ContentType = Disposition = default;
        var rest = part;
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOf("\r\n"u8);
            var line = end < 0 ? rest : rest[..end];
            rest = end < 0 ? default : rest[(end + 2)..];
            if (line.IsEmpty)
            {
                break;
            }
            var colon = line.IndexOf((byte)':');
            var id = colon < 0 ? HeaderId.Other : HeaderNames.Parse(SipLexer.Trim(line[..colon]));
            if (id == HeaderId.ContentType)
            {
                ContentType = SipLexer.Trim(line[(colon + 1)..]);
            }
            else if (id == HeaderId.ContentDisposition)
            {
                var value = line[(colon + 1)..];
                var semicolon = value.IndexOf((byte)';');
                Disposition = SipLexer.Trim(semicolon < 0 ? value : value[..semicolon]);
            }
        }
        Content = rest;
    }

    /// <summary>Where the next delimiter line begins (its two hyphens), and where the line behind it starts; -1 when there is none.</summary>
    private readonly int Delimiter(int from, out int next, out bool isLast)
    {
        next = _body.Length;
        isLast = false;
        var at = from;
        while (true)
        {
            var hit = _body[at..].IndexOf(_boundary);
            if (hit < 0)
            {
                return -1;
            }
            at += hit;
            var start = at - 2;
            var behind = at + _boundary.Length;
            at++;
            if (start < from || _body[start] != (byte)'-' || _body[start + 1] != (byte)'-'
                || (start > 0 && (start < 2 || _body[start - 2] != (byte)'\r' || _body[start - 1] != (byte)'\n')))
            {
                continue;
            }
            isLast = _body[behind..].StartsWith("--"u8);
            if (isLast)
            {
                return start;
            }
            // Padding, then the end of the line; anything else is a longer boundary than ours.
            var lineEnd = SipLexer.SkipLws(_body, behind);
            if (_body[lineEnd..].StartsWith("\r\n"u8))
            {
                next = lineEnd + 2;
                return start;
            }
        }
    }
}
