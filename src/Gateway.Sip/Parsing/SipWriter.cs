using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Gateway.Sip;

/// <summary>
/// Writes one message into a buffer that it keeps and reuses: start line, headers, body, in that order. Values that hold
/// CR, LF or NUL never reach the wire as such: each such byte becomes a space and is counted, so that nothing that came
/// from outside can add a header (docs/security.md threat 22) and nothing that came from outside can throw. One per loop.
/// </summary>
public sealed class SipWriter
{
    private static readonly SearchValues<byte> Breaks = SearchValues.Create("\r\n\0"u8);

    // Whatever would end or split a start line element.
    private static readonly SearchValues<byte> NotInElement = SearchValues.Create(Enumerable.Range(0, 0x21).Append(0x7F).Select(b => (byte)b).ToArray());

    private byte[] _buffer;
    private int _length;
    private int _valueStart;

    public SipWriter() : this(4096) { }

    /// <param name="capacity">Bytes to start with; the buffer grows as needed and is kept.</param>
    public SipWriter(int capacity) => _buffer = new byte[Math.Max(256, capacity)];

    /// <summary>The message so far; whole after <see cref="Body"/> or <see cref="NoBody"/>. Valid until the next start line.</summary>
    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    /// <summary>What answers tell upstream neighbours that ask (RFC 7339); null to tell nothing.</summary>
    public OverloadFeedback? Feedback { get; set; }

    /// <summary>How many CR, LF and NUL bytes (in names and start lines: any that may not stand there) were replaced so far, over all messages.</summary>
    public long Replaced { get; private set; }

    /// <summary>A request line; starts a new message.</summary>
    public void Request(ReadOnlySpan<byte> method, ReadOnlySpan<byte> uri)
    {
        _length = 0;
        Element(method);
        Raw(" "u8);
        Element(uri);
        Raw(" SIP/2.0\r\n"u8);
    }

    /// <param name="method">Not Other, whose token only its message knows.</param>
    /// <param name="uri">The Request-URI.</param>
    public void Request(SipMethod method, ReadOnlySpan<byte> uri) => Request(TokenOf(method), uri);

    public void Request(SipMethod method, string uri)
    {
        _length = 0;
        Element(TokenOf(method));
        Raw(" "u8);
        var start = _length;
        Text(uri);
        Replace(start, NotInElement, (byte)'_');
        Raw(" SIP/2.0\r\n"u8);
    }

    /// <summary>A status line; the standard phrase of the code when <paramref name="reason"/> is null. Starts a new message.</summary>
    public void Response(int statusCode, string? reason = null)
    {
        _length = 0;
        Raw("SIP/2.0 "u8);
        Number(statusCode);
        Raw(" "u8);
        _valueStart = _length;
        Text(reason ?? SipStatus.ReasonOf(statusCode));
        EndHeader();
    }

    /// <summary>A start line with its line end, as it came in a message that parsed; starts a new message.</summary>
    internal void StartLine(ReadOnlySpan<byte> line)
    {
        _length = 0;
        Raw(line);
    }

    public void Header(HeaderId id, ReadOnlySpan<byte> value)
    {
        BeginHeader(id);
        Raw(value);
        EndHeader();
    }

    public void Header(HeaderId id, string value)
    {
        BeginHeader(id);
        Text(value);
        EndHeader();
    }

    public void Header(HeaderId id, uint value)
    {
        BeginHeader(id);
        Number(value);
        Raw("\r\n"u8);
    }

    /// <summary>A field by name; bytes that no name holds become '_'.</summary>
    public void Header(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        BeginHeader(name);
        Raw(value);
        EndHeader();
    }

    public void Header(string name, string value)
    {
        var start = _length;
        Text(name);
        EndName(start);
        Text(value);
        EndHeader();
    }

    public void CSeq(uint number, ReadOnlySpan<byte> method)
    {
        BeginHeader(HeaderId.CSeq);
        Number(number);
        Raw(" "u8);
        Raw(method);
        EndHeader();
    }

    public void CSeq(uint number, SipMethod method) => CSeq(number, TokenOf(method));

    /// <summary>Starts a field whose value is written in pieces by <see cref="Append(string)"/>; <see cref="EndHeader"/> ends it.</summary>
    public void BeginHeader(HeaderId id)
    {
        if (id == HeaderId.Other)
        {
            throw new ArgumentOutOfRangeException(nameof(id), "A header without an id is written by its name");
        }
        Raw(HeaderNames.NameOf(id));
        Raw(": "u8);
        _valueStart = _length;
    }

