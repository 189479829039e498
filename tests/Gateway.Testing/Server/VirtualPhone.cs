using System.Globalization;
using System.Net;
using System.Text;
using Gateway.Sip;

namespace Gateway.Testing.Server;

/// <summary>What one phone knows of one call.</summary>
public sealed class VirtualCall
{
    public required string CallId { get; init; }

    public required string LocalTag { get; init; }

    public string RemoteTag { get; set; } = "";

    /// <summary>The far Contact, or who is called.</summary>
    public string Target { get; set; } = "";

    public uint CSeq { get; set; } = 1;

    /// <summary>True at the caller when a 2xx came, at the callee when its ACK did.</summary>
    public bool IsUp { get; set; }

    public bool IsOver { get; set; }

    /// <summary>The final status that the caller got; 0 before any.</summary>
    public int Status { get; set; }

    public bool IsRinging { get; set; }

    internal ClientTransaction? Client { get; set; }

    internal ServerTransaction? Server { get; set; }

    internal byte[] Answer { get; set; } = [];

    internal TimeSpan Interval { get; set; }

    internal TimeSpan AnsweredAt { get; set; }
}

/// <summary>
/// A SIP phone with the timers of RFC 3261 on a <see cref="VirtualNetwork"/>: registers, calls, cancels, answers after a
/// while, hangs up. It is built on the transaction layer, as the gateway is; what stands above that is its own.
/// </summary>
public sealed class VirtualPhone : ISipTransport, ITransactionUser, ITimerTarget
{
    private const string Sdp = "v=0\r\no=- 1 1 IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n";

    private readonly VirtualNetwork _network;
    private readonly SipParser _parser = new();
    private readonly SeededRandom _random;
    private readonly Flow _core = CoreHarness.Udp("192.0.2.1:5060");
    private readonly TransactionLayer _layer;
    private readonly List<VirtualCall> _calls = [];
    private uint _registerCSeq;
    private string _registerCallId = "";

    internal VirtualPhone(VirtualNetwork network, string user, IPEndPoint address, int seed)
    {
        (_network, User, Address, _random) = (network, user, address, new SeededRandom(seed));
        _layer = new TransactionLayer(SipTimers.Default, this, this, network.Timers, _random);
    }

    public string User { get; }

    public IPEndPoint Address { get; }

    public bool IsRegistered { get; private set; }

