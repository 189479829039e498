using System.Globalization;
using System.Text;
using Gateway.Sip;

namespace Gateway.Testing.Server;

/// <summary>A user agent that writes its requests as text and can answer a challenge: the far end of a <see cref="CoreHarness"/>.</summary>
public sealed class TestPhone(CoreHarness core, string user, Flow flow, string password = "secret")
{
    private readonly SeededRandom _random = new(user.Length + (int)flow.Connection);
    private int _branch;

    public Flow Flow { get; set; } = flow;

    public string User { get; } = user;

    public string CallId { get; set; } = $"call-{user}-{flow.Connection}@phone";

    public uint CSeq { get; set; }

    /// <summary>What stands between the angle brackets of our Contact.</summary>
    public string ContactUri { get; set; } = flow.Connection != 0 ? $"sip:{user}@abc{flow.Connection}.invalid;transport=ws" : $"sip:{user}@{flow.Remote}";

    /// <summary>A request with all that one outside a dialog needs; more header lines may follow.</summary>
    public string Request(string method, string uri, string extra = "", string? from = null, string? to = null, string body = "")
    {
        var via = Flow.IsWebSocket ? $"SIP/2.0/WSS {User}.invalid" : $"SIP/2.0/UDP {Flow.Remote}";
        var text = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"""
            {method} {uri} SIP/2.0
            Via: {via};branch=z9hG4bK{CallId.Replace('@', '.')}.{++_branch};rport
            Max-Forwards: 70
            From: {from ?? $"<sip:{User}@{CoreHarness.Realm}>"};tag=from{User}
            To: {to ?? $"<sip:{User}@{CoreHarness.Realm}>"}
            Call-ID: {CallId}
            CSeq: {++CSeq} {method}

            """));
        if (extra.Length > 0)
        {
            text.Append(extra.TrimEnd()).Append('\n');
        }

        var bytes = Encoding.UTF8.GetByteCount(body.ReplaceLineEndings("\r\n"));
        return text.Append(CultureInfo.InvariantCulture, $"Content-Length: {bytes}\n\n").Append(body).ToString();
    }

    /// <summary>Sends a request and, when it is challenged, sends it again with credentials. The last answer, a 100 passed over.</summary>
    public SentMessage Send(string method, string uri, string extra = "", string? from = null, string? to = null, string body = "")
    {
        core.Receive(Request(method, uri, extra, from, to, body), Flow);
        var answer = Answer();
        if (answer.Status != 401)
        {
            return answer;
        }

        core.Receive(Request(method, uri, $"{extra}\n{Authorization(answer, method, uri)}".Trim(), from, to, body), Flow);
        return Answer();
    }

    private SentMessage Answer()
    {
        var answer = core.Take();
        return answer.Status == 100 ? core.Take() : answer;
    }

    public string Authorization(SentMessage challenge, string method, string uri, string? withPassword = null) =>
        DigestAnswer.TryAnswer(challenge.Response, new DigestLogin(User, withPassword ?? password), Encoding.ASCII.GetBytes(method), uri, _random, out _, out var value)
            ? $"Authorization: {value}"
            : throw new InvalidOperationException($"no challenge to answer in:\n{challenge}");

    /// <summary>Registers the one contact of this phone.</summary>
    public SentMessage Register(int expires = 600, string parameters = "", string extra = "") =>
        Send("REGISTER", $"sip:{CoreHarness.Realm}", string.Create(CultureInfo.InvariantCulture, $"Contact: <{ContactUri}>{parameters};expires={expires}\n{extra}").Trim());
}
