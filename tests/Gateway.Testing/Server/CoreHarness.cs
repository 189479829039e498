using System.Globalization;
using System.Net;
using System.Text;
using Gateway.Server;
using Gateway.Server.Accounts;
using Gateway.Server.Calls;
using Gateway.Server.Observability;
using Gateway.Server.Dispatch;
using Gateway.Server.Ports;
using Gateway.Server.Registrar;
using Gateway.Sip;

namespace Gateway.Testing.Server;

/// <summary>
/// One loop's core without sockets, threads or clock: SIP text goes in, what it sends comes out, time moves when the test
/// says so. Stores and media are fakes that the test can look into.
/// </summary>
public sealed class CoreHarness : ISipTransport, ILoopScheduler, IGatewayEvents
{
    public const string Realm = "gw.example";

    // A meter lives as long as the process: one for all.
    private static readonly ServerMetrics s_metrics = new();

    private readonly SipParser _parser = new();
    private readonly Queue<Action> _posted = new();
    private readonly Queue<SentMessage> _sent = new();

    /// <param name="nextHops">DNS; without it only addresses lead anywhere.</param>
    public CoreHarness(ServerOptions? options = null, int loop = 0, AccountDirectory? accounts = null, FlowAccounts? flows = null, Action<Flow, Flow>? flowMoved = null,
        INextHops? nextHops = null, IConnector? connector = null, BindingDirectory? bindings = null, LoopMap? map = null, ILoopNeighbours? neighbours = null)
    {
        Options = (options ?? new ServerOptions()) with { Realm = Realm };
        // What is granted must be what a test asked for, unless it is about that.
        Options = Options with { ExpirySpread = Options.ExpirySpread == new ServerOptions().ExpirySpread ? 0 : Options.ExpirySpread };
        Options = Options with { Aliases = [.. Options.Aliases, "192.0.2.1"] };
        Accounts = accounts ?? new AccountDirectory();
        Services = new LoopServices
        {
            Loop = loop,
            Options = Options,
            SipTimers = SipTimers.Default,
            Timers = new TimerWheel(TimeSpan.Zero),
            Transport = this,
            Writer = new SipWriter(),
            Scheduler = this,
            Media = Media,
            CallLog = CallLog,
            BindingStore = BindingStore,
            Events = this,
            Accounts = Accounts,
            Bindings = new BindingTable(bindings),
            Random = new SeededRandom(42 + loop),
            Flows = flows ?? new FlowAccounts(),
            Metrics = s_metrics,
            NonceKey = Encoding.ASCII.GetBytes("0123456789abcdef0123456789abcdef"),
            Tokens = Tokens,
            FlowMoved = flowMoved,
            Map = map ?? new LoopMap(1, Accounts),
            NextHops = nextHops,
            Connector = connector,
            Neighbours = neighbours,
            IsOpen = flow => !DeadConnections.Contains(flow.Connection),
            Now = () => Now,
            UtcNow = () => UtcNow,
        };
        Core = new GatewayCore(Services);
    }

    public ServerOptions Options { get; }

    public LoopServices Services { get; }

    public GatewayCore Core { get; }

    public AccountDirectory Accounts { get; }

    public FakeBindingStore BindingStore { get; } = new();

    public FakeCallLog CallLog { get; } = new();

    public FakeMediaRelay Media { get; } = new();

    public BearerToken Tokens { get; } = new(Encoding.ASCII.GetBytes("fedcba9876543210fedcba9876543210"), "sip", new SeededRandom(7));

    /// <summary>AORs whose registrations changed, in order.</summary>
    public List<string> RegistrationChanges { get; } = [];

    public List<CallSnapshot> CallChanges { get; } = [];

    public TimeSpan Now { get; private set; }

    /// <summary>Moves with <see cref="Now"/>, unless a test steps the wall clock.</summary>
    public DateTimeOffset UtcNow => new DateTimeOffset(2026, 5, 4, 12, 0, 0, TimeSpan.Zero) + Now + ClockStep;

    public TimeSpan ClockStep { get; set; }

    /// <summary>Flows that are gone: sending on them fails.</summary>
    public HashSet<long> DeadConnections { get; } = [];

    /// <summary>TCP to the peer of a UDP flow, for requests too large for a datagram; null: nobody has it.</summary>
    public Func<Flow, Flow?>? Reliable { get; init; }

    /// <summary>What was sent and not yet taken.</summary>
    public IReadOnlyCollection<SentMessage> Sent => _sent;