    /// <summary>As <see cref="BeginHeader(HeaderId)"/>, by name.</summary>
    public void BeginHeader(ReadOnlySpan<byte> name)
    {
        var start = _length;
        Raw(name);
        EndName(start);
    }

    public void Append(ReadOnlySpan<byte> piece) => Raw(piece);

    public void Append(string piece) => Text(piece);

    public void Append(long number) => Number(number);

    /// <summary>Appends text as a quoted-string, quotes and backslashes escaped (RFC 3261 §25.1).</summary>
    public void AppendQuoted(string text)
    {
        Raw("\""u8);
        var start = _length;
        Text(text);
        for (var at = start; at < _length; at++)
        {
            if (_buffer[at] is (byte)'"' or (byte)'\\')
            {
                Reserve(1);
                _buffer.AsSpan(at, _length - at).CopyTo(_buffer.AsSpan(at + 1));
                _buffer[at++] = (byte)'\\';
                _length++;
            }
        }
        Raw("\""u8);
    }

    public void EndHeader()
    {
        Replace(_valueStart, Breaks, (byte)' ');
        Raw("\r\n"u8);
    }

    /// <summary>Copies every field of this name from a message, in order, each value as it came (folds joined, long name).</summary>
    public void Copy(SipMessage from, HeaderId id)
    {
        var entry = 0;
        while (from.NextEntry(id, ref entry, out var value))
        {
            Copy(HeaderNames.NameOf(id), value);
        }
    }

    /// <summary>Copies one field of a message; known names are written in their long form, others as they came.</summary>
    public void Copy(HeaderField field) => Copy(field.Id == HeaderId.Other ? field.Name : HeaderNames.NameOf(field.Id), field.Value);

    /// <summary>Content-Type, Content-Length, the blank line and the body. Ends the message.</summary>
    public void Body(ReadOnlySpan<byte> contentType, ReadOnlySpan<byte> body)
    {
        Header(HeaderId.ContentType, contentType);
        BodyOnly(body);
    }

    /// <summary>Content-Length, the blank line and the body, for when the caller has written Content-Type and its kin. Ends the message.</summary>
    public void BodyOnly(ReadOnlySpan<byte> body)
    {
        Header(HeaderId.ContentLength, (uint)body.Length);
        Raw("\r\n"u8);
        Raw(body);
    }

    /// <summary>Content-Length: 0 and the blank line. Ends the message.</summary>
    public void NoBody() => Raw("Content-Length: 0\r\n\r\n"u8);

    /// <summary>The message in an array of its own.</summary>
    public byte[] ToArray() => Written.ToArray();

    // A parsed value holds no CR or LF, and a NUL in it only as a quoted-pair, which From and To must keep (§8.2.6.2).
    private void Copy(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Raw(name);
        Raw(": "u8);
        Raw(value);
        Raw("\r\n"u8);
    }

    private static ReadOnlySpan<byte> TokenOf(SipMethod method)
        => method != SipMethod.Other ? SipMethods.Token(method) : throw new ArgumentOutOfRangeException(nameof(method), "Other methods are written by their token");

    private void EndName(int start)
    {
        for (var at = start; at < _length; at++)
        {
            if (!SipLexer.Token.Contains(_buffer[at]))
            {
                _buffer[at] = (byte)'_';
                Replaced++;
            }
        }
        Raw(": "u8);
        _valueStart = _length;
    }

    private void Element(ReadOnlySpan<byte> text)
    {
        var start = _length;
        Raw(text);
        Replace(start, NotInElement, (byte)'_');
    }

    private void Replace(int start, SearchValues<byte> unwanted, byte with)
    {
        while (_buffer.AsSpan(start, _length - start).IndexOfAny(unwanted) is >= 0 and var hit)
        {
            _buffer[start += hit] = with;
            Replaced++;
        }
    }

    private void Raw(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }

    private void Text(string text)
    {
        Reserve(Encoding.UTF8.GetMaxByteCount(text.Length));
        _length += Encoding.UTF8.GetBytes(text, _buffer.AsSpan(_length));
    }

    private void Number(long number)
    {
        Reserve(20);
        Utf8Formatter.TryFormat(number, _buffer.AsSpan(_length), out var written);
        _length += written;
    }

    private void Reserve(int more)
    {
        if (_buffer.Length - _length < more)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + more));
        }
    }
}
