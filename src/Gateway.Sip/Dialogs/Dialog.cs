using System.Text;

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
    private RouteSet _routes;
    private SipUri? _targetBefore;
    private uint _inviteSequence;
    private uint? _remoteSequence;
    private bool _sequenceRepeated;

    private Dialog(string callId, string localTag, string remoteTag, string localAddress, string remoteAddress, SipUri remoteTarget, RouteSet routes, in Flow flow)
    {
        CallId = callId;
        LocalTag = localTag;
        RemoteTag = remoteTag;
        LocalAddress = localAddress;
        RemoteAddress = remoteAddress;
        RemoteTarget = remoteTarget;
        _routes = routes;
        Flow = flow;
    }

    public string CallId { get; }

    public string LocalTag { get; }

    /// <summary>The peer's tag; empty for a peer of RFC 2543 that gave none.</summary>
    public string RemoteTag { get; }

    /// <summary>Our side as a name-addr without tag: the From of what we send.</summary>
    public string LocalAddress { get; }

    /// <summary>The peer's side as a name-addr without tag: the To of what we send.</summary>
    public string RemoteAddress { get; }

    public DialogState State { get; private set; }

    /// <summary>The number of our last request; 0 before any.</summary>
    public uint LocalSequence { get; private set; }

    /// <summary>The number of the peer's last request; null before any.</summary>
    public uint? RemoteSequence => _remoteSequence;

    /// <summary>The peer's Contact: the Request-URI of what we send (§12.1, refreshed by §12.2.1.2).</summary>
    public SipUri RemoteTarget { get; private set; }

    /// <summary>The route set in the order that we send it, each value with its angle brackets.</summary>
    public IReadOnlyList<string> RouteSet => _routes.Values;

    /// <summary>True when the dialog was set up over TLS for a sips URI: our Contact has to be one too (§12.1).</summary>
    public bool Secure { get; private set; }

    /// <summary>The flow that in-dialog requests leave by.</summary>
    public Flow Flow { get; set; }

    /// <summary>A dialog seen by the callee, from the INVITE and the tag we answer with (§12.1.1).</summary>
    /// <returns>False when the request has no Contact with a sip or sips URI: 400.</returns>
    public static bool TryCreateUas(SipRequest invite, string localTag, in Flow flow, out Dialog? dialog)
    {
        dialog = null;
        if (!TryContact(invite, out var target))
        {
            return false;
        }
        dialog = new Dialog(
            Encoding.ASCII.GetString(invite.CallId),
            localTag,
            Encoding.ASCII.GetString(invite.FromTag),
            AddressOf(invite.To),
            AddressOf(invite.From),
            target,
            Sip.RouteSet.FromRequest(invite),
            flow)
        {
            _remoteSequence = invite.CSeq,
            Secure = flow.IsSecure && invite.TryGetUri(out var uri) && uri.Scheme == SipScheme.Sips,
        };
        return true;
    }

    /// <summary>A dialog seen by the caller, from a tagged 1xx or 2xx to the INVITE we wrote (§12.1.2).</summary>
    /// <returns>
    /// False for a 100, an untagged 1xx and a final response other than 2xx. A peer that gave no Contact is reached at its
    /// To address until it gives one: its 2xx has to be acknowledged all the same.
    /// </returns>
    public static bool TryCreateUac(SipResponse response, in Flow flow, out Dialog? dialog)
    {
        dialog = null;
        var establishes = response.IsSuccess || (response.StatusCode is > 100 and < 200 && !response.ToTag.IsEmpty);
        if (!establishes || (!TryContact(response, out var target) && !TryTo(response, out target)))
        {
            return false;
        }
        dialog = new Dialog(
            Encoding.ASCII.GetString(response.CallId),
            Encoding.ASCII.GetString(response.FromTag),
            Encoding.ASCII.GetString(response.ToTag),
            AddressOf(response.From),
            AddressOf(response.To),
            target,
            Sip.RouteSet.FromResponse(response),
            flow)
        {
            LocalSequence = response.CSeq,
            _inviteSequence = response.CSeq,
            State = response.IsSuccess ? DialogState.Confirmed : DialogState.Early,
            Secure = flow.IsSecure && target.Scheme == SipScheme.Sips,
        };
        return true;
    }

    /// <summary>The 2xx has been sent or received: Confirmed, route set and target taken anew from it on the UAC side (§13.2.2.4).</summary>
    /// <param name="response">The 2xx that we received as UAC; null on the UAS side.</param>
    public void Confirm(SipResponse? response)
    {
        if (State != DialogState.Early)
        {
            return;
        }
        State = DialogState.Confirmed;
        if (response is not null)
        {
            _routes = Sip.RouteSet.FromResponse(response);
            Refresh(response);
        }
    }

    public void Terminate() => State = DialogState.Terminated;

    /// <summary>True when this message of the peer belongs to this dialog: Call-ID and both tags (§12.2.2).</summary>
    public bool Matches(SipMessage message)
    {
        var local = message is SipRequest ? message.ToTag : message.FromTag;
        var remote = message is SipRequest ? message.FromTag : message.ToTag;
        return Is(message.CallId, CallId) && Is(local, LocalTag) && Is(remote, RemoteTag);
    }

    /// <summary>Checks CSeq and takes a target refresh (re-INVITE, UPDATE) from a request of the peer.</summary>
    public DialogVerdict Receive(SipRequest request)
    {
        // ACK and CANCEL carry the number of their INVITE, however many requests came in between (§12.2.1.1).
        if (request.Method is SipMethod.Ack or SipMethod.Cancel)
        {
            return DialogVerdict.Accept;
        }
        var sequence = request.CSeq;
        if (_remoteSequence is { } last)
        {
            if (sequence < last || (sequence == last && _sequenceRepeated))
            {
                return DialogVerdict.OutOfOrder;
            }
            // JsSIP retries after 491 with the number that it had; the RFC has no word on equal numbers of two transactions.
            _sequenceRepeated = sequence == last;
        }
        _remoteSequence = sequence;
        if (IsTargetRefresh(request.Method) && TryContact(request, out var target))
        {
            _targetBefore = RemoteTarget;
            RemoteTarget = target;
        }
        return DialogVerdict.Accept;
    }

    /// <summary>The request that <see cref="Receive"/> took a target from was refused: none of its changes are performed (§12.2.2).</summary>
    public void RevertTarget()
    {
        RemoteTarget = _targetBefore ?? RemoteTarget;
        _targetBefore = null;
    }

    /// <summary>A target refresh from a 2xx to our re-INVITE or UPDATE.</summary>
    public void Refresh(SipResponse response)
    {
        if (response.IsSuccess && TryContact(response, out var target))
        {
            _targetBefore = null;
            RemoteTarget = target;
        }
    }

    /// <summary>
    /// Starts an in-dialog request in the writer: request line, Via (with branch and sent-by), Max-Forwards, From, To,
    /// Call-ID, CSeq (next number; the INVITE's number for ACK and CANCEL) and Route (§12.2.1.1, strict routers included).
    /// The caller adds headers and ends the message.
    /// </summary>
    /// <param name="writer">Takes the message.</param>
    /// <param name="method"><see cref="SipMethod.Other"/> with its token only.</param>
    /// <param name="branch">With the cookie; a fresh one for each transaction, the ACK of a 2xx included.</param>
    /// <param name="sentBy">host[:port] of the listener.</param>
    /// <param name="sequence">A number to use instead, e.g. of the INVITE that this ACK belongs to when another was sent since.</param>
    /// <param name="token">The method as it stands on the wire; empty for the one that <paramref name="method"/> has.</param>
    public void BeginRequest(SipWriter writer, SipMethod method, string branch, string sentBy, uint? sequence = null, ReadOnlySpan<byte> token = default)
    {
        var number = sequence ?? (method is SipMethod.Ack or SipMethod.Cancel ? _inviteSequence : LocalSequence + 1);
        if (method is not (SipMethod.Ack or SipMethod.Cancel))
        {
            LocalSequence = Math.Max(LocalSequence, number);
        }
        if (method == SipMethod.Invite)
        {
            _inviteSequence = number;
        }
        if (token.IsEmpty) writer.Request(method, _routes.RequestUri(RemoteTarget));
        else writer.Request(token, Encoding.UTF8.GetBytes(_routes.RequestUri(RemoteTarget)));
        SipRequests.WriteVia(writer, Flow.Transport, sentBy, branch);
        writer.Header(HeaderId.MaxForwards, 70);
        WriteParty(writer, HeaderId.From, LocalAddress, LocalTag);
        WriteParty(writer, HeaderId.To, RemoteAddress, RemoteTag);
        writer.Header(HeaderId.CallId, CallId);
        if (token.IsEmpty) writer.CSeq(number, method);
        else writer.CSeq(number, token);
        _routes.WriteRoute(writer, RemoteTarget);
    }

    /// <summary>The number for a request that is sent once more with credentials, as <see cref="BeginRequest"/> would take it.</summary>
    public uint NextSequence(SipMethod method)
    {
        LocalSequence++;
        if (method == SipMethod.Invite)
        {
            _inviteSequence = LocalSequence;
        }
        return LocalSequence;
    }

    /// <summary>All that another loop, or the store, needs to go on with this dialog; the flow goes apart.</summary>
    public DialogSnapshot ToSnapshot() => new()
    {
        CallId = CallId,
        LocalTag = LocalTag,
        RemoteTag = RemoteTag,
        LocalAddress = LocalAddress,
        RemoteAddress = RemoteAddress,
        RemoteTarget = RemoteTarget.ToString(),
        RouteSet = [.. RouteSet],
        LocalSequence = LocalSequence,
        InviteSequence = _inviteSequence,
        RemoteSequence = _remoteSequence,
        SequenceRepeated = _sequenceRepeated,
        State = State,
        Secure = Secure,
    };

    /// <summary>The dialog of a snapshot, on this flow; false when its target is no URI.</summary>
    public static bool TryRestore(DialogSnapshot snapshot, in Flow flow, out Dialog? dialog)
    {
        dialog = null;
        if (!SipUri.TryParse(snapshot.RemoteTarget, out var target))
        {
            return false;
        }
        dialog = new Dialog(
            snapshot.CallId, snapshot.LocalTag, snapshot.RemoteTag, snapshot.LocalAddress, snapshot.RemoteAddress,
            target, new RouteSet([.. snapshot.RouteSet]), flow)
        {
            LocalSequence = snapshot.LocalSequence,
            _inviteSequence = snapshot.InviteSequence,
            _remoteSequence = snapshot.RemoteSequence,
            _sequenceRepeated = snapshot.SequenceRepeated,
            State = snapshot.State,
            Secure = snapshot.Secure,
        };
        return true;
    }

    // §14.1, RFC 3311 §5.1, RFC 6665 §3.1: the requests whose Contact moves the target. ACK, BYE and INFO never do.
    private static bool IsTargetRefresh(SipMethod method)
        => method is SipMethod.Invite or SipMethod.Update or SipMethod.Subscribe or SipMethod.Notify;

    private static bool TryContact(SipMessage message, out SipUri target)
    {
        target = null!;
        foreach (var value in message.Values(HeaderId.Contact))
        {
            return NameAddressView.TryParse(value, out var contact)
                && contact.TryGetUri(out var uri) && uri.Scheme != SipScheme.Tel
                && SipUri.TryParse(contact.UriBytes, out target);
        }
        return false;
    }

    private static bool TryTo(SipMessage message, out SipUri target)
        => SipUri.TryParse(message.To.UriBytes, out target) && target.Scheme != SipScheme.Tel;

    // Display name and URI as they came; of the parameters only the tag belongs to a dialog, and it is kept apart.
    private static string AddressOf(NameAddressView address)
    {
        var raw = address.Raw[..^address.Parameters.Length];
        return Encoding.UTF8.GetString(raw);
    }

    private static bool Is(ReadOnlySpan<byte> bytes, string text)
        => bytes.Length == text.Length && Ascii.Equals(bytes, text);

    private static void WriteParty(SipWriter writer, HeaderId id, string address, string tag)
    {
        writer.BeginHeader(id);
        writer.Append(address);
        if (tag.Length > 0)
        {
            writer.Append(";tag="u8);
            writer.Append(tag);
        }
        writer.EndHeader();
    }
}
