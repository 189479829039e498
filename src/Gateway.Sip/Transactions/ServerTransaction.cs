namespace Gateway.Sip;

/// <summary>A request of a peer and the last answer to it (RFC 3261 §17.2).</summary>
public sealed class ServerTransaction : ITimerTarget
{
    private readonly TransactionLayer _layer;
    private SipRequest? _request;
    private bool _isRetained;
    private string? _tag;

    internal ServerTransaction(TransactionLayer layer, byte[] key, SipRequest request, in Flow flow, in Flow replyFlow)
    {
        _layer = layer;
        _request = request;
        Key = key;
        Method = request.Method;
        Flow = flow;
        ReplyFlow = replyFlow;
    }

    public SipMethod Method { get; }

    /// <summary>Where the request came from.</summary>
    public Flow Flow { get; }

    /// <summary>
    /// The request. For INVITE it is retained until the ACK of a non-2xx, or until the transaction ends. For others it is
    /// valid in OnRequest, and longer when it is retained or left unanswered there, until the final answer.
    /// </summary>
    /// <exception cref="InvalidOperationException">The request has been given back.</exception>
    public SipRequest Request =>
        _request ?? throw new InvalidOperationException($"The {Method} of this transaction was given back: RetainRequest keeps it beyond OnRequest.");

    /// <summary>The last status sent, 0 before any.</summary>
    public int LastStatus { get; internal set; }

    public bool IsTerminated => State == TxState.Terminated;

    public TxState State { get; internal set; }

    public object? User { get; set; }

    /// <summary>A To tag for the answers, minted when first asked for. A CANCEL's 200 carries the same one (§9.2).</summary>
    public string Tag => _tag ??= _layer.NewTag();

    internal byte[] Key { get; }

    /// <summary>Where answers go: <see cref="Flow"/>, but for a UDP peer without rport.</summary>
    internal Flow ReplyFlow { get; }

    /// <summary>The To tag of a request of an RFC 2543 peer, which its key does not hold.</summary>
    internal byte[]? LegacyToTag { get; init; }

    /// <summary>The last answer, in an array of its own size, while a repeat of the request may ask for it.</summary>
    internal byte[]? LastResponse { get; set; }

    internal bool HasRequest => _request is not null;

    /// <summary>True in the turn that opened the transaction: the request is still the caller's lease, or must live as long.</summary>
    internal bool IsLease { get; private set; } = true;

    internal TimeSpan Interval { get; set; }

    internal TimerHandle RetransmitTimer { get; set; }

    internal TimerHandle TimeoutTimer { get; set; }

    /// <summary>Keeps the request beyond OnRequest: an exact-size copy takes the place of the lease.</summary>
    public SipRequest RetainRequest()
    {
        if (!_isRetained)
        {
            _request = Request.Retain();
            _isRetained = true;
        }

        return _request!;
    }

    /// <summary>Ends the lease: without a retained copy the request is gone.</summary>
    internal void EndLease()
    {
        IsLease = false;
        if (!_isRetained)
        {
            _request = null;
        }
    }

    internal void ReleaseRequest()
    {
        _request = null;
        _isRetained = false;
    }

    void ITimerTarget.OnTimer(int kind, TimeSpan now) => _layer.OnServerTimer(this, (TxInput)kind, now);
}
