namespace Gateway.Sip;

/// <summary>A request of ours and what is known of its answers (RFC 3261 §17.1).</summary>
public sealed class ClientTransaction : ITimerTarget
{
    private readonly TransactionLayer _layer;
    private byte[] _request;

    internal ClientTransaction(TransactionLayer layer, SipMethod method, string branch, ReadOnlySpan<byte> request, in Flow flow)
    {
        _layer = layer;
        _request = request.ToArray();
        Method = method;
        Branch = branch;
        Flow = flow;
    }

    public SipMethod Method { get; }

    public string Branch { get; }

    /// <summary>Where it was sent; another than was asked for when it was too large for a datagram.</summary>
    public Flow Flow { get; private set; }

    /// <summary>The request as it was sent; empty once its final answer has been passed up, as nothing needs it any more.</summary>
    public ReadOnlyMemory<byte> Request => _request;

    /// <summary>True once any 1xx came: only then may a CANCEL be sent (§9.1).</summary>
    public bool HasProvisional { get; internal set; }

    public bool IsTerminated => State == TxState.Terminated;

    public TxState State { get; internal set; }

    /// <summary>Whose transaction this is: the user's own object, handed back with every event.</summary>
    public object? User { get; set; }

    /// <summary>True for a CANCEL that the layer sends by itself: the user hears nothing of it.</summary>
    internal bool IsOwn { get; init; }

    /// <summary>The ACK of our non-2xx, to be sent again when the response comes again.</summary>
    internal byte[]? Ack { get; set; }

    internal bool CancelWanted { get; set; }

    internal bool CancelSent { get; set; }

    internal string? CancelReason { get; set; }

    /// <summary>The retransmission interval that runs; zero before the first.</summary>
    internal TimeSpan Interval { get; set; }

    internal TimerHandle RetransmitTimer { get; set; }

    internal TimerHandle TimeoutTimer { get; set; }

    /// <summary>What it would have been by UDP, while it tries TCP for its size.</summary>
    internal (byte[] Request, Flow Flow)? Datagram { get; set; }

    internal void TakeDatagram()
    {
        (_request, Flow) = Datagram!.Value;
        Datagram = null;
    }

    internal void TakeReliable(byte[] request, in Flow flow)
    {
        Datagram = (_request, Flow);
        (_request, Flow) = (request, flow);
    }

    internal void ReleaseRequest()
    {
        _request = [];
        Datagram = null;
    }

    void ITimerTarget.OnTimer(int kind, TimeSpan now) => _layer.OnClientTimer(this, (TxInput)kind, now);
}
