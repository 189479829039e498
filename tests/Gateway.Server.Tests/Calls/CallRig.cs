using System.Net;
using System.Text;
using Gateway.Server.Accounts;
using Gateway.Server.Calls;
using Gateway.Server.Configuration;
using Gateway.Server.Dispatch;
using Gateway.Server.Ports;
using Gateway.Server.Registrar;
using Gateway.Server.Routing;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>
/// One loop with calls on it and nothing else real: transactions, timers and SDP are the product's; sockets, media, store
/// and clock are played. Peers stand on flows and speak text.
/// </summary>
internal sealed class CallRig : ITransactionUser, ILoopNeighbours, ISipTransport, ILoopScheduler, ICallLog, IGatewayEvents
{
    public const string Realm = "gw.example";

    private readonly SipParser _parser = new();
    private readonly Queue<Action> _posted = [];
    private readonly Dictionary<Flow, TestPeer> _peers = [];
    private readonly HashSet<Flow> _closed = [];

    private readonly ServerOptions? _options;
    private readonly LocationSources? _locations;
    private readonly int _count;
    private readonly List<(LoopServices Services, CallManager Calls)> _loops = [];
    private int _current;
    private TimeSpan _wallAhead;

    public CallRig(ServerOptions? options = null, int seed = 1, LocationSources? locations = null, ICallStore? running = null, int loops = 1)
    {
        _count = loops;
        (_options, _locations) = (options, locations);
        RunningCalls = running ?? NoCallStore.Instance;
        (Services, Media, Timers, Calls) = (null!, null!, null!, null!);
        Build(seed);
    }

    /// <summary>A process: everything that dies with it is made anew.</summary>
    private void Build(int seed)
    {
        var (options, locations) = (_options, _locations);
        var (accounts, configuration) = (Services?.Accounts ?? new AccountDirectory(), Services?.Configuration ?? new ConfigurationDirectory());
        var isFirst = Services is null;
        Media = new FakeMedia((owner, happened) => _posted.Enqueue(() => _loops[owner].Calls.OnMedia(happened, Now))) { Ports = 30000 + (isFirst ? 0 : 1000), ArePortsTaken = ArePortsTaken };
        Timers = new TimerWheel(Now);
        _loops.Clear();
        var shared = new LoopServices
        {
            Loop = 0, Options = options ?? new ServerOptions { Realm = Realm }, SipTimers = SipTimers.Default, Timers = Timers, Transport = this, Writer = new SipWriter(), Scheduler = this,
            Media = Media, CallLog = this, BindingStore = null!, Events = this, Accounts = accounts, Bindings = new BindingTable(), Random = new SeededRandom(seed),
            Map = new LoopMap(_count, accounts), Now = () => Now, UtcNow = () => DateTimeOffset.UnixEpoch.AddYears(56) + Now + _wallAhead,
        };
        for (var loop = 0; loop < _count; loop++)
        {
            var random = new SeededRandom(seed + loop);
            var services = new LoopServices
            {
                Loop = loop,
                Options = shared.Options,
                SipTimers = SipTimers.Default,
                Timers = Timers,
                Transport = this,
                Writer = new SipWriter(),
                Scheduler = this,
                Media = Media,
                CallLog = this,
                BindingStore = null!,
                Events = this,
                Accounts = accounts,
                Configuration = configuration,
                Map = shared.Map,
                Flows = shared.Flows,
                Failures = shared.Failures,
                TrunkSources = shared.TrunkSources,
                Trunks = shared.Trunks,
                Caps = shared.Caps,
                Loops = shared.Loops,
                Visits = shared.Visits,
                Drain = shared.Drain,
                Neighbours = _count == 1 ? null : this,
                RunningCalls = RunningCalls,
                IsOpen = flow => isFirst || !_closed.Contains(flow),
                Bindings = new BindingTable(shared.Bindings.Published),
                Random = random,
                Locations = locations ?? LocationSources.None,
                NextHops = Ways,
                Connector = Ways,
                Now = shared.Now,
                UtcNow = shared.UtcNow,
            };
            services.Transactions = new TransactionLayer(services.SipTimers, this, this, Timers, random, loop);
            _loops.Add((services, new CallManager(services, new RoutePlanner(services)) { Faulted = Faults.Add }));
        }
        (Services, Calls) = _loops[0];
    }

