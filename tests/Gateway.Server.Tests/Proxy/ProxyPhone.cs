using System.Globalization;
using System.Net;
using System.Text;
using Gateway.Sip;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Proxy;

/// <summary>A phone on one flow: what it gets lies in its inbox until a test takes it.</summary>
internal sealed class ProxyPhone(ProxyRig rig, string user, Flow flow, string? contact)
{
    private static int s_count;

    public string User { get; } = user;

    public Flow Flow { get; set; } = flow;

    public List<SentMessage> Inbox { get; } = [];

    public string ContactUri { get; set; } = contact ?? flow.Transport switch
    {
        SipTransport.Udp => $"sip:{user}@{flow.Remote}",
        SipTransport.Wss or SipTransport.Ws => $"sip:{user}@x7k2.invalid;transport=ws",
        _ => $"sip:{user}@{flow.Remote.Address}:5060;transport={flow.Transport.ToString().ToLowerInvariant()}",
    };

    public string ViaName => Flow.Transport.ToString().ToUpperInvariant();

    public bool Hears(in Flow to) => Flow.Connection != 0 ? to.Connection == Flow.Connection : to.Connection == 0 && to.Remote.Equals(Flow.Remote);

    public static string NewId(string prefix) => prefix + Interlocked.Increment(ref s_count).ToString(CultureInfo.InvariantCulture);

    public void Send(string text) => rig.Receive(Flow, text);

    public void Register(double q = 1, string parameters = "")
    {
        var phone = new TestPhone(rig.Core, User, Flow);
        var callId = NewId("register");
        var extra = string.Create(CultureInfo.InvariantCulture, $"Contact: <{ContactUri}>;q={q:0.0##};expires=3600{parameters}");
        var text = phone.Request("REGISTER", $"sip:{CoreHarness.Realm}", extra).Replace(phone.CallId, callId, StringComparison.Ordinal);
        Send(text);
        var answer = Take(401);
        text = phone.Request("REGISTER", $"sip:{CoreHarness.Realm}", $"{extra}\n{phone.Authorization(answer, "REGISTER", $"sip:{CoreHarness.Realm}")}")
            .Replace(phone.CallId, callId, StringComparison.Ordinal);
        Send(text);
        Take(200);
    }

    /// <summary>Starts a call; over UDP a registered phone's source is trusted, over a connection its login.</summary>
    public ProxyDialog Call(string to, string extra = "", string? sdp = null, string? callId = null)
    {
        var dialog = new ProxyDialog(this, to) { CallId = callId ?? NewId("call") };
        dialog.SendInvite(extra, sdp);
        return dialog;
    }

    public SentMessage Take(int status)
    {
        var found = Inbox.Find(message => message.Status == status);
        Assert.True(found is not null, $"{User} has no {status}; it has: {Describe()}");
        Inbox.Remove(found);
        return found;
    }

    public SentMessage Take(string method)
    {
        var found = Inbox.Find(message => message.Message is SipRequest request && Encoding.ASCII.GetString(request.MethodToken) == method);
        Assert.True(found is not null, $"{User} has no {method}; it has: {Describe()}");
        Inbox.Remove(found);
        return found;
    }

    public bool Has(string method) => Inbox.Exists(message => message.Message is SipRequest request && Encoding.ASCII.GetString(request.MethodToken) == method);

    public bool Has(int status) => Inbox.Exists(message => message.Status == status);

    public string Describe() => string.Join(", ", Inbox.Select(message => message.Text[..message.Text.IndexOf('\r', StringComparison.Ordinal)]));

    /// <summary>Answers a request, copying what RFC 3261 §8.2.6 says.</summary>
    public void Respond(SentMessage request, int status, string? tag = null, string extra = "", string body = "")
    {
        var text = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"SIP/2.0 {status} Whatever\n"));
        foreach (var via in request.Headers(HeaderId.Via))
        {
            text.Append("Via: ").Append(via).Append('\n');
        }

        foreach (var record in request.Headers(HeaderId.RecordRoute))
        {
            text.Append("Record-Route: ").Append(record).Append('\n');
        }

        text.Append(CultureInfo.InvariantCulture, $"From: {request.Header(HeaderId.From)}\nTo: {request.Header(HeaderId.To)}");
        if (tag is not null && request.ToTag.Length == 0)
        {
            text.Append(";tag=").Append(tag);
        }

        text.Append(CultureInfo.InvariantCulture, $"\nCall-ID: {request.Header(HeaderId.CallId)}\nCSeq: {request.Header(HeaderId.CSeq)}\n");
        if (status is > 100 and < 300)
        {
            text.Append(CultureInfo.InvariantCulture, $"Contact: <{ContactUri}>\n");
        }

        text.Append(extra.Length > 0 ? extra.TrimEnd() + "\n" : "").Append(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\n\n{body}");
        Send(text.ToString());
    }
}