    /// <summary>How long it rings before it answers.</summary>
    public TimeSpan AnswersAfter { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Every call that reached or left it, in order.</summary>
    public IReadOnlyList<VirtualCall> Calls => _calls;

    public int Transactions => _layer.ClientCount + _layer.ServerCount;

    public void Register()
    {
        _registerCallId = "register-" + User;
        SendRegister("");
    }

    public VirtualCall Call(string target)
    {
        var call = new VirtualCall { CallId = $"{User}-{_calls.Count}@phone", LocalTag = _layer.NewTag(), Target = $"sip:{target}@{CoreHarness.Realm}" };
        _calls.Add(call);
        SendInvite(call, "");
        return call;
    }

    public void Cancel(VirtualCall call)
    {
        if (call.Client is { IsTerminated: false } invite && !call.IsUp)
        {
            _layer.Cancel(invite, null, _network.Now);
        }
    }

    public void HangUp(VirtualCall call)
    {
        if (call is { IsUp: true, IsOver: false })
        {
            call.IsOver = true;
            Send("BYE", call, "");
        }
    }

    internal void Receive(byte[] bytes, TimeSpan now)
    {
        if (!_parser.TryParse(bytes, stream: false, out var message, out var error))
        {
            throw new InvalidOperationException($"a phone got what is no SIP message: {error.Reason}");
        }

        _layer.Receive(message!, _core, now);
        message!.Return();
    }

    void ITransactionUser.OnRequest(ServerTransaction transaction, SipRequest request, TimeSpan now)
    {
        var callId = Encoding.UTF8.GetString(request.CallId);
        var call = _calls.Find(known => known.CallId == callId);
        switch (request.Method)
        {
            case SipMethod.Invite when call is null:
                call = new VirtualCall { CallId = callId, LocalTag = transaction.Tag, RemoteTag = Encoding.UTF8.GetString(request.FromTag), Target = ContactOf(request), CSeq = 100, Server = transaction };
                transaction.RetainRequest();
                _calls.Add(call);
                Respond(transaction, request, 180, "");
                _network.Timers.Schedule(now + AnswersAfter, this, _calls.Count - 1);
                break;
            case SipMethod.Invite:
                Respond(transaction, request, 488, "");
                break;
            case SipMethod.Bye:
                if (call is not null)
                {
                    call.IsOver = true;
                }

                Respond(transaction, request, call is null ? 481 : 200, "");
                break;
            default:
                Respond(transaction, request, 200, "");
                break;
        }
    }

    void ITransactionUser.OnAck(SipRequest ack, in Flow flow, TimeSpan now)
    {
        var callId = Encoding.UTF8.GetString(ack.CallId);
        if (_calls.Find(known => known.CallId == callId) is { Answer.Length: > 0 } call)
        {
            call.IsUp = true;
        }
    }

    void ITransactionUser.OnCancel(ServerTransaction invite, SipRequest cancel, TimeSpan now)
    {
        if (_calls.Find(known => known.Server == invite) is { Answer.Length: 0 } call)
        {
            call.IsOver = true;
            Respond(invite, invite.Request, 487, "");
        }
    }

    void ITransactionUser.OnResponse(ClientTransaction transaction, SipResponse response, TimeSpan now)
    {
        if (transaction.Method == SipMethod.Register)
        {
            if (response.StatusCode == 401)
            {
                SendRegister(Login(response, "REGISTER", "sip:" + CoreHarness.Realm));
            }

            IsRegistered |= response.StatusCode == 200;
            return;
        }

        if (transaction.Method != SipMethod.Invite || transaction.User is not VirtualCall call)
        {
            return;
        }

        if (response.StatusCode == 401)
        {
            call.CSeq++;
            SendInvite(call, Login(response, "INVITE", call.Target));
        }
        else if (response.StatusCode >= 300)
        {
            (call.Status, call.IsOver) = (response.StatusCode, true);
        }
        else if (response.StatusCode >= 200)
        {
            var isRepeat = call.IsUp;
            (call.Status, call.IsUp, call.RemoteTag) = (response.StatusCode, true, Encoding.UTF8.GetString(response.ToTag));
            call.Target = isRepeat ? call.Target : ContactOf(response);
            // §13.2.2.4: once more for every repeat of the 2xx.
            _layer.SendStateless(Encoding.UTF8.GetBytes(Request("ACK", call, call.CSeq, _layer.NewBranch(), "", "")), _core);
        }
        else
        {
            call.IsRinging |= response.StatusCode > 100;
        }
    }

    void ITransactionUser.OnFailure(ClientTransaction transaction, TransactionFailure failure, TimeSpan now)
    {
        if (transaction.Method == SipMethod.Invite && transaction.User is VirtualCall call)
        {
            (call.Status, call.IsOver) = (408, true);
        }
    }

    void ITransactionUser.OnServerInviteEnded(ServerTransaction transaction, bool acknowledged, TimeSpan now)
    {
    }

    /// <summary>The callee answers, and repeats its 200 until the ACK comes (§13.3.1.4).</summary>
    void ITimerTarget.OnTimer(int kind, TimeSpan now)
    {
        var call = _calls[kind];
        if (call.IsOver || call.IsUp)
        {
            return;
        }

        if (call.Answer.Length == 0)
        {
            call.Answer = Respond(call.Server!, call.Server!.Request, 200, Sdp);
            (call.AnsweredAt, call.Interval) = (now, SipTimers.Default.T1);
        }
        else if (now - call.AnsweredAt >= SipTimers.Default.T1x64)
        {
            call.IsOver = true;
            Send("BYE", call, "");
            return;
        }
        else
        {
            _network.ToCore(Address, call.Answer);
            call.Interval = call.Interval * 2 < SipTimers.Default.T2 ? call.Interval * 2 : SipTimers.Default.T2;
        }

        _network.Timers.Schedule(now + call.Interval, this, kind);
    }

    bool ISipTransport.Send(in Flow flow, ReadOnlySpan<byte> message)
    {
        _network.ToCore(Address, message);
        return true;
    }

    string ISipTransport.SentBy(in Flow flow) => Address.ToString();

    private void SendRegister(string login)
    {
        var branch = _layer.NewBranch();
        var text = string.Create(CultureInfo.InvariantCulture,
            $"REGISTER sip:{CoreHarness.Realm} SIP/2.0\r\nVia: SIP/2.0/UDP {Address};branch={branch};rport\r\nMax-Forwards: 70\r\nFrom: <sip:{User}@{CoreHarness.Realm}>;tag=r\r\nTo: <sip:{User}@{CoreHarness.Realm}>\r\n"
            + $"Call-ID: {_registerCallId}\r\nCSeq: {++_registerCSeq} REGISTER\r\nContact: <sip:{User}@{Address}>;expires=3600\r\n{login}Content-Length: 0\r\n\r\n");
        _layer.Send(SipMethod.Register, branch, Encoding.UTF8.GetBytes(text), _core, this, _network.Now);
    }

    private void SendInvite(VirtualCall call, string login)
    {
        var branch = _layer.NewBranch();
        call.Client = _layer.Send(SipMethod.Invite, branch, Encoding.UTF8.GetBytes(Request("INVITE", call, call.CSeq, branch, login, Sdp)), _core, call, _network.Now);
    }

    private void Send(string method, VirtualCall call, string body)
    {
        var branch = _layer.NewBranch();
        _layer.Send(SipMethod.Bye, branch, Encoding.UTF8.GetBytes(Request(method, call, ++call.CSeq, branch, "", body)), _core, call, _network.Now);
    }

    private string Request(string method, VirtualCall call, uint sequence, string branch, string more, string body) => string.Create(CultureInfo.InvariantCulture,
        $"{method} {call.Target} SIP/2.0\r\nVia: SIP/2.0/UDP {Address};branch={branch};rport\r\nMax-Forwards: 70\r\nFrom: <sip:{User}@{CoreHarness.Realm}>;tag={call.LocalTag}\r\n"
        + $"To: <sip:x@{CoreHarness.Realm}>{(call.RemoteTag.Length > 0 ? ";tag=" + call.RemoteTag : "")}\r\nCall-ID: {call.CallId}\r\nCSeq: {sequence} {method}\r\nContact: <sip:{User}@{Address}>\r\n"
        + $"{more}{(body.Length > 0 ? "Content-Type: application/sdp\r\n" : "")}Content-Length: {body.Length}\r\n\r\n{body}");

    private byte[] Respond(ServerTransaction transaction, SipRequest request, int status, string body)
    {
        var writer = new SipWriter();
        SipResponses.Begin(writer, request, transaction.Flow, status, null, transaction.Tag);
        writer.Header(HeaderId.Contact, $"<sip:{User}@{Address}>");
        if (body.Length > 0)
        {
            writer.Body("application/sdp"u8, Encoding.UTF8.GetBytes(body));
        }
        else
        {
            writer.NoBody();
        }

        var bytes = writer.Written.ToArray();
        _layer.Respond(transaction, bytes, _network.Now);
        return bytes;
    }

    private string Login(SipResponse challenge, string method, string uri) =>
        DigestAnswer.TryAnswer(challenge, new DigestLogin(User, "secret"), Encoding.ASCII.GetBytes(method), uri, _random, out _, out var value)
            ? $"Authorization: {value}\r\n"
            : throw new InvalidOperationException("no challenge to answer");

    private static string ContactOf(SipMessage message) =>
        message.TryGet(HeaderId.Contact, out var value) && ContactView.TryParse(value, out var contact) ? Encoding.UTF8.GetString(contact.UriBytes) : "";
}
