namespace Gateway.Sip;

/// <summary>The transaction user (RFC 3261 §5): what the layer above the transactions hears. Called on the loop only.</summary>
public interface ITransactionUser
{
    /// <summary>A new request other than ACK. INVITEs get their 100 by timer; every other answer is the user's.</summary>
    void OnRequest(ServerTransaction transaction, SipRequest request, TimeSpan now);

    /// <summary>An ACK that matches no INVITE server transaction in Completed: the ACK of a 2xx (§13.2.2.4).</summary>
    void OnAck(SipRequest ack, in Flow flow, TimeSpan now);

    /// <summary>A CANCEL matched this INVITE, came from the same source, and was answered 200. The user answers the INVITE 487 if it still can (§9.2).</summary>
    void OnCancel(ServerTransaction invite, SipRequest cancel, TimeSpan now);

    /// <summary>A response to a request of ours: every 1xx, the first final one, and every 2xx to an INVITE (RFC 6026 §7.2).</summary>
    void OnResponse(ClientTransaction transaction, SipResponse response, TimeSpan now);

    /// <summary>No final answer came in time (timers B, F), or the transport failed: acts as 408 or 503 (§8.1.3.1).</summary>
    void OnFailure(ClientTransaction transaction, TransactionFailure failure, TimeSpan now);

    /// <summary>An INVITE server transaction got the ACK for its non-2xx, or gave up waiting for it (timer H).</summary>
    void OnServerInviteEnded(ServerTransaction transaction, bool acknowledged, TimeSpan now);
}

public enum TransactionFailure : byte
{
    Timeout,
    Transport,
}
