using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Sip;

/// <summary>
/// Matches messages to transactions and runs what the four tables say (RFC 3261 §17, RFC 6026). One per loop, used by that
/// loop only; client side, server side and CANCEL stand in files of their own.
/// </summary>
/// <remarks>
/// A step sets the new state, then runs its actions in the order of <see cref="TxActions"/>: timers stop, messages leave,
/// timers start, the transaction leaves the tables, and the user hears last, so that it may call back in.
/// </remarks>
public sealed partial class TransactionLayer
{
    private readonly SipTimers _timers;
    private readonly ISipTransport _transport;
    private readonly ITransactionUser _user;
    private readonly TimerWheel _wheel;
    private readonly TransactionOptions _options;
    private readonly IdMint _mint;
    private readonly byte[] _statelessSecret = new byte[16];
    private readonly SipParser _parser = new();
    private readonly SipWriter _writer = new();
    private readonly HopByHopWriter _hopByHop;

    private readonly HashSet<ClientTransaction> _clients = new(new ClientKeyComparer());
    private readonly HashSet<ClientTransaction>.AlternateLookup<ClientKey> _clientLookup;
    private readonly HashSet<ServerTransaction> _servers = new(new ServerKeyComparer());
    private readonly HashSet<ServerTransaction>.AlternateLookup<ReadOnlySpan<byte>> _serverLookup;
    private TransactionCounters _counters;

    /// <param name="loop">0 to 65535; written into every branch and tag that this layer mints, so that answers find their loop.</param>
    public TransactionLayer(
        SipTimers timers,
        ISipTransport transport,
        ITransactionUser user,
        TimerWheel wheel,
        RandomNumberGenerator random,
        int loop = 0,
        TransactionOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(random);
        _timers = timers;
        _transport = transport;
        _user = user;
        _wheel = wheel;
        _options = options ?? TransactionOptions.Default;
        _mint = new IdMint(random, loop);
        random.GetBytes(_statelessSecret);
        _hopByHop = new HopByHopWriter(_parser, _writer);
        _clientLookup = _clients.GetAlternateLookup<ClientKey>();
        _serverLookup = _servers.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <summary>Asked of each new request that no transaction knows: true turns it away for load. Null takes all.</summary>
    public Func<SipRequest, bool>? Refuses { get; set; }

    /// <summary>What our own answers tell upstream neighbours of our load (RFC 7339); null for nothing.</summary>
    public OverloadFeedback? Feedback
    {
        get => _writer.Feedback;
        set => _writer.Feedback = value;
    }

    public int ClientCount => _clients.Count;

    public int ServerCount => _servers.Count;

    public TransactionCounters Counters => _counters;

    /// <summary>One parsed message from the transports. The lease stays the caller's.</summary>
    public void Receive(SipMessage message, in Flow flow, TimeSpan now)
    {
        if (message is SipResponse response)
        {
            ReceiveResponse(response, flow, now);
        }
        else if (message is SipRequest request)
        {
            ReceiveRequest(request, flow, now);
        }
    }

    /// <summary>
    /// The flow broke (socket closed, ICMP unreachable): the client transactions on it fail at once (§17.1.4). Server
    /// transactions stay until their timers end them (RFC 6026 §7.1).
    /// </summary>
    public void FlowFailed(in Flow flow, TimeSpan now)
    {
        List<ClientTransaction>? broken = null;
        foreach (var transaction in _clients)
        {
            if (FlowRules.IsSame(transaction.Flow, flow))
            {
                (broken ??= []).Add(transaction);
            }
        }

        Fail(broken, now);
    }

    private void Fail(List<ClientTransaction>? broken, TimeSpan now)
    {
        Exception? bug = null;
        foreach (var transaction in broken ?? [])
        {
            try
            {
                Step(transaction, TxInput.TransportError, now);
            }
            catch (Exception exception)
            {
                // A bug of the user in one call must not leave the others waiting on a flow that is gone.
                bug ??= exception;
            }
        }

        if (bug is not null)
        {
            ExceptionDispatchInfo.Throw(bug);
        }
    }

    /// <summary>A fresh branch, cookie included; carries the loop's id and 80 random bits.</summary>
    public string NewBranch() => _mint.NewBranch();

    /// <summary>A fresh tag; carries the loop's id and 80 random bits.</summary>
    public string NewTag() => _mint.NewTag();

    /// <summary>The loop id inside a branch or tag of ours; -1 when it is not ours.</summary>
    public static int LoopOf(ReadOnlySpan<byte> branchOrTag) => IdMint.LoopOf(branchOrTag);

    /// <summary>A name of the form of our tags that is the same for the same bytes, so that what comes to it finds the loop.</summary>
    /// <param name="loop">0 to 65535.</param>
    /// <param name="hash">At least 10 bytes.</param>
    public static string NameOf(int loop, ReadOnlySpan<byte> hash) => IdMint.NameOf(loop, hash);

    /// <summary>Sends a message that has no transaction: the ACK of a 2xx.</summary>
    public void SendStateless(ReadOnlySpan<byte> message, in Flow flow)
    {
        if (!_transport.Send(flow, message))
        {
            _counters.TransportErrors++;
        }
    }

    /// <summary>
    /// Answers a new request without state (§8.2.7): the transaction is forgotten and a repeat of the request will be new.
    /// For what a flood asks of us by the thousand, such as challenges (THREATS 16); call it in OnRequest.
    /// </summary>
    public void RespondStateless(ServerTransaction transaction, ReadOnlySpan<byte> response)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        if (transaction.IsTerminated)
        {
            return;
        }

        transaction.LastStatus = StatusOf(response);
        transaction.State = TxState.Terminated;
        SendStateless(response, transaction.ReplyFlow);
        End(transaction);
        if (!transaction.IsLease)
        {
            ReleaseUnneeded(transaction);
        }
    }

