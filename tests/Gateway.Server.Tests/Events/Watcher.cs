using System.Globalization;
using System.Text;
using System.Xml.Linq;
using Gateway.Sip;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Events;

/// <summary>A phone that subscribes and answers the NOTIFYs: the subscriber's side of one dialog.</summary>
internal sealed class Watcher(CoreHarness core, string user, Flow flow)
{
    private static readonly XNamespace s_reginfo = "urn:ietf:params:xml:ns:reginfo";
    private string _tag = "";
    private string _target = "";
    private string _remoteUri = "";

    public TestPhone Phone { get; } = new(core, user, flow) { CallId = $"watch-{user}-{flow.Connection}-{flow.Remote.Port}" };

    /// <summary>SUBSCRIBE outside a dialog; takes its answer.</summary>
    public SentMessage Subscribe(string whom, string extra = "", string package = "reg", int? expires = 600)
    {
        _remoteUri = $"sip:{whom}@{CoreHarness.Realm}";
        var answer = Phone.Send("SUBSCRIBE", _remoteUri, $"{Headers(package, expires)}\n{extra}".Trim(), to: $"<{_remoteUri}>");
        _tag = answer.ToTag;
        _target = Target(answer);
        return answer;
    }

    /// <summary>SUBSCRIBE inside the dialog.</summary>
    public SentMessage Again(int? expires = 600, string package = "reg", string extra = "", Flow? from = null)
    {
        core.Receive(Phone.Request("SUBSCRIBE", _target, $"{Headers(package, expires)}\n{extra}".Trim(), to: $"<{_remoteUri}>;tag={_tag}"), from ?? Phone.Flow);
        return core.Take();
    }

    public SentMessage Send(string method)
    {
        core.Receive(Phone.Request(method, _target, $"Contact: <{Phone.ContactUri}>", to: $"<{_remoteUri}>;tag={_tag}"), Phone.Flow);
        return core.Take();
    }

    /// <summary>Takes the next NOTIFY and answers it; 0: leaves it unanswered.</summary>
    public SentMessage Notified(int answer = 200)
    {
        var notify = core.Take();
        Assert.Equal(SipMethod.Notify, notify.Request.Method);
        Assert.Equal(_tag, Encoding.ASCII.GetString(notify.Message.FromTag));
        Assert.Equal(Phone.CallId, Encoding.ASCII.GetString(notify.Message.CallId));
        if (answer > 0) Respond(notify, answer);
        return notify;
    }

    public void Respond(SentMessage notify, int status, Flow? from = null)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"SIP/2.0 {status} Whatever\n");
        foreach (var via in notify.Headers(HeaderId.Via)) text.Append(CultureInfo.InvariantCulture, $"Via: {via}\n");
        text.Append(CultureInfo.InvariantCulture, $"From: {notify.Header(HeaderId.From)}\nTo: {notify.Header(HeaderId.To)}\nCall-ID: {notify.Header(HeaderId.CallId)}\nCSeq: {notify.Header(HeaderId.CSeq)}\nContent-Length: 0\n\n");
        core.Receive(text.ToString(), from ?? notify.Flow);
    }

    /// <summary>version, state of the document, state of the registration, and the contacts as "event uri".</summary>
    public static (string Version, string Document, string Registration, string Contacts) Read(SentMessage notify)
    {
        Assert.Equal("application/reginfo+xml", notify.Header(HeaderId.ContentType));
        var root = XDocument.Parse(Encoding.UTF8.GetString(notify.Message.Body)).Root!;
        Assert.Equal(s_reginfo + "reginfo", root.Name);
        var registration = root.Element(s_reginfo + "registration")!;
        return ((string)root.Attribute("version")!, (string)root.Attribute("state")!, (string)registration.Attribute("state")!,
            string.Join(", ", registration.Elements(s_reginfo + "contact").Select(contact => $"{contact.Attribute("event")!.Value} {contact.Element(s_reginfo + "uri")!.Value}")));
    }

    /// <summary>A REGISTER that is taken; the NOTIFYs that it causes may leave before its answer and stay to be taken.</summary>
    public static void Register(CoreHarness core, TestPhone phone, string parameters, string extra = "")
    {
        var contact = $"Contact: <{phone.ContactUri}>{parameters}\n{extra}".Trim();
        core.Receive(phone.Request("REGISTER", $"sip:{CoreHarness.Realm}", contact), phone.Flow);
        var sent = core.TakeAll();
        if (sent is [{ Status: 401 } challenge])
        {
            core.Receive(phone.Request("REGISTER", $"sip:{CoreHarness.Realm}", $"{contact}\n{phone.Authorization(challenge, "REGISTER", $"sip:{CoreHarness.Realm}")}"), phone.Flow);
            sent = core.TakeAll();
        }
        Assert.Equal(200, Assert.Single(sent, message => message.Message is SipResponse).Status);
        foreach (var notify in sent.Where(message => message.Message is SipRequest)) core.Put(notify);
    }

    private string Headers(string package, int? expires)
    {
        var text = $"Contact: <{Phone.ContactUri}>";
        if (package.Length > 0) text += $"\nEvent: {package}";
        if (expires is { } seconds) text += string.Create(CultureInfo.InvariantCulture, $"\nExpires: {seconds}");
        return text;
    }

    private static string Target(SentMessage answer) => (answer.Header(HeaderId.Contact) ?? "").Trim('<', '>');
}
