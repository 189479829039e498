using System.Globalization;
using System.Net;
using System.Text;
using Gateway.Sdp.Tests;
using Gateway.Server.Configuration;
using Gateway.Server.Routing;
using Gateway.Server.Trunks;
using Gateway.Sip;
using Gateway.Testing.Server;

namespace Gateway.Fuzz.Targets;

/// <summary>One core and the peers around it, for one case.</summary>
internal sealed class EndpointWorld
{
    private static readonly string[] s_methods = ["INVITE", "INVITE", "INVITE", "BYE", "BYE", "CANCEL", "ACK", "REGISTER", "OPTIONS", "MESSAGE", "REFER", "UPDATE", "PRACK", "INFO", "SUBSCRIBE", "NOTIFY", "PUBLISH", "FOO"];
    private static readonly int[] s_statuses = [100, 180, 180, 183, 200, 200, 200, 200, 202, 302, 401, 404, 407, 408, 481, 486, 487, 488, 491, 500, 503, 600, 603];

    private static readonly string[] s_extras =
    [
        "", "", "", "Supported: 100rel,timer\n", "Require: 100rel\n", "Session-Expires: 90;refresher=uas\nSupported: timer\n", "Max-Forwards: 0\n", "Route: <sip:192.0.2.1;lr>\n",
        "Route: <sip:198.51.100.7:5062;lr>,<sip:192.0.2.1>\n", "Record-Route: <sip:203.0.113.66;lr>\n", "Privacy: id\nP-Asserted-Identity: <sip:evil@x>\n", "Expires: 0\n",
        "Event: reg\nAccept: application/reginfo+xml\n", "Event: refer\nSubscription-State: terminated;reason=noresource\n", "Refer-To: <sip:bob@gw.example>\n", "Refer-To: <sip:x@gw.example?Replaces=c1%3Bto-tag%3Da%3Bfrom-tag%3Db>\n",
        "Replaces: c1;to-tag=a;from-tag=b\n", "RAck: 1 1 INVITE\n", "Contact: *\n", "Accept: text/nothing\n", "Unsupported: path\n", "Reason: Q.850;cause=16\n",
    ];

    private readonly Random _random;
    private readonly CoreHarness _core;
    private readonly (string User, Flow Flow)[] _peers;
    private readonly List<SentMessage> _asked = [];
    private readonly List<(byte[] Bytes, Flow Flow)> _said = [];
    private readonly List<Dialog> _dialogs = [];
    private readonly int _timers;
    private int _count;
    private bool _called;
    private bool _talked;

    public EndpointWorld(Random random)
    {
        _random = random;
        _core = new CoreHarness(nextHops: new FakeNextHops(), connector: new FakeConnector());
        _peers =
        [
            ("ada", CoreHarness.Udp()), ("bob", new Flow(SipTransport.Tcp, IPEndPoint.Parse("198.51.100.8:50008"), -1, 11)), ("cleo", CoreHarness.Wss(12)),
            ("+4930777", CoreHarness.Udp("192.0.2.60:5060")), ("stranger", CoreHarness.Udp("203.0.113.66:5060")),
        ];
        var trunk = new Trunk
        {
            Id = Guid.Parse("0190a000-0000-7000-8000-000000000060"), DomainId = Guid.AllBitsSet, Name = "pbx", Host = "192.0.2.60", QualifySeconds = 0,
            Dids = [new DidEntry("+4930123", new Destination.ToService("echo"))], Rights = CallRights.Default,
        };
        _core.Services.Configuration.Update(snapshot => snapshot with { Trunks = [trunk] });
        _core.Core.Configure(_core.Now);
        _core.RunPosted();
        _timers = _core.Services.Timers.Count;
        foreach (var (user, flow) in _peers.Take(3))
        {
            _core.AddAccount(user);
            new TestPhone(_core, user, flow).Register();
        }

        _core.TakeAll();
    }

    private sealed record Dialog(string CallId, string Local, Flow Flow, string User)
    {
        public string Remote { get; set; } = "";

        public uint CSeq { get; set; } = 1;

        public string Branch { get; set; } = "";

        public string Uri { get; init; } = "";
    }

    public void Step()
    {
        switch (_random.Next(20))
        {
            case < 3: Say(Mutator.Damage(_random, _random.Pick(Corpus.Messages), Corpus.Messages, most: 2), _random.Pick(_peers).Flow); break;
            case < 9: Ask(); break;
            case < 15: Answer(); break;
            case < 17 when _said.Count > 0: Again(); break;
            case < 19: _core.Advance(TimeSpan.FromMilliseconds(_random.Pick([10, 500, 2_000, 11_000, 33_000, 70_000]))); break;
            default: Close(); break;
        }

        Listen();
    }

