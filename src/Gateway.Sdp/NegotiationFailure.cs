namespace Gateway.Sdp;

/// <summary>Why an offer or answer cannot stand.</summary>
public enum NegotiationFailureKind : byte
{
    /// <summary>The body is not a session description.</summary>
    Syntax,
    /// <summary>No audio, or only audio that is switched off.</summary>
    NoAudio,
    /// <summary>The transport protocol is not the leg's (plain RTP from a browser, SRTP on a plain leg).</summary>
    Profile,
    /// <summary>No codec that the gateway can pass on, or none that the other leg has.</summary>
    NoCommonCodec,
    /// <summary>c= is a host name or missing.</summary>
    Address,
    /// <summary>c= is a multicast or broadcast address: media would go to many.</summary>
    Multicast,
    /// <summary>WebRTC without a=fingerprint.</summary>
    FingerprintMissing,
    /// <summary>WebRTC with SHA-1 or weaker only.</summary>
    FingerprintWeak,
    /// <summary>WebRTC without usable ICE credentials, or ICE-lite on both sides.</summary>
    Ice,
    /// <summary>WebRTC without rtcp-mux.</summary>
    RtcpMux,
    /// <summary>a=setup has no role to play.</summary>
    Setup,
    /// <summary>The answer has other m= lines than the offer.</summary>
    AnswerShape,
    /// <summary>The answer refuses the audio (port 0).</summary>
    AudioRefused,
    /// <summary>An offer came while ours is open.</summary>
    Glare,
    /// <summary>An offer came while the peer's previous one is unanswered.</summary>
    OfferPending,
    /// <summary>Nothing is open that this could answer, or our own offer must wait.</summary>
    OutOfOrder,
}

/// <summary>A refusal with everything that the SIP response needs.</summary>
/// <param name="StatusCode">400, 488, 491 or 500.</param>
/// <param name="WarningCode">The warn-code of a Warning header (RFC 3261 §20.43); 0 when the response carries none.</param>
/// <param name="Text">What is wrong, in words for the peer's operator.</param>
public sealed record NegotiationFailure(NegotiationFailureKind Kind, int StatusCode, int WarningCode, string Text)
{
    /// <summary>What was wrong with the text, when <see cref="Kind"/> is Syntax and there was one.</summary>
    public SdpErrorKind Syntax { get; init; }

    /// <summary>The bounded label of the metric; a text that could not be read has the parser's.</summary>
    public string Label => Kind switch
    {
        NegotiationFailureKind.Syntax => Syntax == SdpErrorKind.None ? "syntax" : new SdpError(Syntax, 0).Label,
        NegotiationFailureKind.NoAudio => "no_audio",
        NegotiationFailureKind.Profile => "profile",
        NegotiationFailureKind.NoCommonCodec => "no_common_codec",
        NegotiationFailureKind.Address => "address",
        NegotiationFailureKind.Multicast => "multicast",
        NegotiationFailureKind.FingerprintMissing => "fingerprint_missing",
        NegotiationFailureKind.FingerprintWeak => "fingerprint_weak",
        NegotiationFailureKind.Ice => "ice",
        NegotiationFailureKind.RtcpMux => "rtcp_mux",
        NegotiationFailureKind.Setup => "setup",
        NegotiationFailureKind.AnswerShape => "answer_shape",
        NegotiationFailureKind.AudioRefused => "audio_refused",
        NegotiationFailureKind.Glare => "glare",
        NegotiationFailureKind.OfferPending => "offer_pending",
        _ => "out_of_order",
    };

    public static NegotiationFailure From(SdpError error) => new(NegotiationFailureKind.Syntax, error.StatusCode, error.StatusCode == 488 ? 399 : 0, error.Reason) { Syntax = error.Kind };

    internal static NegotiationFailure Of(NegotiationFailureKind kind) => kind switch
    {
        NegotiationFailureKind.NoAudio => new(kind, 488, 304, "Media type not available"),
        NegotiationFailureKind.Profile => new(kind, 488, 302, "Incompatible transport protocol"),
        NegotiationFailureKind.NoCommonCodec => new(kind, 488, 305, "Incompatible media format"),
        NegotiationFailureKind.Address => new(kind, 488, 301, "Incompatible network address formats"),
        NegotiationFailureKind.Multicast => new(kind, 488, 330, "Multicast not available"),
        NegotiationFailureKind.FingerprintMissing => new(kind, 488, 399, "a=fingerprint is missing"),
        NegotiationFailureKind.FingerprintWeak => new(kind, 488, 399, "a=fingerprint needs sha-256 or better"),
        NegotiationFailureKind.Ice => new(kind, 488, 399, "ICE credentials are missing or ICE is lite on both sides"),
        NegotiationFailureKind.RtcpMux => new(kind, 488, 399, "a=rtcp-mux is required"),
        NegotiationFailureKind.Setup => new(kind, 488, 399, "a=setup has no usable role"),
        NegotiationFailureKind.AnswerShape => new(kind, 488, 399, "The answer has other m= lines than the offer"),
        NegotiationFailureKind.AudioRefused => new(kind, 488, 304, "The answer refuses audio"),
        // RFC 3261 §14.2: 491 while our own offer is open, 500 with Retry-After while the peer's last one is.
        NegotiationFailureKind.Glare => new(kind, 491, 0, "Another offer is pending"),
        NegotiationFailureKind.OfferPending => new(kind, 500, 0, "The previous offer is not answered yet"),
        _ => new(NegotiationFailureKind.OutOfOrder, 500, 0, "No offer is open"),
    };
}
