using System.Security.Cryptography;
using Gateway.Server.Accounts;
using Gateway.Server.Configuration;
using Gateway.Server.Dispatch;
using Gateway.Server.Events;
using Gateway.Server.Observability;
using Gateway.Server.Ports;
using Gateway.Server.Registrar;
using Gateway.Server.Routing;
using Gateway.Server.Trunks;
using Gateway.Server.Widgets;
using Gateway.Sip;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Server;

/// <summary>What everything on one SIP loop shares. Nothing here is used from another thread, except where a type says so.</summary>
public sealed class LoopServices
{
    /// <summary>Index of this loop: written into branches, tags, Call-IDs and leg ids.</summary>
    public required int Loop { get; init; }

    public required ServerOptions Options { get; init; }

    public required SipTimers SipTimers { get; init; }

    public required TimerWheel Timers { get; init; }

    public required ISipTransport Transport { get; init; }

    /// <summary>One writer for all messages of the loop: a message is ended and copied before the next begins.</summary>
    public required SipWriter Writer { get; init; }

    public required ILoopScheduler Scheduler { get; init; }

    public required IMediaRelay Media { get; init; }

    public required ICallLog CallLog { get; init; }

    public required IBindingStore BindingStore { get; init; }

    /// <summary>Where running calls are kept for the process after a crash.</summary>
    public ICallStore RunningCalls { get; init; } = NoCallStore.Instance;

    public required IGatewayEvents Events { get; init; }

    /// <summary>Thread-safe, shared by all loops.</summary>
    public required AccountDirectory Accounts { get; init; }

    public required BindingTable Bindings { get; init; }

    public required RandomNumberGenerator Random { get; init; }

    /// <summary>Which flows proved which accounts; one for all loops.</summary>
    public FlowAccounts Flows { get; init; } = new();

    /// <summary>Who guesses passwords; one for all loops.</summary>
    public FailureLedger Failures
    {
        get => field ??= new FailureLedger(Options.WrongPasswordWait);
        init;
    }

    /// <summary>Signs nonces, at least 32 bytes; one for all loops (each derives its own) and, as nonces carry monotonic time, for this run only.</summary>
    public byte[] NonceKey { get; init; } = RandomNumberGenerator.GetBytes(32);

    /// <summary>Reads the tokens of our own browser client; null where there are none.</summary>
    public BearerToken? Tokens { get; init; }

    /// <summary>Trunks, rules, groups, widgets; thread-safe, shared by all loops.</summary>
    public ConfigurationDirectory Configuration { get; init; } = new();

    /// <summary>Which loop owns whom; the one of the host, or that of a single loop.</summary>
    public LoopMap Map
    {
        get => field ??= new LoopMap(1, Accounts);
        init;
    }

    /// <summary>Which addresses belong to which trunk; thread-safe, shared by all loops.</summary>
    public TrunkSources TrunkSources { get; init; } = new();

    /// <summary>How requests go out by the trunks, for this loop.</summary>
    public TrunkAccess TrunkAccess => field ??= new TrunkAccess(this);

    /// <summary>How the trunks do; thread-safe, shared by all loops.</summary>
    public TrunkBoard Trunks { get; init; } = new();

    /// <summary>Calls at once and minutes a day; thread-safe, shared by all loops.</summary>
    public CallCaps Caps { get; init; } = new();

    /// <summary>Which calls are on their way out; thread-safe, shared by all loops.</summary>
    public LoopGuard Loops { get; init; } = new();

    /// <summary>Event subscriptions of the whole node; thread-safe, shared by all loops.</summary>
    public SubscriptionCounts Subscriptions { get; init; } = new();

    /// <summary>Which flows are a widget's visitors; thread-safe, shared by all loops and the web host.</summary>
    public WidgetVisits Visits { get; init; } = new();

    /// <summary>Whether the gateway is about to stop; thread-safe, shared by all loops.</summary>
    public DrainState Drain { get; init; } = new();

    /// <summary>Who else may know where a number or user is; thread-safe, shared by all loops.</summary>
    public LocationSources Locations { get; init; } = LocationSources.None;

    /// <summary>The other loops; null with one loop.</summary>
    public ILoopNeighbours? Neighbours { get; init; }

    /// <summary>DNS; null in tests without names.</summary>
    public INextHops? NextHops { get; init; }

    /// <summary>Opens connections; null in tests with made flows.</summary>
    public IConnector? Connector { get; init; }

    /// <summary>Why calls went where they went; thread-safe, shared by all loops.</summary>
    public CallNotes Notes { get; init; } = new();

    public ServerMetrics Metrics
    {
        get => field ??= new ServerMetrics();
        init;
    }

    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>The addresses and names that requests for this gateway carry, with their ports: every listener's, and what it is advertised as.</summary>
    public OwnAddresses Own
    {
        get => field ??= new OwnAddresses(Options.Aliases.SelectMany(_ => Options.SipPorts, (host, port) => new OwnAddress(host, port, SipTransport.Udp)), [Options.Realm, .. Options.Aliases]);
        init;
    }

    /// <summary>Signs the Route values that proxied dialogs come back by, at least 32 bytes; the same in every run, or a restart loses their calls.</summary>
    public byte[] RouteKey
    {
        get => field ??= HMACSHA256.HashData(NonceKey, "route"u8);
        init;
    }

    /// <summary>Seals temporary GRUUs; 32 bytes, the same on all loops and in all runs.</summary>
    public byte[] GruuKey { get; init; } = RandomNumberGenerator.GetBytes(32);

    /// <summary>URIs of single devices.</summary>
    public Gruus Gruus => field ??= new Gruus(GruuKey, Options, Accounts, Bindings.Published, Random);

    /// <summary>The hosts that mean this gateway.</summary>
    public LocalHosts Hosts => field ??= new LocalHosts(Options);

    /// <summary>
    /// False for a connection that has closed: what it sent before may still wait in a mailbox behind the news of its end.
    /// </summary>
    public Func<Flow, bool> IsOpen { get; init; } = static _ => true;

    /// <summary>Tells the other loops that a device's dialogs now travel by another flow; null with one loop.</summary>
    public Action<Flow, Flow>? FlowMoved { get; init; }

    /// <summary>
    /// The loop's monotonic clock, for work that comes back from a store or a page; everything else gets its time as an
    /// argument. All loops share its zero.
    /// </summary>
    public required Func<TimeSpan> Now { get; init; }

    /// <summary>Wall clock, for records and expiry dates only.</summary>
    public required Func<DateTimeOffset> UtcNow { get; init; }

    /// <summary>Set once by the core that owns the loop.</summary>
    public TransactionLayer Transactions { get; set; } = null!;
}

/// <summary>An owner of client transactions: set as <see cref="ClientTransaction.User"/>, it hears their answers.</summary>
public interface IClientTransactionOwner
{
    void OnResponse(ClientTransaction transaction, SipResponse response, TimeSpan now);

    void OnFailure(ClientTransaction transaction, TransactionFailure failure, TimeSpan now);
}
