namespace Gateway.Sip;

/// <summary>
/// Writes one message into a buffer that it keeps and reuses: start line, headers, body, in that order. Values that hold
/// CR, LF or NUL are refused (THREATS: header injection). One per loop.
/// </summary>
public sealed class SipWriter
{
    public void Request(ReadOnlySpan<byte> method, ReadOnlySpan<byte> uri) => throw new NotImplementedException();

    public void Request(SipMethod method, string uri) => throw new NotImplementedException();

    /// <summary>A status line; the standard phrase of the code when <paramref name="reason"/> is null.</summary>
    public void Response(int statusCode, string? reason = null) => throw new NotImplementedException();

    public void Header(HeaderId id, ReadOnlySpan<byte> value) => throw new NotImplementedException();

    public void Header(HeaderId id, string value) => throw new NotImplementedException();

    public void Header(HeaderId id, uint value) => throw new NotImplementedException();

    public void Header(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => throw new NotImplementedException();

    public void CSeq(uint number, ReadOnlySpan<byte> method) => throw new NotImplementedException();

    public void CSeq(uint number, SipMethod method) => throw new NotImplementedException();

    /// <summary>Starts a field whose value is written in pieces by <see cref="Append(string)"/>; <see cref="EndHeader"/> ends it.</summary>
    public void BeginHeader(HeaderId id) => throw new NotImplementedException();

    public void Append(ReadOnlySpan<byte> piece) => throw new NotImplementedException();

    public void Append(string piece) => throw new NotImplementedException();

    public void Append(long number) => throw new NotImplementedException();

    public void EndHeader() => throw new NotImplementedException();

    /// <summary>Copies every field of this name from a message, as it came and in order.</summary>
    public void Copy(SipMessage from, HeaderId id) => throw new NotImplementedException();

    /// <summary>Content-Type, Content-Length, the blank line and the body. Ends the message.</summary>
    public void Body(ReadOnlySpan<byte> contentType, ReadOnlySpan<byte> body) => throw new NotImplementedException();

    /// <summary>Content-Length: 0 and the blank line. Ends the message.</summary>
    public void NoBody() => throw new NotImplementedException();

    public ReadOnlySpan<byte> Written => throw new NotImplementedException();

    /// <summary>The message in an array of its own.</summary>
    public byte[] ToArray() => Written.ToArray();
}
