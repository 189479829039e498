namespace Gateway.Sip;

public enum DialogState : byte
{
    Early,
    Confirmed,
    Terminated,
}

public enum DialogVerdict : byte
{
    /// <summary>In order: the remote sequence number was moved up.</summary>
    Accept,
    /// <summary>CSeq lower than the last: 500 (RFC 3261 §12.2.2). Equal numbers are accepted once more for browsers that retry 491 so.</summary>
    OutOfOrder,
}

/// <summary>
/// A dialog (RFC 3261 §12): ids, sequence numbers, route set and targets of one peer-to-peer relation. It writes in-dialog
/// requests; it knows no transactions.
/// </summary>
public sealed class Dialog
{
    private Dialog() { }

    public string CallId => throw new NotImplementedException();

    public string LocalTag => throw new NotImplementedException();

    public string RemoteTag => throw new NotImplementedException();

    public DialogState State => throw new NotImplementedException();

    public uint LocalSequence => throw new NotImplementedException();

    /// <summary>The peer's Contact: the Request-URI of what we send (§12.1, refreshed by §12.2.1.2).</summary>
    public SipUri RemoteTarget => throw new NotImplementedException();

    /// <summary>The flow that in-dialog requests leave by.</summary>
    public Flow Flow { get; set; }

    /// <summary>A dialog seen by the callee, from the INVITE and the tag we answer with (§12.1.1).</summary>
    public static bool TryCreateUas(SipRequest invite, string localTag, in Flow flow, out Dialog? dialog) => throw new NotImplementedException();

    /// <summary>A dialog seen by the caller, from a tagged 1xx or 2xx to the INVITE we wrote (§12.1.2).</summary>
    public static bool TryCreateUac(SipResponse response, in Flow flow, out Dialog? dialog) => throw new NotImplementedException();

    /// <summary>The 2xx has been sent or received: Confirmed, route set and target taken anew from it on the UAC side (§13.2.2.4).</summary>
    public void Confirm(SipResponse? response) => throw new NotImplementedException();

    public void Terminate() => throw new NotImplementedException();

    /// <summary>Checks CSeq and takes a target refresh (re-INVITE, UPDATE) from a request of the peer.</summary>
    public DialogVerdict Receive(SipRequest request) => throw new NotImplementedException();

    /// <summary>A target refresh from a 2xx to our re-INVITE or UPDATE.</summary>
    public void Refresh(SipResponse response) => throw new NotImplementedException();

    /// <summary>
    /// Starts an in-dialog request in the writer: request line, Via (with branch and sent-by), Max-Forwards, From, To,
    /// Call-ID, CSeq (next number; the INVITE's number for ACK and CANCEL) and Route (§12.2.1.1, strict routers included).
    /// The caller adds headers and ends the message.
    /// </summary>
    public void BeginRequest(SipWriter writer, SipMethod method, string branch, string sentBy, uint? sequence = null) => throw new NotImplementedException();
}
