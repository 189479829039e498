using System.Globalization;
using System.Text;
using Gateway.Sip;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Proxy;

/// <summary>The caller's side of a call, or the called side's of one that rang: route set, tags and target as RFC 3261 §12 keeps them.</summary>
internal sealed class ProxyDialog(ProxyPhone phone, string to)
{
    private string _branch = "";
    private string _invite = "";

    public ProxyPhone Phone { get; } = phone;

    public required string CallId { get; init; }

    public string LocalTag { get; private set; } = ProxyPhone.NewId("tag");

    public string RemoteTag { get; private set; } = "";

    public string LocalUri { get; private set; } = $"sip:{phone.User}@{CoreHarness.Realm}";

    public string RemoteUri { get; private set; } = $"sip:{to}@{CoreHarness.Realm}";

    public string Target { get; set; } = $"sip:{to}@{CoreHarness.Realm}";

    public List<string> Routes { get; } = [];

    public uint CSeq { get; private set; } = 1;

    public static string Sdp(string address) => $"v=0\no=- 1 1 IN IP4 {address}\ns=-\nc=IN IP4 {address}\nt=0 0\nm=audio 4000 RTP/AVP 0\n";

    public void SendInvite(string extra, string? sdp)
    {
        _branch = ProxyPhone.NewId("z9hG4bKi");
        _invite = extra;
        Phone.Send(Text("INVITE", extra, sdp ?? Sdp(Phone.Flow.Remote.Address.ToString()), _branch));
    }

    /// <summary>The INVITE as it went, once more.</summary>
    public void Resend(string? sdp = null) => Phone.Send(Text("INVITE", _invite, sdp ?? Sdp(Phone.Flow.Remote.Address.ToString()), _branch));

    public void Cancel(string extra = "") => Phone.Send(Text("CANCEL", extra, "", _branch));

    /// <summary>The ACK of a refusal: hop by hop, on the branch of the INVITE.</summary>
    public void AckRefusal(SentMessage refusal) => Phone.Send(Text("ACK", "", "", _branch, refusal.ToTag));

    /// <summary>Takes a 2xx: the route set is its Record-Route in reverse (§12.1.2), the target its Contact.</summary>
    public void Confirm(SentMessage answer)
    {
        RemoteTag = answer.ToTag;
        Routes.Clear();
        Routes.AddRange(answer.Headers(HeaderId.RecordRoute).Reverse());
        Target = Bare(answer.Header(HeaderId.Contact)!);
        Send("ACK");
    }

    /// <summary>A request inside the dialog.</summary>
    public string Send(string method, string extra = "", string body = "")
    {
        if (method is not "ACK")
        {
            CSeq++;
        }

        var branch = ProxyPhone.NewId("z9hG4bKd");
        Phone.Send(Text(method, extra, body, branch));
        return branch;
    }

    /// <summary>The called side of an INVITE: §12.1.1.</summary>
    public static ProxyDialog Of(ProxyPhone phone, SentMessage invite, string tag)
    {
        var dialog = new ProxyDialog(phone, "")
        {
            CallId = invite.Header(HeaderId.CallId)!,
            LocalTag = tag,
            RemoteTag = Encoding.UTF8.GetString(invite.Message.FromTag),
            LocalUri = Bare(invite.Header(HeaderId.To)!),
            RemoteUri = Bare(invite.Header(HeaderId.From)!),
            Target = Bare(invite.Header(HeaderId.Contact)!),
            CSeq = 700,
        };
        dialog.Routes.AddRange(invite.Headers(HeaderId.RecordRoute));
        return dialog;
    }

    public string Text(string method, string extra, string body, string branch, string? toTag = null)
    {
        var text = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"{method} {Target} SIP/2.0\nVia: SIP/2.0/{Phone.ViaName} {Phone.Flow.Remote};branch={branch};rport\n"));
        foreach (var route in Routes)
        {
            text.Append("Route: ").Append(route).Append('\n');
        }

        var tag = toTag ?? RemoteTag;
        text.Append(CultureInfo.InvariantCulture, $"Max-Forwards: 70\nFrom: <{LocalUri}>;tag={LocalTag}\nTo: <{RemoteUri}>{(tag.Length > 0 ? $";tag={tag}" : "")}\nCall-ID: {CallId}\nCSeq: {CSeq} {method}\n");
        if (method is "INVITE" or "UPDATE")
        {
            text.Append(CultureInfo.InvariantCulture, $"Contact: <{Phone.ContactUri}>\n");
        }

        if (body.Length > 0)
        {
            text.Append("Content-Type: application/sdp\n");
        }

        return text.Append(extra.Length > 0 ? extra.TrimEnd() + "\n" : "")
            .Append(CultureInfo.InvariantCulture, $"Content-Length: {Encoding.UTF8.GetByteCount(body.ReplaceLineEndings("\r\n"))}\n\n{body}").ToString();
    }

    private static string Bare(string nameAddress)
    {
        var start = nameAddress.IndexOf('<', StringComparison.Ordinal) + 1;
        return nameAddress[start..nameAddress.IndexOf('>', StringComparison.Ordinal)];
    }
}
