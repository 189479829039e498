using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>What the body of a message is to a call.</summary>
internal enum BodyKind : byte
{
    /// <summary>No body, or one that may be left unread.</summary>
    None,
    Sdp,
    /// <summary>Something else that must be understood: 415.</summary>
    Unknown,
}

/// <summary>Tells the session description of a message from other bodies and from none.</summary>
internal static class SdpBody
{
    public static BodyKind Find(SipMessage message, out ReadOnlySpan<byte> sdp)
    {
        if (SipBody.TryFind(message, "application/sdp"u8, out sdp)) return BodyKind.Sdp;
        if (message.Body.IsEmpty) return BodyKind.None;
        // RFC 3261 §20.11: handling is required unless the sender says that it is not.
        return message.TryGet(HeaderId.ContentDisposition, out var disposition) && disposition.IndexOf("handling=optional"u8) >= 0
            ? BodyKind.None
            : BodyKind.Unknown;
    }

    /// <summary>True when a Content-Type is this type, with or without parameters.</summary>
    public static bool IsType(ReadOnlySpan<byte> contentType, ReadOnlySpan<byte> type) =>
        MediaTypeView.TryParse(contentType, out var media) && media.Is(type);
}
