using System.Buffers;

namespace Gateway.Sip;

/// <summary>Request-Line and Status-Line (RFC 3261 §7.1, §7.2): single spaces, nothing before, between or behind.</summary>
internal ref partial struct MessageIndexer
{
    private static readonly SearchValues<byte> VersionCharacters = SearchValues.Create("0123456789."u8);

    /// <summary>Reads the first line; returns where the header fields start.</summary>
    private int StartLine(ReadOnlySpan<byte> section)
    {
        var end = section.IsEmpty ? -1 : LineEnd(section, 0);
        if (end < 0)
        {
            Fail(SipParseErrorKind.StartLine, 0);
            return section.Length;
        }
        var line = section[..end];
        if (_message is SipResponse)
        {
            StatusLine(line);
        }
        else
        {
            RequestLine(line);
        }
        return end + 2;
    }

    private void RequestLine(ReadOnlySpan<byte> line)
    {
        ref var index = ref _message.Index;
        var methodEnd = SipLexer.TokenEnd(line, 0);
        if (methodEnd is 0 or > SipLimits.MethodToken || methodEnd >= line.Length || line[methodEnd] != (byte)' ')
        {
            Fail(SipParseErrorKind.StartLine, Math.Min(methodEnd, SipLimits.MethodToken));
            return;
        }
        index.MethodToken = new Slice(0, methodEnd);
        index.Method = SipMethods.Parse(line[..methodEnd]);
        var versionStart = line.LastIndexOf((byte)' ') + 1;
        var version = line[versionStart..];
        var uri = versionStart - 1 > methodEnd ? line[(methodEnd + 1)..(versionStart - 1)] : default;
        if (!SipLexer.EqualsIgnoreCase(version, "SIP/2.0"u8))
        {
            // Only what looks like another version of SIP is answered 505 (§21.5.6, RFC 4475 §3.1.2.16).
            Fail(IsVersion(version) ? SipParseErrorKind.Version : SipParseErrorKind.StartLine, versionStart);
            return;
        }
        if (uri.Length > SipLimits.Uri)
        {
            Fail(SipParseErrorKind.UriTooLong, methodEnd + 1 + SipLimits.Uri);
            return;
        }
        if (!IsRequestUri(uri))
        {
            Fail(SipParseErrorKind.StartLine, methodEnd + 1);
            return;
        }
        index.Uri = new Slice(methodEnd + 1, uri.Length);
    }

    // §7.1: no unescaped spaces or control characters, no angle brackets; of the schemes that we know the syntax must be
    // right, and headers are not allowed (§19.1.1 table 1): a "?Route=" must not steer us. Unknown schemes get their 416 later.
    private static bool IsRequestUri(ReadOnlySpan<byte> uri)
    {
        if (!NameAddressView.IsAbsoluteUri(uri))
        {
            return false;
        }
        return SipUriView.TryScheme(uri, out _) ? SipUriView.TryParse(uri, out var view) && view.Headers.IsEmpty : !uri.ContainsAnyExceptInRange((byte)0x21, (byte)0x7E);
    }

    private void StatusLine(ReadOnlySpan<byte> line)
    {
        ref var index = ref _message.Index;
        var space = line.IndexOf((byte)' ');
        var version = space < 0 ? line : line[..space];
        if (!SipLexer.EqualsIgnoreCase(version, "SIP/2.0"u8))
        {
            Fail(IsVersion(version) ? SipParseErrorKind.Version : SipParseErrorKind.StartLine, 0);
            return;
        }
        var rest = space < 0 ? default : line[(space + 1)..];
        // Three digits and a space (RFC 4475 §3.1.2.19); the space is missing in the field when there is no phrase.
        if (rest.Length < 3 || !SipLexer.TryNumber(rest[..3], out var code) || code is < 100 or > 699
            || (rest.Length > 3 && rest[3] != (byte)' '))
        {
            Fail(SipParseErrorKind.StartLine, version.Length);
            return;
        }
        index.StatusCode = (int)code;
        var phrase = Math.Min(version.Length + 5, line.Length);
        index.Reason = new Slice(phrase, line.Length - phrase);
    }

    private static bool IsVersion(ReadOnlySpan<byte> text)
        => text.Length is >= 7 and <= 16
            && SipLexer.EqualsIgnoreCase(text[..4], "SIP/"u8)
            && !text[4..].ContainsAnyExcept(VersionCharacters);
}
