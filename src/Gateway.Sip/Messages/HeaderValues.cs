using System.Buffers;

namespace Gateway.Sip;

/// <summary>Walks the values of one header name, comma lists split, without allocating: <c>foreach (var v in m.Values(id))</c>.</summary>
public ref struct HeaderValues
{
    private static readonly SearchValues<byte> Marks = SearchValues.Create(",\"<"u8);

    private readonly SipMessage? _message;
    private readonly HeaderId _id;
    private readonly bool _list;
    private ReadOnlySpan<byte> _rest;
    private int _entry;

    internal HeaderValues(SipMessage message, HeaderId id)
    {
        _message = message;
        _id = id;
        _list = HeaderNames.IsList(id);
    }

    public readonly HeaderValues GetEnumerator() => this;

    /// <summary>One value, trimmed; never empty in a comma list.</summary>
    public ReadOnlySpan<byte> Current { get; private set; }

    public bool MoveNext()
    {
        while (true)
        {
            if (!_rest.IsEmpty)
            {
                var comma = CommaIn(_rest);
                Current = SipLexer.Trim(comma < 0 ? _rest : _rest[..comma]);
                _rest = comma < 0 ? default : _rest[(comma + 1)..];
                if (!Current.IsEmpty)
                {
                    return true;
                }
                continue;
            }
            if (_message is null || !_message.NextEntry(_id, ref _entry, out var value))
            {
                return false;
            }
            if (!_list)
            {
                Current = value;
                return true;
            }
            _rest = value;
        }
    }

    /// <summary>The first comma outside quotes and angle brackets (RFC 3261 §7.3.1); -1 when there is none.</summary>
    internal static int CommaIn(ReadOnlySpan<byte> text)
    {
        var at = 0;
        while (at < text.Length)
        {
            var hit = text[at..].IndexOfAny(Marks);
            if (hit < 0)
            {
                return -1;
            }
            at += hit;
            switch (text[at])
            {
                case (byte)',':
                    return at;
                case (byte)'"':
                    at = SipLexer.QuotedEnd(text, at);
                    if (at < 0)
                    {
                        return -1;
                    }
                    break;
                default:
                    var close = text[at..].IndexOf((byte)'>');
                    if (close < 0)
                    {
                        return -1;
                    }
                    at += close + 1;
                    break;
            }
        }
        return -1;
    }
}

/// <summary>One header field as it came.</summary>
public readonly ref struct HeaderField(HeaderId id, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
{
    public HeaderId Id { get; } = id;

    /// <summary>The name as written (may be a compact form).</summary>
    public ReadOnlySpan<byte> Name { get; } = name;

    /// <summary>The value, trimmed; folded lines are joined by one space.</summary>
    public ReadOnlySpan<byte> Value { get; } = value;
}

/// <summary>Walks all header fields in order.</summary>
public ref struct HeaderFields
{
    private readonly SipMessage? _message;
    private int _next;

    internal HeaderFields(SipMessage message)
    {
        _message = message;
        _next = 0;
    }

    public readonly HeaderFields GetEnumerator() => this;

    public readonly HeaderField Current => _message!.FieldAt(_next - 1);

    public bool MoveNext() => _message is not null && _next++ < _message.HeaderCount;
}
