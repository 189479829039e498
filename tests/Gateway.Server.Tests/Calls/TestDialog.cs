using System.Globalization;
using System.Text;
using Gateway.Sip;

namespace Gateway.Server.Tests.Calls;

/// <summary>A peer's side of one dialog with the gateway: ids, numbers and targets, so that tests read as message flows.</summary>
internal sealed class TestDialog
{
    private readonly CallRig _rig;
    private readonly string _localUri;
    private readonly string _remoteUri;
    private uint _sequence;
    private string _branch = NewBranch();

    private TestDialog(CallRig rig, TestPeer peer, string callId, string localTag, string localUri, string remoteUri, string target)
    {
        _rig = rig;
        Peer = peer;
        CallId = callId;
        LocalTag = localTag;
        _localUri = localUri;
        _remoteUri = remoteUri;
        Target = target;
    }

    public TestPeer Peer { get; }

    public string CallId { get; }

    public string LocalTag { get; }

    public string RemoteTag { get; set; } = "";

    public string Target { get; set; }

    public uint Sequence => _sequence;

    public uint InviteSequence { get; private set; }

    /// <summary>The INVITE that rang us; null on a dialog of our own.</summary>
    public SipRequest? Invite { get; private init; }

    public static TestDialog Outgoing(CallRig rig, TestPeer peer, string to, string? uri) => new(rig, peer,
        TestPeer.NewId("call"), TestPeer.NewId("tag"), $"\"{peer.User} at work\" <sip:{peer.User}@{CallRig.Realm}>", $"<sip:{to}@{CallRig.Realm}>",
        uri ?? $"sip:{to}@{CallRig.Realm}");

    public static TestDialog Incoming(CallRig rig, TestPeer peer, SipRequest invite)
    {
        invite.TryGet(HeaderId.To, out var to);
        var from = Encoding.UTF8.GetString(invite.From.UriBytes);
        Assert.True(invite.TryGet(HeaderId.Contact, out var contact));
        return new TestDialog(rig, peer, Encoding.UTF8.GetString(invite.CallId), TestPeer.NewId("tag"), Encoding.UTF8.GetString(to), $"<{from}>",
            Encoding.UTF8.GetString(contact).Trim('<', '>'))
        {
            Invite = invite,
            RemoteTag = Encoding.UTF8.GetString(invite.FromTag),
        };
    }

    // As the caller.

    public void SendInvite(string? sdp, string headers = "")
    {
        InviteSequence = ++_sequence;
        _branch = NewBranch();
        Request("INVITE", _sequence, _branch, sdp, headers);
    }

    /// <summary>Takes a response of the gateway and its To tag and Contact.</summary>
    public SipResponse Expect(int status)
    {
        var response = Peer.Take(status);
        if (!response.ToTag.IsEmpty) RemoteTag = Encoding.UTF8.GetString(response.ToTag);
        if (response.TryGet(HeaderId.Contact, out var contact)) Target = Encoding.UTF8.GetString(contact).Trim('<', '>');
        return response;
    }

    /// <summary>The ACK of a 2xx, with a branch of its own.</summary>
    public void Ack(string? sdp = null) => Request("ACK", InviteSequence, NewBranch(), sdp);

    /// <summary>The ACK of a refusal: the branch and URI of the INVITE.</summary>
    public void AckRefusal() => Request("ACK", InviteSequence, _branch, null);

    public void Cancel(string headers = "")
    {
        var tag = RemoteTag;
        RemoteTag = "";
        Request("CANCEL", InviteSequence, _branch, null, headers);
        RemoteTag = tag;
    }

    /// <summary>Sets a call up: 200, its ACK.</summary>
    public SipResponse Establish()
    {
        var ok = Expect(200);
        Ack();
        return ok;
    }

    // As the called one.

    public void Respond(int status, string? sdp = null, string headers = "", string? contact = null) => Peer.Respond(Invite!, status, sdp, LocalTag, headers, contact);

    /// <summary>Answers the INVITE with these codecs of its offer.</summary>
    public void Answer(string codecs, string direction = "sendrecv") => Respond(200, SdpText.Answer(Invite!, Peer.IsBrowser, codecs, direction));

    // Both.

    public void Send(string method, string? body = null, string headers = "", string type = "application/sdp", TestPeer? from = null, uint? sequence = null)
    {
        if (sequence is null) _sequence++;
        if (method == "INVITE") InviteSequence = sequence ?? _sequence;
        _branch = NewBranch();
        Request(method, sequence ?? _sequence, _branch, body, headers, type, from);
    }

    private static string NewBranch() => TestPeer.NewId("z9hG4bKpeer");

    private void Request(string method, uint sequence, string branch, string? body, string headers = "", string type = "application/sdp", TestPeer? from = null)
    {
        var sender = from ?? Peer;
        var local = _localUri.Contains("tag=", StringComparison.Ordinal) ? _localUri : $"{_localUri};tag={LocalTag}";
        var remote = RemoteTag.Length == 0 ? _remoteUri : $"{_remoteUri};tag={RemoteTag}";
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{method} {Target} SIP/2.0\r\n{sender.Via(branch)}\r\nMax-Forwards: 70\r\n");
        text.Append(CultureInfo.InvariantCulture, $"From: {local}\r\nTo: {remote}\r\nCall-ID: {CallId}\r\nCSeq: {sequence} {method}\r\n");
        text.Append(CultureInfo.InvariantCulture, $"Contact: <{Peer.ContactUri}{(Peer.IsBrowser ? ";ob" : "")}>\r\nUser-Agent: Secret/1.0\r\n{headers}");
        TestPeer.Finish(text, body, type);
        sender.Send(text.ToString());
    }
}