    /// <summary>Everybody hangs up and time goes by: what is left then is left for ever.</summary>
    public string End()
    {
        _called |= _core.Core.Calls.Count > 0;
        _core.Core.Calls.HangUpAll("end", _core.Now);
        // A proxied call is its phones' own: its record ends when we do.
        _core.Core.Proxy.Shutdown(_core.Now);
        _core.RunPosted();
        _core.Advance(TimeSpan.FromMinutes(5));
        var transactions = _core.Core.Transactions;
        FuzzException.Unless(transactions.ClientCount + transactions.ServerCount == 0, $"every transaction ends: {transactions.ClientCount} of clients, {transactions.ServerCount} of servers left");
        FuzzException.Unless(_core.Core.Proxy.ContextCount + _core.Core.Proxy.CallCount == 0, "everything that was forwarded ends");
        FuzzException.Unless(_core.Core.Calls.Count == 0, $"every call ends: {_core.Core.Calls.Count} left");
        FuzzException.Unless(_core.Media.Open.Count == 0, $"every media leg is closed: {_core.Media.Open.Count} left");
        FuzzException.Unless(_core.CallLog.Ended.Select(record => record.Id).Distinct().Count() == _core.CallLog.Ended.Count, "a call has one record");
        _core.Advance(TimeSpan.FromHours(3));
        FuzzException.Unless(_core.Services.Bindings.Count == 0, $"every binding expires: {_core.Services.Bindings.Count} left");
        FuzzException.Unless(_core.Services.Timers.Count <= _timers, $"every timer ends: {_core.Services.Timers.Count} where {_timers} were");
        return _talked ? "talked" : _called ? "called" : "refused";
    }

    private void Say(byte[] bytes, Flow flow)
    {
        _said.Add((bytes, flow));
        _core.Receive(bytes, flow);
    }

    private void Again()
    {
        var (bytes, flow) = _random.Pick(_said);
        _core.Receive(bytes, _random.Next(6) == 0 ? _random.Pick(_peers).Flow : flow);
    }

    private void Close()
    {
        var (_, flow) = _random.Pick(_peers);
        if (flow.Connection != 0)
        {
            _core.CloseFlow(flow);
        }
        else
        {
            _core.Core.Unreachable(flow, _asked.Count > 0 ? Encoding.UTF8.GetBytes(_random.Pick(_asked).Text).AsSpan(0, 60) : "INVITE "u8, _core.Now);
            _core.RunPosted();
        }
    }

    /// <summary>A request, new or inside a dialog that there is, mostly as it should be.</summary>
    private void Ask()
    {
        var method = _random.Pick(s_methods);
        var isNew = _dialogs.Count == 0 || _random.Next(3) == 0;
        var (user, flow) = _random.Pick(_peers);
        var target = _random.Pick(["ada", "bob", "cleo", "echo", "+4930123", "+4930999", "nobody", "tone"]);
        var dialog = isNew
            ? new Dialog(string.Create(CultureInfo.InvariantCulture, $"c{++_count}@{user}"), "t" + _count, flow, user) { Uri = $"sip:{target}@{CoreHarness.Realm}" }
            : _random.Pick(_dialogs);
        if (isNew)
        {
            _dialogs.Add(dialog);
        }

        var isSame = method is "CANCEL" or "ACK";
        dialog.CSeq += isSame || isNew ? 0u : 1;
        dialog.Branch = method == "CANCEL" && dialog.Branch.Length > 0 ? dialog.Branch : string.Create(CultureInfo.InvariantCulture, $"z9hG4bK{++_count}.{_random.Next():x}");
        var body = method is "INVITE" or "UPDATE" or "ACK" or "PRACK" && _random.Next(4) > 0 ? Encoding.UTF8.GetString(_random.Pick(Corpus.Descriptions)) : "";
        var via = dialog.Flow.IsWebSocket ? $"SIP/2.0/WSS {dialog.User}.invalid" : $"SIP/2.0/{(dialog.Flow.IsReliable ? "TCP" : "UDP")} {dialog.Flow.Remote}";
        var text = string.Create(CultureInfo.InvariantCulture, $"""
            {method} {(method == "REGISTER" ? "sip:" + CoreHarness.Realm : dialog.Uri)} SIP/2.0
            Via: {via};branch={dialog.Branch};rport
            Max-Forwards: 70
            From: <sip:{dialog.User}@{(dialog.User[0] == '+' ? "192.0.2.60" : CoreHarness.Realm)}>;tag={dialog.Local}
            To: <{dialog.Uri}>{(dialog.Remote.Length > 0 && method != "CANCEL" ? ";tag=" + dialog.Remote : "")}
            Call-ID: {dialog.CallId}
            CSeq: {dialog.CSeq} {method}
            Contact: <sip:{dialog.User}@{dialog.Flow.Remote}>
            {_random.Pick(s_extras)}{(body.Length > 0 ? "Content-Type: application/sdp\n" : "")}Content-Length: {Encoding.UTF8.GetByteCount(body)}


            """).ReplaceLineEndings("\r\n").TrimEnd() + "\r\n\r\n" + body;
        var bytes = Encoding.UTF8.GetBytes(text);
        Say(_random.Next(4) == 0 ? Mutator.Damage(_random, bytes, Corpus.Messages, most: 1) : bytes, _random.Next(12) == 0 ? _random.Pick(_peers).Flow : dialog.Flow);
    }