    public static Flow Udp(string remote = "198.51.100.7:5062") => new(SipTransport.Udp, IPEndPoint.Parse(remote), 0, 0);

    public static Flow Wss(long connection = 1, string remote = "203.0.113.9:50000") => new(SipTransport.Wss, IPEndPoint.Parse(remote), -1, connection);

    /// <summary>An account whose password is "secret".</summary>
    public Account AddAccount(string user, string password = "secret", DigestPolicy digest = DigestPolicy.Md5, params string[] aliases)
    {
        var account = new Account
        {
            Id = Guid.CreateVersion7(UtcNow),
            DomainId = Guid.AllBitsSet,
            User = user,
            Digest = digest,
            Ha1Md5 = Digest.Ha1(DigestAlgorithm.Md5, user, Realm, password),
            Ha1Sha256 = Digest.Ha1(DigestAlgorithm.Sha256, user, Realm, password),
            PasswordHash = "",
            Aliases = [.. aliases],
        };
        Accounts.Set(account);
        return account;
    }

    /// <summary>A message written with plain line ends; the blank line at its end may be left out when there is no body.</summary>
    public void Receive(string text, Flow? flow = null) => Receive(Encoding.UTF8.GetBytes(Wire(text)), flow);

    public void Receive(byte[] bytes, Flow? flow = null)
    {
        var from = flow ?? Udp();
        var good = _parser.TryParse(bytes, stream: false, out var message, out var error);
        if (good)
        {
            Core.Receive(message!, from, Now);
        }
        else
        {
            Core.ReceiveBad(message as SipRequest, error, from, Now);
        }

        message?.Return();
        RunPosted();
    }

    /// <summary>Lets time pass; every timer fires at its own moment.</summary>
    public void Advance(TimeSpan by)
    {
        var end = Now + by;
        while (Services.Timers.NextDeadline is { } next && next <= end)
        {
            Now = next > Now ? next : Now;
            Services.Timers.Advance(Now);
            RunPosted();
        }

        Now = end;
        Services.Timers.Advance(Now);
        RunPosted();
    }

    public void CloseFlow(Flow flow)
    {
        DeadConnections.Add(flow.Connection);
        Core.FlowClosed(flow, Now);
        RunPosted();
    }

    public void Happen(MediaEvent happened)
    {
        Core.OnMedia(happened, Now);
        RunPosted();
    }

    /// <summary>Runs what stores and others handed to the loop.</summary>
    public void RunPosted()
    {
        while (_posted.TryDequeue(out var work))
        {
            work();
        }
    }

    /// <summary>The next message that was sent; fails when there is none.</summary>
    public SentMessage Take() => _sent.TryDequeue(out var message) ? message : throw new InvalidOperationException("nothing was sent");

    /// <summary>The only message that was sent; fails when there is none or more than one.</summary>
    public SentMessage TakeOnly()
    {
        var message = Take();
        return _sent.Count == 0 ? message : throw new InvalidOperationException($"more was sent:\n{string.Join('\n', _sent)}");
    }

    public IReadOnlyList<SentMessage> TakeAll()
    {
        var all = _sent.ToList();
        _sent.Clear();
        return all;
    }

    /// <summary>Gives back what was taken too early.</summary>
    public void Put(SentMessage message) => _sent.Enqueue(message);

    /// <summary>Line ends as on the wire, and an end of the headers when the text has none.</summary>
    public static string Wire(string text)
    {
        var wire = text.ReplaceLineEndings("\r\n");
        return wire.Contains("\r\n\r\n", StringComparison.Ordinal) ? wire : wire.TrimEnd() + "\r\n\r\n";
    }

    bool ISipTransport.Send(in Flow flow, ReadOnlySpan<byte> message)
    {
        if (flow.Connection != 0 && DeadConnections.Contains(flow.Connection))
        {
            return false;
        }

        _sent.Enqueue(new SentMessage(flow, message));
        return true;
    }

    bool ISipTransport.TryReliable(in Flow flow, out Flow reliable)
    {
        var found = Reliable?.Invoke(flow);
        reliable = found ?? default;
        return found is not null;
    }

    string ISipTransport.SentBy(in Flow flow) => "192.0.2.1:5060";

    bool ILoopScheduler.Post(Action work)
    {
        _posted.Enqueue(work);
        return true;
    }

    void IGatewayEvents.RegistrationChanged(string aor) => RegistrationChanges.Add(aor);

    void IGatewayEvents.CallChanged(CallSnapshot call) => CallChanges.Add(call);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Now.TotalSeconds:0.000} s, {_sent.Count} sent");
}
