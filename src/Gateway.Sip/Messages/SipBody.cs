namespace Gateway.Sip;

/// <summary>Finds the part of a message that the reader understands, whether it is the body or a part of a multipart (RFC 5621 §3).</summary>
public static class SipBody
{
    /// <summary>
    /// The body of this media type: the whole body, or of a multipart the first such part (of multipart/alternative the last
    /// one, which is the best, RFC 2046 §5.1.4), two levels deep. Parts whose disposition is another than the type's own
    /// (<c>session</c> for application/sdp, RFC 3261 §20.11) are passed over.
    /// </summary>
    /// <returns>False when there is none, and when the body is encoded.</returns>
    public static bool TryFind(SipMessage message, ReadOnlySpan<byte> mediaType, out ReadOnlySpan<byte> content)
    {
        content = default;
        if (message.Body.IsEmpty
            || (message.TryGet(HeaderId.ContentEncoding, out var encoding) && !SipLexer.EqualsIgnoreCase(encoding, "identity"u8))
            || !message.TryGet(HeaderId.ContentType, out var type))
        {
            return false;
        }
        return TryFind(type, message.Body, mediaType, SipLimits.MultipartDepth, ref content);
    }

    private static bool TryFind(ReadOnlySpan<byte> type, ReadOnlySpan<byte> body, ReadOnlySpan<byte> wanted, int depth, ref ReadOnlySpan<byte> content)
    {
        if (!MediaTypeView.TryParse(type, out var media))
        {
            return false;
        }
        if (media.Is(wanted))
        {
            content = body;
            return true;
        }
        if (depth == 0 || !MultipartReader.TryCreate(media, body, out var parts))
        {
            return false;
        }
        var last = SipLexer.EqualsIgnoreCase(media.Subtype, "alternative"u8);
        var found = false;
        while ((!found || last) && parts.Next())
        {
            var isOurs = parts.Disposition.IsEmpty
                || SipLexer.EqualsIgnoreCase(parts.Disposition, "session"u8)
                || SipLexer.EqualsIgnoreCase(parts.Disposition, "render"u8);
            found |= isOurs && TryFind(parts.ContentType, parts.Content, wanted, depth - 1, ref content);
        }
        return found;
    }
}
