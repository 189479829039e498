using System.Globalization;
using System.Net;
using System.Text;
using Gateway.Testing;

namespace Gateway.Sip.Tests.Transactions;

/// <summary>
/// A transaction layer with a clock that the test turns, a transport that writes down what is sent, and a user that writes
/// down what it hears. The log is text, so that a test can state a whole exchange as the RFC would draw it:
/// <c>500 > INVITE</c> is a message sent after 500 ms, <c>32000 ! Timeout INVITE</c> an event of the user.
/// </summary>
internal sealed class TransactionRig : ISipTransport, ITransactionUser
{
    public static readonly Flow Udp = new(SipTransport.Udp, new IPEndPoint(IPAddress.Parse("192.0.2.4"), 5060), 0, 0);
    public static readonly Flow OtherUdp = new(SipTransport.Udp, new IPEndPoint(IPAddress.Parse("203.0.113.9"), 5060), 0, 0);
    public static readonly Flow Tcp = new(SipTransport.Tcp, new IPEndPoint(IPAddress.Parse("192.0.2.4"), 40_000), 0, 17);

    private readonly StringBuilder _log = new();
    private readonly SipParser _parser = new();

    public TransactionRig(SipTimers? timers = null, TransactionOptions? options = null, int seed = 1)
    {
        Wheel = new TimerWheel(TimeSpan.Zero);
        Layer = new TransactionLayer(timers ?? SipTimers.Default, this, this, Wheel, new SeededRandom(seed), 0, options);
    }

    public TimerWheel Wheel { get; }

    public TransactionLayer Layer { get; }

    public TimeSpan Now { get; private set; }

    /// <summary>False makes every send fail at once.</summary>
    public bool CanSend { get; set; } = true;

    /// <summary>The TCP flow of the peer; null when it has none.</summary>
    public Flow? Reliable { get; set; }

    /// <summary>What a datagram may have.</summary>
    public int Largest { get; set; } = SipLimits.DatagramRequest;

    public List<(Flow Flow, string Text)> Sent { get; } = [];

    public List<ServerTransaction> Requests { get; } = [];

    public Action<ServerTransaction, SipRequest>? WhenRequested { get; set; }

    public Action<ClientTransaction, SipResponse>? WhenAnswered { get; set; }

    public Action<ServerTransaction>? WhenCancelled { get; set; }

    public Action<ClientTransaction>? WhenFailed { get; set; }

    public string LastSent => Sent[^1].Text;

    /// <summary>What happened since the last look.</summary>
    public string Log
    {
        get
        {
            var text = _log.ToString().TrimEnd('\n');
            _log.Clear();
            return text;
        }
    }

    /// <summary>Lets time pass as a loop would: from deadline to deadline.</summary>
    public void Until(double milliseconds)
    {
        var end = TimeSpan.FromMilliseconds(milliseconds);
        while (Wheel.NextDeadline is { } next && next <= end)
        {
            Now = next > Now ? next : Now;
            Wheel.Advance(Now);
        }

        Now = end;
        Wheel.Advance(Now);
    }

    /// <summary>A message of the peer arrives.</summary>
    public void Receive(string text, Flow? flow = null)
    {
        var parsed = _parser.TryParse(Sip.Wire(text), false, out var message, out var error);
        Assert.True(parsed, error.ToString());
        Layer.Receive(message!, flow ?? Udp, Now);
        message!.Return();
    }

    public ClientTransaction Send(SipMethod method = SipMethod.Invite, Flow? flow = null, string branch = "z9hG4bKnashds8", string extra = "") =>
        Layer.Send(method, branch, Sip.Wire(RequestText(method.ToString().ToUpperInvariant(), branch, extra)), flow ?? Udp, "user", Now);

    public void Respond(ServerTransaction transaction, int status) =>
        Layer.Respond(transaction, Sip.Wire(ResponseTo(transaction, status)), Now);

