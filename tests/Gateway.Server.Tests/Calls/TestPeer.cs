using System.Globalization;
using System.Text;
using Gateway.Server.Registrar;
using Gateway.Sip;

namespace Gateway.Server.Tests.Calls;

/// <summary>A phone or a browser on one flow: it writes SIP by hand and keeps what it gets.</summary>
internal sealed class TestPeer(CallRig rig, string user, Flow flow)
{
    private static int _count;

    public string User { get; } = user;

    public Flow Flow { get; set; } = flow;

    public bool IsBrowser => Flow.IsWebSocket;

    public List<SipMessage> Inbox { get; } = [];

    public string ContactUri => IsBrowser
        ? $"sip:c{User}@x7k2.invalid;transport=ws"
        : $"sip:{User}@{Flow.Remote};line={User}1";

    /// <summary>What else its registration says.</summary>
    public Func<Binding, Binding> As { get; set; } = static binding => binding;

    public Binding Binding => As(new()
    {
        Id = Guid.Empty, DomainId = Guid.Empty, NodeId = "n", Aor = $"{User}@{CallRig.Realm}", Contact = SipUri.Parse(ContactUri), CallId = "r", CSeq = 1,
        Flow = Flow, ExpiresAt = DateTimeOffset.MaxValue,
    });

    /// <summary>Starts a call; the returned dialog knows what the gateway answered.</summary>
    public TestDialog Call(string to, string? sdp, string headers = "", string? uri = null)
    {
        var dialog = TestDialog.Outgoing(rig, this, to, uri);
        dialog.SendInvite(sdp, headers);
        return dialog;
    }

    /// <summary>A request outside any dialog.</summary>
    public TestDialog Outside(string method, string headers)
    {
        var dialog = TestDialog.Outgoing(rig, this, User, null);
        dialog.Send(method, headers: headers);
        return dialog;
    }

    /// <summary>The INVITE that rings this peer, as the dialog it would make.</summary>
    public TestDialog Ringing()
    {
        var invite = Take(SipMethod.Invite);
        return TestDialog.Incoming(rig, this, invite);
    }

    public SipRequest Take(SipMethod method)
    {
        var found = Inbox.OfType<SipRequest>().FirstOrDefault(request => request.Method == method);
        Assert.True(found is not null, $"{User} has no {method}; it has: {Describe()}");
        Inbox.Remove(found);
        return found;
    }

    public SipResponse Take(int status)
    {
        var found = Inbox.OfType<SipResponse>().FirstOrDefault(response => response.StatusCode == status);
        Assert.True(found is not null, $"{User} has no {status}; it has: {Describe()}");
        Inbox.Remove(found);
        return found;
    }

    public bool Has(SipMethod method) => Inbox.OfType<SipRequest>().Any(request => request.Method == method);

    public bool Has(int status) => Inbox.OfType<SipResponse>().Any(response => response.StatusCode == status);

    public string Describe() => string.Join(", ", Inbox.Select(message => message is SipRequest request
        ? request.Method.ToString() : ((SipResponse)message).StatusCode.ToString(CultureInfo.InvariantCulture) + " " + message.CSeqMethod));

    public void Send(string text) => rig.Receive(Flow, text);

    public string Via(string branch) => IsBrowser
        ? $"Via: SIP/2.0/WSS x7k2.invalid;branch={branch}"
        : $"Via: SIP/2.0/UDP {Flow.Remote};branch={branch};rport";

    public static string NewId(string prefix) => prefix + Interlocked.Increment(ref _count).ToString(CultureInfo.InvariantCulture);

    /// <summary>Answers a request of the gateway.</summary>
    public void Respond(SipRequest request, int status, string? sdp = null, string? tag = null, string headers = "", string? contact = null)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"SIP/2.0 {status} Whatever\r\n");
        foreach (var via in request.Values(HeaderId.Via)) text.Append("Via: ").Append(Encoding.UTF8.GetString(via)).Append("\r\n");
        request.TryGet(HeaderId.From, out var from);
        request.TryGet(HeaderId.To, out var to);
        text.Append("From: ").Append(Encoding.UTF8.GetString(from)).Append("\r\n");
        text.Append("To: ").Append(Encoding.UTF8.GetString(to));
        if (tag is not null && request.ToTag.IsEmpty) text.Append(";tag=").Append(tag);
        text.Append("\r\nCall-ID: ").Append(Encoding.UTF8.GetString(request.CallId)).Append("\r\n");
        text.Append(CultureInfo.InvariantCulture, $"CSeq: {request.CSeq} {Encoding.UTF8.GetString(request.CSeqMethodToken)}\r\n");
        text.Append(CultureInfo.InvariantCulture, $"Contact: <{contact ?? ContactUri}>\r\nUser-Agent: Secret/1.0\r\n{headers}");
        Finish(text, sdp);
        Send(text.ToString());
    }

    public static void Finish(StringBuilder text, string? sdp, string type = "application/sdp")
    {
        if (sdp is not null) text.Append(CultureInfo.InvariantCulture, $"Content-Type: {type}\r\n");
        text.Append(CultureInfo.InvariantCulture, $"Content-Length: {Encoding.UTF8.GetByteCount(sdp ?? "")}\r\n\r\n{sdp}");
    }
}
