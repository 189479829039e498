namespace Gateway.Sip;

/// <summary>
/// Walks the copied bytes of one message once and fills its index. The first error is kept, but the walk goes on, so that a
/// refused request can still be answered when the headers of an answer could be read.
/// </summary>
internal ref partial struct MessageIndexer(SipMessage message, bool stream, bool tooLong)
{
    private readonly SipMessage _message = message;
    private readonly bool _stream = stream;
    private readonly bool _tooLong = tooLong;
    private bool _failed;
    private int _vias;
    private int _addresses;
    private long _contentLength = -1;

    public SipParseError Error { get; private set; }

    /// <summary>
    /// True when it is known where an answer goes, and that the request is no ACK: a Via as far as its sent-by, and a method.
    /// What else of the five headers of an answer (RFC 3261 §8.2.6.2) could not be read is left out of it.
    /// </summary>
    public readonly bool IsAnswerable
    {
        get
        {
            ref var index = ref _message.Index;
            return index.TopVia.Length > 0 && (index.MethodToken.Length > 0 || index.CSeqToken.Length > 0)
                && index.Method != SipMethod.Ack && index.CSeqMethod != SipMethod.Ack;
        }
    }

    /// <summary>True when the message is whole and well-formed.</summary>
    public bool Run()
    {
        ref var index = ref _message.Index;
        var text = _message.Bytes;
        var end = text.IndexOf("\r\n\r\n"u8);
        if (end < 0 || end + 4 > SipLimits.HeaderSection)
        {
            if (text.Length > SipLimits.HeaderSection)
            {
                Fail(SipParseErrorKind.HeaderTooLong, SipLimits.HeaderSection);
                text = text[..SipLimits.HeaderSection];
            }
            end = -1;
        }
        // Without an end, what are whole lines may still be read.
        var lastLine = end < 0 ? text.LastIndexOf("\r\n"u8) : end;
        var sectionEnd = lastLine < 0 ? 0 : lastLine + 2;
        var section = text[..sectionEnd];
        var kind = HeaderText.Check(section, out var offset);
        if (kind != SipParseErrorKind.None)
        {
            Fail(kind, offset);
            section = section[..FieldStart(section, offset)];
        }
        var at = StartLine(section);
        while (at < section.Length && _message.Index.HeaderCount < SipLimits.Headers)
        {
            at = Field(section, at);
        }
        if (at < section.Length)
        {
            Fail(SipParseErrorKind.TooManyHeaders, at);
        }
        if (!_failed)
        {
            CheckMandatory(sectionEnd);
        }
        if (end < 0)
        {
            // §7: the empty line must be there, even without a body.
            Fail(SipParseErrorKind.Incomplete, text.Length);
        }
        if (_tooLong)
        {
            Fail(SipParseErrorKind.TooLong, SipLimits.Message);
        }
        if (end >= 0)
        {
            Body(end + 4);
        }
        return !_failed;
    }

    // What stands before a bad byte may be read; the field that holds it, all its folded lines, and the rest may not.
    private static int FieldStart(ReadOnlySpan<byte> section, int offset)
    {
        while (true)
        {
            var line = section[..offset].LastIndexOf("\r\n"u8);
            if (line < 0)
            {
                return 0;
            }
            if (!SipLexer.IsLws(section[line + 2]))
            {
                return line + 2;
            }
            offset = line;
        }
    }

    /// <summary>One header field, folded lines included; returns where the next one starts.</summary>
    private int Field(ReadOnlySpan<byte> section, int at)
    {
        var lineEnd = LineEnd(section, at);
        if (lineEnd < 0)
        {
            // A CR or LF of its own: what comes behind it is read no further.
            Fail(SipParseErrorKind.ControlCharacter, at + Math.Max(0, section[at..].IndexOfAny((byte)'\r', (byte)'\n')));
            return section.Length;
        }
        var nameEnd = SipLexer.TokenEnd(section[..lineEnd], at);
        var colon = SipLexer.SkipLws(section[..lineEnd], nameEnd);
        var isNamed = nameEnd > at && colon < lineEnd && section[colon] == (byte)':' && nameEnd - at <= ushort.MaxValue;
        var valueStart = SipLexer.SkipLws(section[..lineEnd], isNamed ? colon + 1 : lineEnd);
        var next = lineEnd + 2;
        int valueEnd;
        if (next < section.Length && SipLexer.IsLws(section[next]))
        {
            next = Unfold(section, ref valueStart, lineEnd, out valueEnd);
            if (next < 0)
            {
                return section.Length;
            }
        }
        else
        {
            valueEnd = lineEnd;
            while (valueEnd > valueStart && SipLexer.IsLws(section[valueEnd - 1]))
            {
                valueEnd--;
            }
        }
        if (!isNamed)
        {
            // RFC 3261 §7.3.1: a name is a token, and only SP and HTAB stand before its colon.
            Fail(SipParseErrorKind.HeaderSyntax, nameEnd);
            return next;
        }
        Add(HeaderNames.Parse(section[at..nameEnd]), at, nameEnd, valueStart, valueEnd);
        return next;
    }

    /// <summary>
    /// §7.3.1: a folded value is one line with a single SP at each fold. It is written behind the message, so that the
    /// bytes themselves stay as they came.
    /// </summary>
    private int Unfold(ReadOnlySpan<byte> section, ref int valueStart, int lineEnd, out int valueEnd)
    {
        ref var index = ref _message.Index;
        var write = index.Used;
        var start = write;
        var lineStart = valueStart;
        while (true)
        {
            var line = SipLexer.Trim(section[lineStart..lineEnd]);
            // Grown once: all that is unfolded is shorter than the section that it came from.
            if (_message.Buffer.Length < write + line.Length + 1)
            {
                Array.Resize(ref _message.Buffer, index.Length + section.Length + 2);
            }
            if (!line.IsEmpty)
            {
                if (write > start)
                {
                    _message.Buffer[write++] = (byte)' ';
                }
                line.CopyTo(_message.Buffer.AsSpan(write));
                write += line.Length;
            }
            lineStart = lineEnd + 2;
            if (lineStart >= section.Length || !SipLexer.IsLws(section[lineStart]))
            {
                break;
            }
            lineEnd = LineEnd(section, lineStart);
            if (lineEnd < 0)
            {
                Fail(SipParseErrorKind.ControlCharacter, lineStart);
                valueEnd = 0;
                return -1;
            }
        }
        valueStart = start;
        valueEnd = write;
        index.Used = write;
        return lineStart;
    }

    /// <summary>Where the CRLF of the line stands; -1 when a lone CR or LF comes first.</summary>
    private static int LineEnd(ReadOnlySpan<byte> section, int at)
    {
        var length = section[at..].IndexOfAny((byte)'\r', (byte)'\n');
        var end = at + length;
        return length >= 0 && section[end] == (byte)'\r' && end + 1 < section.Length && section[end + 1] == (byte)'\n' ? end : -1;
    }

    /// <summary>§18.3: the body is as long as Content-Length says; a datagram without one is body to its end.</summary>
    private void Body(int start)
    {
        ref var index = ref _message.Index;
        var there = index.Length - start;
        if (_contentLength < 0)
        {
            if (_stream && !index.Present.Has(HeaderId.ContentLength))
            {
                Fail(SipParseErrorKind.MissingHeader, start, HeaderId.ContentLength);
            }
            index.Body = new Slice(start, there);
        }
        else if (_contentLength > there)
        {
            Fail(SipParseErrorKind.ContentLength, index.Length, HeaderId.ContentLength);
            index.Body = new Slice(start, 0);
        }
        else
        {
            // Bytes behind the body are discarded (RFC 4475 §3.1.1.8).
            index.Body = new Slice(start, (int)_contentLength);
            index.Length = start + (int)_contentLength;
        }
    }

    private void Fail(SipParseErrorKind kind, int offset, HeaderId header = HeaderId.Other)
    {
        if (!_failed)
        {
            _failed = true;
            Error = new SipParseError(kind, Math.Clamp(offset, 0, _message.Index.Length), header);
        }
    }
}