    public static string RequestText(string method, string branch = "z9hG4bKnashds8", string extra = "", string? cseqMethod = null, string toTag = "", string via = "SIP/2.0/UDP 192.0.2.4:5060") =>
        $"""
        {method} sip:bob@biloxi.example.com SIP/2.0
        Via: {via};branch={branch}
        Max-Forwards: 70
        {extra}
        To: Bob <sip:bob@biloxi.example.com>{toTag}
        From: Alice <sip:alice@atlanta.example.com>;tag=1928301774
        Call-ID: a84b4c76e66710@pc33.atlanta.example.com
        CSeq: 314159 {cseqMethod ?? method}
        Content-Length: 0


        """.Replace("\n\nTo:", "\nTo:", StringComparison.Ordinal);

    public static string ResponseText(int status, string method = "INVITE", string branch = "z9hG4bKnashds8", string toTag = ";tag=a6c85cf") => $"""
        SIP/2.0 {status} Whatever
        Via: SIP/2.0/UDP 192.0.2.1:5060;branch={branch}
        To: Bob <sip:bob@biloxi.example.com>{toTag}
        From: Alice <sip:alice@atlanta.example.com>;tag=1928301774
        Call-ID: a84b4c76e66710@pc33.atlanta.example.com
        CSeq: 314159 {method}
        Content-Length: 0


        """;

    private static string ResponseTo(ServerTransaction transaction, int status) =>
        ResponseText(status, transaction.Method.ToString().ToUpperInvariant(), "z9hG4bKnashds8", status == 100 ? "" : ";tag=a6c85cf");

    bool ISipTransport.Send(in Flow flow, ReadOnlySpan<byte> message)
    {
        var text = Encoding.UTF8.GetString(message);
        Sent.Add((flow, text));
        var start = text.Split(' ');
        var cseq = text.Split("\r\n").First(line => line.StartsWith("CSeq:", StringComparison.Ordinal)).Split(' ');
        Write(start[0] == "SIP/2.0" ? $"> {start[1]} {cseq[2]}" : $"> {start[0]}");
        return CanSend;
    }

    bool ISipTransport.TryReliable(in Flow flow, out Flow reliable)
    {
        reliable = Reliable ?? default;
        return Reliable is not null;
    }

    int ISipTransport.LargestDatagram(in Flow flow) => Largest;

    string ISipTransport.SentBy(in Flow flow) => "192.0.2.1:5060";

    void ITransactionUser.OnRequest(ServerTransaction transaction, SipRequest request, TimeSpan now)
    {
        Requests.Add(transaction);
        Write($"! {Encoding.UTF8.GetString(request.MethodToken)}");
        WhenRequested?.Invoke(transaction, request);
    }

    void ITransactionUser.OnAck(SipRequest ack, in Flow flow, TimeSpan now) => Write("! ACK");

    void ITransactionUser.OnCancel(ServerTransaction invite, SipRequest cancel, TimeSpan now)
    {
        Write("! CANCEL");
        WhenCancelled?.Invoke(invite);
    }

    void ITransactionUser.OnResponse(ClientTransaction transaction, SipResponse response, TimeSpan now)
    {
        Write($"! {response.StatusCode} {transaction.Method.ToString().ToUpperInvariant()}");
        WhenAnswered?.Invoke(transaction, response);
    }

    void ITransactionUser.OnFailure(ClientTransaction transaction, TransactionFailure failure, TimeSpan now)
    {
        Write($"! {failure} {transaction.Method.ToString().ToUpperInvariant()}");
        WhenFailed?.Invoke(transaction);
    }

    void ITransactionUser.OnServerInviteEnded(ServerTransaction transaction, bool acknowledged, TimeSpan now) =>
        Write(acknowledged ? "! acknowledged" : "! never acknowledged");

    private void Write(string what) => _log.Append(Now.TotalMilliseconds.ToString(CultureInfo.InvariantCulture)).Append(' ').Append(what).Append('\n');
}