    public TimeSpan Now { get; private set; }

    public TimerWheel Timers { get; private set; }

    public LoopServices Services { get; private set; }

    public CallManager Calls { get; private set; }

    public FakeMedia Media { get; private set; }

    /// <summary>True: after a restart the ports of before are others'.</summary>
    public bool ArePortsTaken { get; set; }

    /// <summary>What a process after a crash would find; by default nothing is kept.</summary>
    public ICallStore RunningCalls { get; }

    public FakeWays Ways { get; } = new();

    public List<Exception> Faults { get; } = [];

    public List<CallRecord> Started { get; } = [];

    public List<CallRecord> Ended { get; } = [];

    public List<CallSnapshot> Changes { get; } = [];

    /// <summary>False: the store keeps the start of a record until <see cref="CommitStarts"/>.</summary>
    public bool CommitsAtOnce { get; set; } = true;

    public Queue<Action<bool>> Uncommitted { get; } = [];

    /// <summary>Where a dialled user part leads; the default is an account's peers.</summary>
    public Func<string, RoutePlan>? Plan { get; set; }

    /// <summary>Who a peer's user is as a caller; the default is an account with default rights.</summary>
    public Func<string, Caller>? By { get; set; }

    public TestPeer Phone(string user, int host, int port = 5060) =>
        Add(new TestPeer(this, user, new Flow(SipTransport.Udp, new IPEndPoint(new IPAddress([192, 0, 2, (byte)host]), port), 0, 0)));

    public TestPeer Browser(string user, long connection) =>
        Add(new TestPeer(this, user, new Flow(SipTransport.Wss, new IPEndPoint(new IPAddress([198, 51, 100, 7]), 4000), 1, connection)));

    public TestPeer Add(TestPeer peer)
    {
        _peers[peer.Flow] = peer;
        return peer;
    }

    /// <summary>The user has an account, and this peer is a contact that the real route planner finds.</summary>
    public TestPeer Register(TestPeer peer, Func<Account, Account>? change = null)
    {
        var account = NewAccount(peer.User) with { Id = Guid.CreateVersion7(), DisplayName = $"{peer.User} of us" };
        if (!Services.Accounts.TryGet(peer.User, out _)) Services.Accounts.Set(change?.Invoke(account) ?? account);
        var aor = $"{peer.User}@{Realm}";
        Services.Bindings.Published.Publish(aor, [.. Services.Bindings.Published.Get(aor), peer.Binding]);
        return peer;
    }

    public void Receive(in Flow flow, string text) => Receive(flow, Encoding.UTF8.GetBytes(text));

    /// <summary>Sees every message that a peer sends.</summary>
    public event Action<Flow, byte[]>? Received;

    public void Receive(in Flow flow, byte[] bytes)
    {
        Received?.Invoke(flow, bytes);
        Assert.True(_parser.TryParse(bytes, stream: false, out var message, out var error), $"{error.Kind}: {Encoding.UTF8.GetString(bytes)}");
        _current = Services.Map.LoopOf(message!);
        _loops[_current].Services.Transactions.Receive(message!, flow, Now);
        message!.Return();
        Pump();
    }

    public void Happens(MediaEvent happened)
    {
        _loops[Media.OwnerOf(happened.Leg)].Calls.OnMedia(happened, Now);
        Pump();
    }

    /// <summary>As <see cref="Happens"/>, told to a loop that need not own the leg any more.</summary>
    public void HappensOn(int loop, MediaEvent happened)
    {
        _loops[loop].Calls.OnMedia(happened, Now);
        Pump();
    }

    public IEnumerable<int> CallsPerLoop => _loops.Select(loop => loop.Calls.Count);

    public void Advance(TimeSpan by)
    {
        var end = Now + by;
        while (Timers.NextDeadline is { } due && due <= end)
        {
            if (due > Now) Now = due;
            Timers.Advance(Now);
            Pump();
        }
        Now = end;
        Timers.Advance(Now);
        Pump();
    }

