using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// How the side that a call starts from hears of the way up: by the answers to its INVITE (<see cref="InboundLeg"/>), or,
/// when we rang it ourselves, by its media alone (<see cref="Originator"/>).
/// </summary>
internal interface ICallerSide
{
    /// <summary>Its INVITE; null when we sent ours.</summary>
    SipRequest? Invite { get; }

    /// <summary>Its INVITE had no offer: ours goes with the answer.</summary>
    bool IsDelayedOffer { get; }

    /// <summary>It has been told that the other side rings.</summary>
    bool HasRung { get; }

    /// <summary>It has not acknowledged what the 200 builds on: the 200 waits (RFC 3262 §3).</summary>
    bool HoldsAnswer => false;

    /// <param name="sdp">The description of early media, or null.</param>
    void Progress(int status, byte[]? sdp, TimeSpan now);

    void Accept(byte[] sdp, TimeSpan now);

    /// <summary>The call came to nothing.</summary>
    void Reject(CallEnd end, TimeSpan now);
}
