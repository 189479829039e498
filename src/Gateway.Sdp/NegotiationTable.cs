namespace Gateway.Sdp;

/// <summary>Where a leg stands between offer and answer (RFC 3264 §4, RFC 6337 §2).</summary>
public enum NegotiationState : byte
{
    /// <summary>Nothing agreed, nothing open.</summary>
    Idle,
    /// <summary>Our offer is out.</summary>
    LocalOffer,
    /// <summary>Our offer is out and an unreliable provisional response showed an answer that the final one may replace.</summary>
    EarlyAnswer,
    /// <summary>The peer's offer waits for our answer.</summary>
    RemoteOffer,
    /// <summary>The last offer is answered.</summary>
    Stable,
}

/// <summary>What happens to a leg's negotiation.</summary>
public enum NegotiationInput : byte
{
    SendOffer,
    ReceiveOffer,
    SendAnswer,
    ReceiveEarlyAnswer,
    ReceiveAnswer,
    /// <summary>The open offer, whoever made it, ended without an answer: refused, cancelled or timed out.</summary>
    OfferFailed,
}

/// <summary>What the negotiator does about it.</summary>
public enum NegotiationAction : byte
{
    Nothing,
    /// <summary>Write our offer.</summary>
    Offer,
    /// <summary>Read the peer's offer.</summary>
    TakeOffer,
    /// <summary>Write our answer and agree.</summary>
    Answer,
    /// <summary>Read the peer's answer for early media, keeping the offer open.</summary>
    TakeEarlyAnswer,
    /// <summary>Read the peer's answer and agree.</summary>
    TakeAnswer,
    /// <summary>Forget the open offer; what was agreed before stays (RFC 3261 §14.1).</summary>
    RollBack,
    /// <summary>Refuse with 491.</summary>
    RefuseGlare,
    /// <summary>Refuse with 500 and Retry-After.</summary>
    RefusePending,
    /// <summary>Not now: nothing to answer, or another offer is open.</summary>
    RefuseOutOfOrder,
}

/// <summary>
/// The offer/answer machine of one leg as a table: at most one offer is open at a time, in either direction
/// (RFC 3264 §4), and a failed offer leaves what was agreed as it was.
/// </summary>
public static class NegotiationTable
{
    /// <param name="agreed">Whether an earlier exchange was completed; a failed offer falls back to it.</param>
    public static (NegotiationState Next, NegotiationAction Action) Next(NegotiationState state, NegotiationInput input, bool agreed) =>
        (state, input) switch
        {
            (NegotiationState.Idle or NegotiationState.Stable, NegotiationInput.SendOffer) => (NegotiationState.LocalOffer, NegotiationAction.Offer),
            (NegotiationState.Idle or NegotiationState.Stable, NegotiationInput.ReceiveOffer) => (NegotiationState.RemoteOffer, NegotiationAction.TakeOffer),

            (NegotiationState.RemoteOffer, NegotiationInput.SendAnswer) => (NegotiationState.Stable, NegotiationAction.Answer),
            (NegotiationState.LocalOffer or NegotiationState.EarlyAnswer, NegotiationInput.ReceiveEarlyAnswer) => (NegotiationState.EarlyAnswer, NegotiationAction.TakeEarlyAnswer),
            (NegotiationState.LocalOffer or NegotiationState.EarlyAnswer, NegotiationInput.ReceiveAnswer) => (NegotiationState.Stable, NegotiationAction.TakeAnswer),

            (NegotiationState.LocalOffer or NegotiationState.EarlyAnswer, NegotiationInput.ReceiveOffer) => (state, NegotiationAction.RefuseGlare),
            (NegotiationState.RemoteOffer, NegotiationInput.ReceiveOffer) => (state, NegotiationAction.RefusePending),

            (NegotiationState.LocalOffer or NegotiationState.EarlyAnswer or NegotiationState.RemoteOffer, NegotiationInput.OfferFailed) =>
                (agreed ? NegotiationState.Stable : NegotiationState.Idle, NegotiationAction.RollBack),
            (_, NegotiationInput.OfferFailed) => (state, NegotiationAction.Nothing),

            _ => (state, NegotiationAction.RefuseOutOfOrder),
        };
}