    public void Close(TestPeer peer)
    {
        _closed.Add(peer.Flow);
        foreach (var loop in _loops)
        {
            loop.Services.Transactions.FlowFailed(peer.Flow, Now);
            loop.Calls.OnFlowClosed(peer.Flow, Now);
        }

        Pump();
    }

    /// <summary>The device comes back on another connection and registers.</summary>
    public void Move(TestPeer peer, long connection)
    {
        var old = peer.Flow;
        var current = old with { Connection = connection };
        _peers.Remove(old);
        peer.Flow = current;
        _peers[current] = peer;
        foreach (var loop in _loops) loop.Calls.OnFlowMoved(old, current, Now);
        Pump();
    }

    /// <summary>The process is killed: nothing is said to anyone. Another one starts a while later, on a monotonic clock of its own.</summary>
    public int RestartAfterKill(TimeSpan away, IEnumerable<(StoredCall, CallCheckpoint)> calls)
    {
        foreach (var flow in _peers.Keys.Where(flow => flow.Connection != 0)) _closed.Add(flow);
        _posted.Clear();
        var wall = Services.UtcNow();
        Now = TimeSpan.FromSeconds(2);
        _wallAhead = wall + away - (DateTimeOffset.UnixEpoch.AddYears(56) + Now);
        Build(seed: 77);
        var restored = Calls.Restore(calls, Now);
        Pump();
        return restored;
    }

    public bool Post(int loop, Action<CallManager, TimeSpan> work)
    {
        _posted.Enqueue(() => work(_loops[loop].Calls, Now));
        return true;
    }

    public void Forward(int loop, SipMessage message, in Flow flow)
    {
        var from = flow;
        _posted.Enqueue(() =>
        {
            _current = loop;
            _loops[loop].Services.Transactions.Receive(message, from, Now);
            message.Return();
        });
    }

    public void CommitStarts(bool committed = true)
    {
        while (Uncommitted.TryDequeue(out var done)) done(committed);
        Pump();
    }

    public void Pump()
    {
        while (_posted.TryDequeue(out var work)) work();
    }

    /// <summary>Everything that must be true when all is over and every timer has run out (THREATS 36, 37).</summary>
    public void AssertNothingIsLeft()
    {
        Advance(TimeSpan.FromMinutes(10));
        Assert.Empty(Faults);
        Assert.Empty(Media.Errors);
        Assert.Empty(Media.Open);
        foreach (var (services, calls) in _loops)
        {
            Assert.Equal(0, calls.Count);
            Assert.Equal(0, calls.Index.MediaLegs);
            Assert.Equal(0, calls.Index.Dialogs);
            Assert.Equal(0, services.Transactions.ClientCount);
            Assert.Equal(0, services.Transactions.ServerCount);
        }
        Assert.Equal(0, Services.Loops.Count);
        Assert.Equal(0, Services.Map.Moved.Count);
        Assert.Equal(0, Timers.Count);
        Assert.Equal(Ended.Count, Ended.Select(record => record.Id).Distinct().Count());
        Assert.All(Started, start => Assert.Contains(Ended, end => end.Id == start.Id));
        Assert.All(Ended, record => Assert.NotNull(record.EndedAt));
        Assert.All(Ended, record => Assert.NotEqual("", record.EndReason));
    }

    public bool Send(in Flow flow, ReadOnlySpan<byte> message)
    {
        if (_closed.Contains(flow)) return false;
        Assert.True(_parser.TryParse(message, stream: false, out var parsed, out var error), $"{error.Kind}: {Encoding.UTF8.GetString(message)}");
        if (_peers.TryGetValue(flow, out var peer)) peer.Inbox.Add(parsed!.Retain());
        parsed!.Return();
        return true;
    }

    public string SentBy(in Flow flow) => flow.IsWebSocket ? "gw.example" : "203.0.113.1:5060";

    public bool Post(Action work)
    {
        _posted.Enqueue(work);
        return true;
    }

