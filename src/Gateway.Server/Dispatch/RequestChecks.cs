using Gateway.Sip;

namespace Gateway.Server.Dispatch;

/// <summary>The answer that a check asks for; <see cref="Status"/> 0 when the request may pass.</summary>
/// <param name="Label">Of the metric, from a closed set.</param>
internal readonly record struct CheckVerdict(int Status, string Label, string? Reason = null)
{
    public static CheckVerdict Pass => default;
}

/// <summary>
/// What can be said against a request without knowing who sent it or what state there is: the checks of a UAS in their
/// order (RFC 3261 §8.2.1 to §8.2.3, §16.3).
/// </summary>
internal static class RequestChecks
{
    /// <summary>For a request outside any dialog.</summary>
    public static CheckVerdict Outside(SipRequest request)
    {
        if (request.Method is SipMethod.Other && request.TryGetUri(out var asked) && asked.User.IsEmpty)
        {
            // §8.2.1: it is for us; what is for a user is forwarded, whatever it means.
            return new CheckVerdict(405, "method");
        }

        if (!request.TryGetUri(out var uri))
        {
            // §8.2.2.1: a scheme that we do not know; what begins with one of ours is just badly written.
            return IsKnownScheme(request.UriBytes)
                ? new CheckVerdict(400, "request_uri", "Bad Request-URI")
                : new CheckVerdict(416, "scheme");
        }

        if (uri.Scheme == SipScheme.Tel && request.Method == SipMethod.Register)
        {
            // RFC 3261 §10.2: it names a domain.
            return new CheckVerdict(416, "scheme", "A Registration Needs A Domain");
        }

        if (uri.Scheme == SipScheme.Sips && request.Method != SipMethod.Register)
        {
            // RFC 5630 §3: no hop of ours may be less than TLS, and our phones are not.
            return new CheckVerdict(416, "scheme", "No TLS To The Far End");
        }

        var hasHops = request.TryGetNumber(HeaderId.MaxForwards, out var hops);
        if (hasHops ? hops > SipLimits.MaxForwards : request.Has(HeaderId.MaxForwards))
        {
            return new CheckVerdict(400, "max_forwards", "Bad Max-Forwards Header Field");
        }

        // §16.3 step 3: this hop would be the last, and a REGISTER or an OPTIONS for us ends here anyway.
        if (hasHops && hops == 0 && request.Method is not (SipMethod.Register or SipMethod.Options))
        {
            return new CheckVerdict(483, "max_forwards");
        }

        if (request.Method == SipMethod.Register && !(request.To.TryGetUri(out var to) && to.Scheme is SipScheme.Sip or SipScheme.Sips))
        {
            // §10.2: an address of record is a SIP or SIPS URI (RFC 4475 §3.3.4).
            return new CheckVerdict(400, "register_to", "To Is Not A SIP URI");
        }

        // RFC 3841 §11: matching costs.
        return CallerPreferences.IsTooMuch(request) ? new CheckVerdict(400, "preferences", "Too Many Caller Preferences") : CheckVerdict.Pass;
    }

    /// <summary>What a user agent has to understand of a request, and a proxy has not (§16.3).</summary>
    public static CheckVerdict AsUserAgent(SipRequest request) => Extensions(request) is { Status: not 0 } asked ? asked : Body(request);

    /// <summary>For a request inside a dialog: what its call need not look at.</summary>
    /// <param name="isRelayed">Its method is one that the other side of a call may understand.</param>
    public static CheckVerdict Inside(SipRequest request, bool isRelayed = false) =>
        request.Method is SipMethod.Other && !isRelayed ? new CheckVerdict(405, "method") : Extensions(request);

    /// <summary>§8.2.2.3: option tags that we would have to understand.</summary>
    private static CheckVerdict Extensions(SipRequest request)
    {
        foreach (var tag in request.Values(HeaderId.Require))
        {
            if (!Capabilities.Takes(request.Method, tag))
            {
                return new CheckVerdict(420, "require");
            }
        }

        return CheckVerdict.Pass;
    }

    /// <summary>§8.2.3. Bodies that nobody will read are not looked at.</summary>
    private static CheckVerdict Body(SipRequest request)
    {
        if (request.Method != SipMethod.Invite || request.Body.IsEmpty)
        {
            return CheckVerdict.Pass;
        }

        if (request.TryGet(HeaderId.ContentEncoding, out var encoding) && !Is(encoding, "identity"u8))
        {
            return new CheckVerdict(415, "content_encoding");
        }

        if (!request.TryGet(HeaderId.ContentType, out var type))
        {
            return new CheckVerdict(400, "content_type", "Body Without Content-Type");
        }

        var end = type.IndexOf((byte)';');
        var media = (end < 0 ? type : type[..end]).Trim(" \t"u8);
        // Of a multipart the call looks for the part that it can use.
        return Is(media, "application/sdp"u8) || System.Text.Ascii.EqualsIgnoreCase(media[..Math.Min(media.Length, 10)], "multipart/"u8)
            || IsOptional(request)
                ? CheckVerdict.Pass
                : new CheckVerdict(415, "content_type");
    }

    /// <summary>Writes the header that tells the sender of a refusal what would pass.</summary>
    public static void WriteHelp(SipWriter writer, SipRequest request, int status)
    {
        switch (status)
        {
            case 405:
                writer.Header(HeaderId.Allow, Capabilities.Allow);
                break;
            case 415:
                writer.Header(HeaderId.Accept, Capabilities.Accept);
                writer.Header(HeaderId.AcceptEncoding, "identity");
                break;
            case 420:
                foreach (var tag in request.Values(HeaderId.Require))
                {
                    if (!Capabilities.Takes(request.Method, tag))
                    {
                        writer.Header(HeaderId.Unsupported, tag);
                    }
                }

                break;
        }
    }

    private static bool IsOptional(SipRequest request) =>
        request.TryGet(HeaderId.ContentDisposition, out var disposition)
        && disposition.IndexOf("handling=optional"u8) >= 0;

    private static bool IsKnownScheme(ReadOnlySpan<byte> uri) =>
        StartsWith(uri, "sip:"u8) || StartsWith(uri, "sips:"u8) || StartsWith(uri, "tel:"u8);

    private static bool StartsWith(ReadOnlySpan<byte> text, ReadOnlySpan<byte> start) =>
        text.Length >= start.Length && Is(text[..start.Length], start);

    private static bool Is(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word) => System.Text.Ascii.EqualsIgnoreCase(text, word);
}