    /// <summary>
    /// Answers a request that never became a transaction, such as one that could only be read in part, without body or
    /// state; a repeat gets the same tag. Nothing is sent to a source that cannot be answered.
    /// </summary>
    /// <param name="retryLater">Adds the Retry-After of the options.</param>
    /// <param name="help">Writes the header fields that say what would pass; null for none.</param>
    public void AnswerStateless(SipRequest request, in Flow flow, int status, string? reason = null, bool retryLater = false, Action<SipWriter>? help = null)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Method == SipMethod.Ack || !FlowRules.CanBeAnswered(flow))
        {
            return;
        }

        SipResponses.Begin(_writer, request, flow, status, reason, StatelessTag(request));
        if (retryLater)
        {
            _writer.Header(HeaderId.RetryAfter, _options.RetryAfter);
        }

        help?.Invoke(_writer);
        _writer.NoBody();
        SendStateless(_writer.Written, FlowRules.ReplyTo(flow, request.TopVia));
    }

    /// <summary>The same tag for every repeat of a request, without having seen it before (§8.2.7).</summary>
    private string StatelessTag(SipRequest request)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        digest.AppendData(_statelessSecret);
        digest.AppendData(request.TopVia.Branch);
        digest.AppendData(request.CallId);
        digest.TryGetHashAndReset(hash, out _);
        return _mint.TagOf(hash);
    }

    private TimerHandle Arm(TimerHandle old, TimeSpan due, ITimerTarget target, TxInput input)
    {
        _wheel.Cancel(old);
        return _wheel.Schedule(due, target, (int)input);
    }

    /// <summary>The next interval of a timer that doubles (A without a cap; E and G up to T2).</summary>
    private TimeSpan NextInterval(TimeSpan last, TimeSpan cap)
    {
        var next = last == TimeSpan.Zero ? _timers.T1 : last * 2;
        return next < cap ? next : cap;
    }

    /// <summary>The status code of a response that the user wrote.</summary>
    private static int StatusOf(ReadOnlySpan<byte> response)
    {
        const int CodeAt = 8;
        if (response.Length < CodeAt + 4
            || !response.StartsWith("SIP/2.0 "u8)
            || !char.IsAsciiDigit((char)response[CodeAt])
            || !char.IsAsciiDigit((char)response[CodeAt + 1])
            || !char.IsAsciiDigit((char)response[CodeAt + 2])
            || response[CodeAt] is < (byte)'1' or > (byte)'6')
        {
            throw new ArgumentException($"Not a SIP response: '{Encoding.Latin1.GetString(response[..Math.Min(response.Length, 40)])}'.");
        }

        return ((response[CodeAt] - '0') * 100) + ((response[CodeAt + 1] - '0') * 10) + (response[CodeAt + 2] - '0');
    }

    private static TxInput ClassOf(int status) => status switch
    {
        < 200 => TxInput.Provisional,
        < 300 => TxInput.Success,
        _ => TxInput.Failure,
    };
}
