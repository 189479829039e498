namespace Gateway.Sip;

public enum FrameKind : byte
{
    /// <summary>The input is used up and no message is whole: read more.</summary>
    None,
    /// <summary>One whole message.</summary>
    Message,
    /// <summary>One CRLF between messages: a pong (RFC 5626 §3.5.1), the first half of a ping, or an idle line end. Nothing to do.</summary>
    Pong,
    /// <summary>The second CRLF of a pair: a ping, to be answered with one CRLF.</summary>
    Ping,
    /// <summary>The stream can no longer be cut into messages: answer if possible, and close.</summary>
    Failed,
}

/// <summary>
/// Cuts the bytes of one TCP or TLS connection into messages by Content-Length (RFC 3261 §18.3, §7.5). It holds one unfinished
/// message at most, and refuses lengths before it takes memory for them. Deadlines are the caller's, from <see cref="IsMidMessage"/>.
/// </summary>
public sealed class StreamFramer
{
    private const int SmallBuffer = 2048;
    private const int KeptBuffer = 8 * 1024;

    private byte[] _buffer = [];
    private int _length;
    private int _total;
    private bool _delivered;
    private bool _afterCr;
    private bool _halfPing;
    private bool _failed;
    private SipParseError _error;

    /// <summary>True while a message has begun and not ended: the time-out against slow senders runs.</summary>
    public bool IsMidMessage => _length > 0 && !_delivered;

    /// <summary>Bytes held for an unfinished message; never more than <see cref="SipLimits.Message"/>.</summary>
    public int Held => _delivered ? 0 : _length;

    /// <summary>Takes from the input up to the end of the next frame. Call again until the result is None (or Failed).</summary>
    /// <param name="input">What was read from the connection; moved past what was used.</param>
    /// <param name="frame">
    /// A message (valid until the next call, in the input or in this object's buffer). With Failed: the header section, when
    /// it was whole, so that an answer can be built from what the parser makes of it; else empty.
    /// </param>
    /// <param name="error">With Failed, why; its offset counts from the start of the message.</param>
    public FrameKind Next(ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> frame, out SipParseError error)
    {
        frame = default;
        error = _error;
        if (_failed)
        {
            return FrameKind.Failed;
        }
        Forget();
        if (_length == 0)
        {
            var kind = Between(ref input);
            if (kind != FrameKind.None || input.IsEmpty)
            {
                return kind;
            }
            if (!SipLexer.Token.Contains(input[0]))
            {
                // Not SIP: a TLS hello on a TCP port, for one. No need to wait for its end.
                return Fail(SipParseErrorKind.StartLine, 0, out error);
            }
            if (TryWithoutCopy(ref input, out frame))
            {
                return FrameKind.Message;
            }
        }
        return Collect(ref input, out frame, out error);
    }

    private FrameKind Between(ref ReadOnlySpan<byte> input)
    {
        while (!input.IsEmpty && input[0] is (byte)'\r' or (byte)'\n')
        {
            var isLineEnd = _afterCr && input[0] == (byte)'\n';
            _afterCr = input[0] == (byte)'\r';
            input = input[1..];
            if (isLineEnd)
            {
                _halfPing = !_halfPing;
                return _halfPing ? FrameKind.Pong : FrameKind.Ping;
            }
        }
        if (!input.IsEmpty)
        {
            _afterCr = _halfPing = false;
        }
        return FrameKind.None;
    }

    private static bool TryWithoutCopy(ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> frame)
    {
        frame = default;
        var end = input[..Math.Min(input.Length, SipLimits.HeaderSection)].IndexOf("\r\n\r\n"u8);
        if (end < 0 || ContentLength.Read(input[..(end + 2)], out var length, out _) != SipParseErrorKind.None
            || length > SipLimits.Message - (end + 4) || input.Length < end + 4 + length)
        {
            return false;
        }
        frame = input[..(end + 4 + (int)length)];
        input = input[frame.Length..];
        return true;
    }

    private FrameKind Collect(ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> frame, out SipParseError error)
    {
        frame = default;
        error = default;
        if (_total == 0)
        {
            // Until the length is known, what would be one header section at most is taken.
            var whole = input;
            var before = _length;
            Take(ref input, SipLimits.HeaderSection);
            var searched = Math.Max(0, before - 3);
            var end = _buffer.AsSpan(searched, _length - searched).IndexOf("\r\n\r\n"u8);
            if (end < 0)
            {
                return _length < SipLimits.HeaderSection ? FrameKind.None : Fail(SipParseErrorKind.HeaderTooLong, _length, out error);
            }
            var headers = searched + end + 4;
            var kind = ContentLength.Read(_buffer.AsSpan(0, headers - 2), out var length, out var offset);
            if (kind == SipParseErrorKind.None && length > SipLimits.Message - headers)
            {
                kind = SipParseErrorKind.TooLong;
            }
            if (kind != SipParseErrorKind.None)
            {
                frame = _buffer.AsSpan(0, headers);
                return Fail(kind, offset, out error);
            }
            _total = headers + (int)length;
            if (_length > _total)
            {
                // Bytes of the next message stay in the input.
                _length = _total;
                input = whole[(_total - before)..];
            }
        }
        Take(ref input, _total);
        if (_length < _total)
        {
            return FrameKind.None;
        }
        frame = _buffer.AsSpan(0, _total);
        _delivered = true;
        return FrameKind.Message;
    }

    /// <summary>Moves input into the buffer until that holds so many bytes.</summary>
    private void Take(ref ReadOnlySpan<byte> input, int upTo)
    {
        var piece = input[..Math.Min(input.Length, upTo - _length)];
        if (_buffer.Length < _length + piece.Length)
        {
            Array.Resize(ref _buffer, Math.Min(SipLimits.Message, Math.Max(Math.Max(SmallBuffer, _buffer.Length * 2), _length + piece.Length)));
        }
        piece.CopyTo(_buffer.AsSpan(_length));
        _length += piece.Length;
        input = input[piece.Length..];
    }

    private void Forget()
    {
        if (!_delivered)
        {
            return;
        }
        _delivered = false;
        _length = _total = 0;
        if (_buffer.Length > KeptBuffer)
        {
            _buffer = [];
        }
    }

    private FrameKind Fail(SipParseErrorKind kind, int offset, out SipParseError error)
    {
        _failed = true;
        _error = error = new SipParseError(kind, offset, kind is SipParseErrorKind.MissingHeader or SipParseErrorKind.ContentLength ? HeaderId.ContentLength : HeaderId.Other);
        return FrameKind.Failed;
    }
}
