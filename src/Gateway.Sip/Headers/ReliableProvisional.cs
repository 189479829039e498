namespace Gateway.Sip;

/// <summary>RAck of a PRACK: which reliable provisional response it acknowledges (RFC 3262 §7.2).</summary>
/// <param name="ResponseNumber">RSeq of the response, 1 to 2^32-1.</param>
/// <param name="CSeq">CSeq number of the response.</param>
/// <param name="Method">CSeq method of the response.</param>
public readonly record struct RAck(uint ResponseNumber, uint CSeq, SipMethod Method)
{
    public static bool TryParse(ReadOnlySpan<byte> value, out RAck rack)
    {
        rack = default;
        value = SipLexer.Trim(value);
        var first = value.IndexOfAny((byte)' ', (byte)'\t');
        if (first < 0 || !RSeq.TryParse(value[..first], out var response))
        {
            return false;
        }
        var rest = value[SipLexer.SkipLws(value, first)..];
        var second = rest.IndexOfAny((byte)' ', (byte)'\t');
        if (second < 0 || !SipLexer.TryNumber(rest[..second], out var cseq) || cseq >= SipLimits.CSeqBound)
        {
            return false;
        }
        var method = rest[SipLexer.SkipLws(rest, second)..];
        if (!SipLexer.IsToken(method))
        {
            return false;
        }
        rack = new RAck(response, cseq, SipMethods.Parse(method));
        return true;
    }

    public void Write(SipWriter writer)
    {
        writer.BeginHeader(HeaderId.RAck);
        writer.Append(ResponseNumber);
        writer.Append(" "u8);
        writer.Append(CSeq);
        writer.Append(" "u8);
        writer.Append(SipMethods.Token(Method));
        writer.EndHeader();
    }
}

/// <summary>RSeq of a reliable provisional response, 1 to 2^32-1 (RFC 3262 §7.1).</summary>
public static class RSeq
{
    public static bool TryParse(ReadOnlySpan<byte> value, out uint number) => SipLexer.TryNumber(SipLexer.Trim(value), out number) && number > 0;
}