    /// <summary>An answer to something that the core asked, mostly fitting.</summary>
    private void Answer()
    {
        if (_asked.Count == 0)
        {
            Ask();
            return;
        }

        var asked = _asked[_random.Next(3) > 0 ? ^1 : _random.Next(_asked.Count)];
        var invite = asked.Request.Method == SipMethod.Invite;
        var status = invite ? _random.Pick(s_statuses) : _random.Pick([200, 200, 200, 202, 401, 404, 405, 408, 481, 500]);
        var body = invite && status is > 100 and < 300 && _random.Next(5) > 0 ? Encoding.UTF8.GetString(asked.Flow.IsWebSocket ? Offers.Wire(Offers.Chromium.Replace("actpass", "active", StringComparison.Ordinal)) : _random.Pick(Corpus.Descriptions)) : "";
        var lines = asked.Text[..asked.Text.IndexOf("\r\n\r\n", StringComparison.Ordinal)].Split("\r\n").Skip(1);
        var copied = lines.Where(line => line.StartsWith("Via:", StringComparison.Ordinal) || line.StartsWith("From:", StringComparison.Ordinal) || line.StartsWith("To:", StringComparison.Ordinal)
                || line.StartsWith("Call-ID:", StringComparison.Ordinal) || line.StartsWith("CSeq:", StringComparison.Ordinal) || line.StartsWith("Record-Route:", StringComparison.Ordinal))
            .Select(line => line.StartsWith("To:", StringComparison.Ordinal) && !line.Contains(";tag=", StringComparison.Ordinal) && status > 100 ? line + ";tag=u" + (_random.Next(5) == 0 ? "2" : "1") : line);
        var extra = status == 401 ? "WWW-Authenticate: Digest realm=\"pbx\", nonce=\"n\", qop=\"auth\"\r\n" : status is > 100 and < 200 && _random.Next(3) == 0 ? "Require: 100rel\r\nRSeq: 1\r\n"
            : status is >= 300 and < 400 ? "Contact: <sip:cleo@gw.example>;q=0.5, <sip:x@192.0.2.99>\r\n" : "";
        var contact = $"Contact: <sip:peer@{asked.Flow.Remote}>\r\n";
        var text = string.Create(CultureInfo.InvariantCulture, $"SIP/2.0 {status} Whatever\r\n{string.Join("\r\n", copied)}\r\n{contact}{extra}{(body.Length > 0 ? "Content-Type: application/sdp\r\n" : "")}Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");
        var bytes = Encoding.UTF8.GetBytes(text);
        _talked |= invite && status == 200;
        Say(_random.Next(5) == 0 ? Mutator.Damage(_random, bytes, Corpus.Messages, most: 1) : bytes, asked.Flow);
    }

    /// <summary>What the core said: requests to answer, tags to know dialogs by, challenges to meet.</summary>
    private void Listen()
    {
        foreach (var sent in _core.TakeAll())
        {
            if (sent.Message is SipRequest { Method: not SipMethod.Ack } request)
            {
                _asked.Add(sent);
                if (request.Method == SipMethod.Invite && request.ToTag.IsEmpty)
                {
                    _called = true;
                    _dialogs.Add(new Dialog(Encoding.UTF8.GetString(request.CallId), "u1", sent.Flow, "bob") { Remote = Encoding.UTF8.GetString(request.FromTag), Uri = "sip:x@192.0.2.1", CSeq = 100 });
                }
            }
            else if (sent.Message is SipResponse response && _dialogs.Find(dialog => dialog.CallId == Encoding.UTF8.GetString(response.CallId)) is { } dialog)
            {
                if (sent.Status is > 100 and < 300)
                {
                    dialog.Remote = sent.ToTag;
                }

                // What another phone answered may be passed on; it is no challenge of ours.
                if (sent.Status == 401 && sent.Text.Contains("nonce=", StringComparison.Ordinal) && sent.Text.Contains($"Digest realm=\"{CoreHarness.Realm}\"", StringComparison.Ordinal) && dialog.User[0] is 'a' or 'b' or 'c' && _random.Next(4) > 0)
                {
                    Login(sent, dialog);
                }
            }
        }
    }

    private void Login(SentMessage challenge, Dialog dialog)
    {
        var last = _said.FindLast(said => said.Bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(dialog.Branch)) >= 0);
        if (last.Bytes is null || dialog.Branch.Length == 0)
        {
            return;
        }

        var phone = new TestPhone(_core, dialog.User, dialog.Flow);
        var method = Encoding.UTF8.GetString(challenge.Response.CSeqMethodToken);
        var branch = string.Create(CultureInfo.InvariantCulture, $"z9hG4bKlogin{++_count}");
        var text = Encoding.UTF8.GetString(last.Bytes).Replace(dialog.Branch, branch, StringComparison.Ordinal)
            .Replace($"CSeq: {dialog.CSeq} ", $"CSeq: {dialog.CSeq + 1} ", StringComparison.Ordinal)
            .Replace("\r\nMax-Forwards:", $"\r\n{phone.Authorization(challenge, method, dialog.Uri)}\r\nMax-Forwards:", StringComparison.Ordinal);
        dialog.CSeq++;
        dialog.Branch = branch;
        Say(Encoding.UTF8.GetBytes(text), last.Flow);
    }
}
