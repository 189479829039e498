using System.Text;
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

/// <summary>
/// Finds the session description of a message: the body itself, or a part of a multipart (RFC 5621). Limits are small and
/// nothing is copied (THREATS 19).
/// </summary>
internal static class SdpBody
{
    private const int LongestBoundary = 70;
    private const int MostParts = 8;
    private const int Deepest = 2;

    public static BodyKind Find(SipMessage message, out ReadOnlySpan<byte> sdp)
    {
        sdp = default;
        if (message.Body.IsEmpty) return BodyKind.None;
        if (message.TryGet(HeaderId.ContentEncoding, out var encoding) && !Ascii.EqualsIgnoreCase(encoding, "identity"u8)) return BodyKind.Unknown;
        if (message.TryGet(HeaderId.ContentType, out var type) && TryFind(type, message.Body, Deepest, out sdp)) return BodyKind.Sdp;
        return message.TryGet(HeaderId.ContentDisposition, out var disposition) && IsOptional(disposition) ? BodyKind.None : BodyKind.Unknown;
    }

    /// <summary>True when a Content-Type is this type, with or without parameters.</summary>
    public static bool IsType(ReadOnlySpan<byte> contentType, ReadOnlySpan<byte> type)
    {
        var end = contentType.IndexOf((byte)';');
        return Ascii.EqualsIgnoreCase(Trim(end < 0 ? contentType : contentType[..end]), type);
    }

    private static bool TryFind(ReadOnlySpan<byte> type, ReadOnlySpan<byte> body, int depth, out ReadOnlySpan<byte> sdp)
    {
        sdp = body;
        if (IsType(type, "application/sdp"u8)) return true;
        sdp = default;
        if (depth == 0 || !TryBoundary(type, out var boundary)) return false;
        for (var parts = 0; parts < MostParts; parts++)
        {
            if (!TryNextPart(ref body, boundary, out var part)) return false;
            if (TrySplit(part, out var partType, out var content) && TryFind(partType, content, depth - 1, out sdp)) return true;
        }
        return false;
    }

    /// <summary>The boundary of a multipart type (RFC 2046 §5.1.1).</summary>
    private static bool TryBoundary(ReadOnlySpan<byte> type, out ReadOnlySpan<byte> boundary)
    {
        boundary = default;
        type = Trim(type);
        if (type.Length < 10 || !Ascii.EqualsIgnoreCase(type[..10], "multipart/"u8)) return false;
        foreach (var range in type.Split((byte)';'))
        {
            var parameter = Trim(type[range]);
            if (parameter.Length > 9 && Ascii.EqualsIgnoreCase(parameter[..9], "boundary="u8)) boundary = parameter[9..].Trim((byte)'"');
        }
        return boundary.Length is > 0 and <= LongestBoundary;
    }

    /// <summary>Cuts the bytes between this delimiter line and the next; what stands before the first is no part.</summary>
    private static bool TryNextPart(scoped ref ReadOnlySpan<byte> body, scoped ReadOnlySpan<byte> boundary, out ReadOnlySpan<byte> part)
    {
        part = default;
        if (!TryDelimiter(body, boundary, out _, out var start) || body[start..].StartsWith("--"u8)) return false;
        var rest = body[start..];
        var line = rest.IndexOf((byte)'\n');
        if (line < 0) return false;
        rest = rest[(line + 1)..];
        if (!TryDelimiter(rest, boundary, out var end, out _)) return false;
        part = rest[..end];
        body = rest[end..];
        return true;
    }

    private static bool TryDelimiter(ReadOnlySpan<byte> body, scoped ReadOnlySpan<byte> boundary, out int at, out int after)
    {
        at = 0;
        while (at < body.Length)
        {
            var next = body[at..].IndexOf(boundary);
            after = at + next + boundary.Length;
            if (next < 0) return false;
            at += next;
            if (at >= 2 && body[at - 1] == '-' && body[at - 2] == '-' && (at == 2 || body[at - 3] == '\n'))
            {
                at -= 2;
                return true;
            }
            at++;
        }
        after = 0;
        return false;
    }

    /// <summary>The headers of a part up to its empty line, and its content without the line break that belongs to the delimiter.</summary>
    private static bool TrySplit(ReadOnlySpan<byte> part, out ReadOnlySpan<byte> type, out ReadOnlySpan<byte> content)
    {
        type = default;
        content = part;
        while (true)
        {
            var end = content.IndexOf((byte)'\n');
            if (end < 0) return false;
            var line = content[..end].TrimEnd((byte)'\r');
            content = content[(end + 1)..];
            if (line.IsEmpty) break;
            var colon = line.IndexOf((byte)':');
            if (colon > 0 && Ascii.EqualsIgnoreCase(Trim(line[..colon]), "Content-Type"u8)) type = Trim(line[(colon + 1)..]);
        }
        if (content.EndsWith("\n"u8)) content = content[..^1];
        if (content.EndsWith("\r"u8)) content = content[..^1];
        return !type.IsEmpty;
    }

    private static bool IsOptional(ReadOnlySpan<byte> disposition) => disposition.IndexOf("handling=optional"u8) >= 0;

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> text) => text.Trim(" \t"u8);
}