    public void OnRequest(ServerTransaction transaction, SipRequest request, TimeSpan now)
    {
        var (services, calls) = _loops[_current];
        var user = _peers.TryGetValue(transaction.Flow, out var peer) ? peer.User : null;
        if (!request.ToTag.IsEmpty)
        {
            if (!calls.OnInDialog(transaction, request, user, now) && !Calls.Subscriptions.OnInDialog(transaction, request, user, now)) Replies.Send(services, transaction, request, 481, now);
            return;
        }
        var verdict = RequestChecks.Outside(request);
        if (verdict.Status == 0) verdict = RequestChecks.AsUserAgent(request);
        if (verdict.Status != 0)
        {
            Replies.Send(services, transaction, request, verdict.Status, now, tag: transaction.Tag);
            return;
        }
        Assert.True(request.Method is SipMethod.Invite or SipMethod.Refer);
        Assert.True(request.TryGetUri(out var target));
        var dialled = Encoding.UTF8.GetString(target.User);
        var caller = By?.Invoke(user ?? "nobody") ?? new Caller.FromAccount(Services.Accounts.TryGet(user ?? "nobody", out var account) ? account : NewAccount(user ?? "nobody"), $"{user}@{Realm}", "");
        if (request.Method == SipMethod.Refer)
        {
            calls.OnRefer(transaction, request, caller, now);
            return;
        }
        if (request.Has(HeaderId.Replaces) || request.Has(HeaderId.Join))
        {
            calls.OnInvite(transaction, request, caller, now);
            return;
        }
        calls.Place(transaction, request, caller, Plan?.Invoke(dialled) ?? PlanFor(dialled), $"{dialled}@{Realm}", now);
    }

    public void OnAck(SipRequest ack, in Flow flow, TimeSpan now) => _loops[_current].Calls.OnAck(ack, flow, now);

    public void OnCancel(ServerTransaction invite, SipRequest cancel, TimeSpan now) => _loops[_current].Calls.OnCancel(invite, cancel, now);

    public void OnResponse(ClientTransaction transaction, SipResponse response, TimeSpan now) =>
        (transaction.User as IClientTransactionOwner)?.OnResponse(transaction, response, now);

    public void OnFailure(ClientTransaction transaction, TransactionFailure failure, TimeSpan now) =>
        (transaction.User as IClientTransactionOwner)?.OnFailure(transaction, failure, now);

    public void OnServerInviteEnded(ServerTransaction transaction, bool acknowledged, TimeSpan now)
    {
    }

    public void Start(CallRecord record, ILoopScheduler loop, Action<bool> done)
    {
        Started.Add(record);
        if (CommitsAtOnce) loop.Post(() => done(true));
        else Uncommitted.Enqueue(done);
    }

    public void Touch(Guid callId, DateTimeOffset at) => Touched++;

    public int Touched { get; private set; }

    public void End(CallRecord record, Action? written = null)
    {
        if (FailEnd) throw new InvalidOperationException("log");
        Ended.Add(record);
        written?.Invoke();
    }

    /// <summary>The log throws instead of taking the end of a record.</summary>
    public bool FailEnd { get; set; }

    public Task<IReadOnlyList<CallRecord>> ListAsync(CallQuery query, CancellationToken cancel) => throw new NotSupportedException();

    public Task<int> CloseOrphansAsync(string nodeId, CancellationToken cancel) => throw new NotSupportedException();

    public void RegistrationChanged(string aor) => throw new NotSupportedException();

    public void CallChanged(CallSnapshot call) => Changes.Add(call);

    public static Account NewAccount(string user) => new()
    {
        Id = Guid.Empty, DomainId = Guid.Empty, User = user, Ha1Md5 = "", Ha1Sha256 = "", PasswordHash = "",
    };

    private RoutePlan PlanFor(string dialled) => dialled switch
    {
        "echo" => new RoutePlan.ToService(MediaService.Echo, "echo"),
        "tone" => new RoutePlan.ToService(MediaService.Tone, "tone"),
        "missing" => new RoutePlan.Reject(404, "Not Found"),
        _ => PlanForUser(dialled),
    };

    public RoutePlan.ToAccount PlanForUser(string user) => new(NewAccount(user), $"{user}@{Realm}",
        [.. _peers.Values.Where(peer => peer.User == user).Select(peer => peer.Binding)]);
}
