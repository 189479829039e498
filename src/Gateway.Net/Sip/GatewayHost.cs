using System.Net;
using System.Security.Cryptography;
using Gateway.Net.Dns;
using Gateway.Net.Media;
using Gateway.Net.Sip.Streams;
using Gateway.Net.Tracing;
using Gateway.Server;
using Gateway.Server.Accounts;
using Gateway.Server.Calls;
using Gateway.Server.Configuration;
using Gateway.Server.Dispatch;
using Gateway.Server.Observability;
using Gateway.Server.Ports;
using Gateway.Server.Registrar;
using Gateway.Server.Routing;
using Gateway.Server.Trunks;
using Gateway.Server.Widgets;
using Gateway.Sip;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Net.Sip;

/// <summary>What the host is given by whoever builds it.</summary>
public sealed record GatewayHostServices
{
    public required AccountDirectory Accounts { get; init; }

    public required IBindingStore Bindings { get; init; }

    public required ICallLog Calls { get; init; }

    public required IGatewayEvents Events { get; init; }

    /// <summary>Makes the media plane; it tells what happens by the loop that owns the leg. Disposed with the host.</summary>
    public required Func<Action<int, MediaEvent>, IMediaRelay> Media { get; init; }

    /// <summary>Reads the tokens of our own browser client.</summary>
    public BearerToken? Tokens { get; init; }

    /// <summary>Trunks, rules, groups and widgets, kept up to date by whoever owns the store.</summary>
    public ConfigurationDirectory Configuration { get; init; } = new();

    public TrunkBoard Trunks { get; init; } = new();

    public CallCaps Caps { get; init; } = new();

    /// <summary>Which certificate SIP over TLS shows for a server name; null to do without TLS. Asked at every handshake.</summary>
    public ServerCertificate? SipCertificate { get; init; }

    /// <summary>The visitors of widgets, admitted by the web host.</summary>
    public WidgetVisits Visits { get; init; } = new();

    public ILoggerFactory Logging { get; init; } = NullLoggerFactory.Instance;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public RandomNumberGenerator Random { get; init; } = RandomNumberGenerator.Create();

    /// <summary>Who finds next hops; null for DNS.</summary>
    public INextHops? NextHops { get; init; }

    public SipTimers SipTimers { get; init; } = SipTimers.Default;
}

/// <summary>
/// The running SIP side: loops, listeners and the connections that the web host hands in. Start restores what the store
/// knew; stop ends the calls, closes the connections and lets the loops finish.
/// </summary>
public sealed class GatewayHost : ISipConnectionHost, IAsyncDisposable
{
    /// <summary>WebSocket close code of a server that restarts.</summary>
    private const int ServiceRestart = 1012;

    private readonly NetOptions _net;
    private readonly ServerOptions _server;
    private readonly GatewayHostServices _services;
    private readonly NetMetrics _metrics = new();
    private readonly ServerMetrics _serverMetrics = new();
    private readonly ILogger _logger;
    private readonly LoopClock _clock;
    private readonly ConnectionTable _connections;
    private readonly SipTransports _transports;
    private readonly LoopMap _map;
    private readonly SipReceiver _receiver;
    private readonly SipLoop[] _loops;
    private readonly StreamHost _streams;
    private readonly Connector _connector;
    private readonly Undelivered _undelivered;
    private SipListeners? _listeners;
    private IMediaRelay? _media;
    private bool _stopped;

    public GatewayHost(NetOptions net, ServerOptions server, GatewayHostServices services)
    {
        _net = net;
        _server = server;
        _services = services;
        _logger = services.Logging.CreateLogger("Gateway.Net.Sip");
        _clock = new LoopClock(services.Time);
        _connections = new ConnectionTable(services.Time, _metrics);
        Trace = new SignallingTrace(net.TraceMegabytes, services.Time, net.TraceDigits);
        _transports = new SipTransports(_connections, net.PublicAddress, Trace);
        _map = new LoopMap(Math.Max(1, net.SipLoops), services.Accounts);
        _loops = [.. Enumerable.Range(0, _map.Count).Select(index => new SipLoop(index, _clock, net, _metrics, _logger))];
        NextHops = services.NextHops ?? NextHopFinder.Create(net, _metrics, services.Random, services.Time, services.Logging.CreateLogger("Gateway.Net.Dns"));
        _receiver = new SipReceiver(_map, _loops, _transports, _metrics);
        _streams = new StreamHost(net, _connections, _receiver, _clock, services.Time, _metrics, _logger) { Certificate = services.SipCertificate, Closed = flow => Closed(flow) };
        _connector = new Connector(_streams, _transports, services.Configuration, net, services.Time, _logger);
        _transports.Connector = _connector;
        _undelivered = new Undelivered(_loops, _connector, _clock, _metrics);
        _streams.HasEnded = _connector.Ended;
        _streams.Swept = _connector.Sweep;
    }

    public IReadOnlyList<SipLoop> Loops => _loops;

    /// <summary>Where SIP is listened to over UDP and TCP, once started.</summary>
    public IReadOnlyList<IPEndPoint> Endpoints => [.. _listeners?.Udp.Select(listener => listener.Local) ?? []];

    /// <summary>Where SIP is listened to over TLS, once started; empty without a certificate or port.</summary>
    public IReadOnlyList<IPEndPoint> TlsEndpoints => [.. _listeners?.Streams.Where(listener => listener.Transport == SipTransport.Tls).Select(listener => listener.Local) ?? []];

    /// <summary>Next hops of names, for the loops and for pages that test a trunk.</summary>
    public INextHops NextHops { get; }

    /// <summary>Ways out, for the loops and for pages that test a trunk.</summary>
    public IConnector Connector => _connector;

    /// <summary>The monotonic clock of the loops.</summary>
    internal TimeSpan Now => _clock.Now;

    public int OpenConnections => _connections.Count;

    /// <summary>The last SIP messages, by Call-ID: the ladder of a call is that of its legs' Call-IDs.</summary>
    public SignallingTrace Trace { get; }

    /// <summary>False when a loop or a listener has died.</summary>
    public bool IsHealthy => !_stopped && _listeners is { AreAlive: true } && Array.TrueForAll(_loops, loop => loop.IsAlive)
        && _media is not MediaRelay { IsHealthy: false };

    /// <exception cref="InvalidOperationException">No address could be listened on; the message names the options.</exception>
    public async Task StartAsync(CancellationToken cancel)
    {
        await _services.Calls.CloseOrphansAsync(_server.NodeId, cancel).ConfigureAwait(false);
        var bindings = await _services.Bindings.LoadAsync(cancel).ConfigureAwait(false);
        await CapsRestore.RunAsync(_services.Caps, _services.Calls, _services.Accounts, _services.Configuration.Current, _services.Time.GetUtcNow(), cancel).ConfigureAwait(false);

        Bind();
        _media = _services.Media(TellMedia);
        _serverMetrics.Observe(_services.Trunks);
        BuildLoops();
        _services.Configuration.Changed += OnConfigurationChanged;
        OnConfigurationChanged(_services.Configuration.Current);
        Restore(bindings);

        _streams.Start();
        _listeners!.Start();
    }

    /// <summary>Ends the calls with BYE, closes the connections for restart, and stops. What was queued for the store is the store's.</summary>
    public async Task StopAsync(CancellationToken cancel)
    {
        if (_stopped)
        {
            return;
        }

        _stopped = true;
        _services.Configuration.Changed -= OnConfigurationChanged;
        _receiver.IsDraining = true;
        if (_media is not null)
        {
            var calls = await HangUpAsync(cancel).ConfigureAwait(false);
            NetLog.Stopped(_logger, calls);
        }

        _connections.CloseAll(ServiceRestart, "restart");
        await _streams.DrainAsync().ConfigureAwait(false);
        await Task.Run(() =>
        {
            _listeners?.Dispose();
            _streams.Dispose();
            foreach (var loop in _loops)
            {
                loop.Stop();
            }
        }, CancellationToken.None).ConfigureAwait(false);
        (_media as IDisposable)?.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None).ConfigureAwait(false);
        _metrics.Dispose();
        _serverMetrics.Dispose();
    }

    public Flow Opened(ISipConnection connection) => _connections.Open(connection);

    public void Received(in Flow flow, ReadOnlySpan<byte> message)
    {
        _metrics.Received(flow.Transport);
        _receiver.Receive(message, flow);
    }

    public void Closed(in Flow flow)
    {
        if (!_connections.Close(flow))
        {
            return;
        }

        var gone = flow;
        foreach (var loop in _loops)
        {
            loop.Post(() => loop.Core?.FlowClosed(gone, _clock.Now));
        }
    }

    public void Moved(in Flow old, in Flow current)
    {
        var (from, to) = (old, current);
        foreach (var loop in _loops)
        {
            loop.Post(() => loop.Core?.FlowMoved(from, to, _clock.Now));
        }
    }

    public async Task<IReadOnlyList<CallSnapshot>> CallsAsync() => await FromAllAsync(core => core.Calls.Snapshot()).ConfigureAwait(false);

    /// <summary>One live call with fresh figures of its media, or null when there is none of this id.</summary>
    public async Task<CallSnapshot?> CallAsync(Guid id)
    {
        var parts = await Task.WhenAll(_loops.Select(loop => loop.AskAsync<CallSnapshot>((core, done) => core.Calls.Describe(id, done, _clock.Now)))).ConfigureAwait(false);
        return Array.Find(parts, part => part is not null);
    }

    /// <summary>Ends a call, ringing or answered; <paramref name="reason"/> is what the phones may show.</summary>
    public Task<ControlAnswer> HangUpAsync(Guid call, string reason) => CommandAsync(core => core.Calls.HangUp(call, reason, _clock.Now));

    /// <summary>Holds an answered call on one side's behalf, or takes it off hold.</summary>
    public Task<ControlAnswer> HoldAsync(Guid call, CallSide side, bool hold) => CommandAsync(core => core.Calls.Hold(call, side, hold, _clock.Now));

    /// <summary>Hands the side that is not <paramref name="by"/> on to a target, with the rights of <paramref name="rights"/> or else of <paramref name="by"/>.</summary>
    public Task<ControlAnswer> TransferAsync(Guid call, CallSide by, string target, Account? rights = null) =>
        CommandAsync(core => core.Calls.Transfer(call, by, target, rights, _clock.Now));

    /// <summary>Click-to-dial: rings the account's phones, then calls the target for it. The answer names the call.</summary>
    public Task<ControlAnswer> OriginateAsync(Account account, string target)
    {
        ArgumentNullException.ThrowIfNull(account);
        return _loops[_map.LoopOfAor(account.User)].InvokeAsync(core => core.Calls.Originate(account, target, _clock.Now));
    }

    public async Task<IReadOnlyList<Binding>> BindingsAsync() => await FromAllAsync<Binding>(core => [.. core.Bindings.All]).ConfigureAwait(false);

    public async Task<int> BindingCountAsync() => (await FromAllAsync<int>(core => [core.Bindings.Count]).ConfigureAwait(false)).Sum();

    /// <summary>The bindings of one AOR, from the loop that owns it.</summary>
    public Task<IReadOnlyList<Binding>> BindingsOfAsync(string aor) => _loops[_map.LoopOfAor(aor)].InvokeAsync(core => core.Bindings.Get(aor));

    /// <summary>Tries a trunk, saved or not: DNS, the way there, OPTIONS, registration. Ends within half a minute.</summary>
    /// <exception cref="ObjectDisposedException">The gateway has stopped.</exception>
    public Task<TrunkTestResult> TestTrunkAsync(Trunk trunk)
    {
        ArgumentNullException.ThrowIfNull(trunk);
        var answer = new TaskCompletionSource<TrunkTestResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        var loop = _loops[_map.LoopOfId(trunk.Id)];
        var posted = loop.Post(() =>
        {
            try
            {
                loop.Core!.Trunks.Test(trunk, result => answer.TrySetResult(result), _clock.Now);
            }
            catch (Exception e)
            {
                answer.TrySetException(e);
            }
        });
        return posted ? answer.Task : Task.FromException<TrunkTestResult>(new ObjectDisposedException(nameof(GatewayHost)));
    }

    /// <summary>Where a number would go for a caller, and why; nothing is called.</summary>
    public Task<DryRunAnswer> DryRunAsync(DryRunQuestion question) => _loops[0].InvokeAsync(core => core.DryRun(question));

    /// <summary>Takes an account's bindings out: it was removed or disabled, or its password changed.</summary>
    public Task RemoveBindingsAsync(string aor) => _loops[_map.LoopOfAor(aor)].InvokeAsync(core =>
    {
        core.RemoveBindings(aor);
        return true;
    });

    /// <summary>Asks every loop; the one that has the call answers for all.</summary>
    private async Task<ControlAnswer> CommandAsync(Func<GatewayCore, ControlAnswer> command)
    {
        var answers = await Task.WhenAll(_loops.Select(loop => loop.InvokeAsync(command))).ConfigureAwait(false);
        return Array.Find(answers, answer => answer.Status != ControlStatus.NoCall) is { Call: var call } found && call != Guid.Empty ? found : answers[0];
    }

    private async Task<IReadOnlyList<T>> FromAllAsync<T>(Func<GatewayCore, IReadOnlyList<T>> question)
    {
        var parts = await Task.WhenAll(_loops.Select(loop => loop.InvokeAsync(question))).ConfigureAwait(false);
        return parts.Length == 1 ? parts[0] : [.. parts.SelectMany(part => part)];
    }

    private void Bind()
    {
        _listeners = SipListeners.Bind(
            _net,
            (index, local) => new UdpListener(index, local, _receiver.Receive, (remote, quoted, why) => _undelivered.Take(index, remote, quoted, why), _metrics, _logger),
            (transport, local) => new StreamListener(transport, local, _streams.Accepted, _streams.AcceptFailed),
            _services.SipCertificate is not null,
            _logger);
        _transports.Use(_listeners);
    }

    private void BuildLoops()
    {
        var flows = new FlowAccounts();
        var published = new BindingDirectory();
        var guard = new LoopGuard();
        var sources = new TrunkSources();
        _streams.KnowsPeer = flow => !sources.Find(flow).IsEmpty;
        var failures = new FailureLedger(_server.WrongPasswordWait);
        var nonceKey = RandomNumberGenerator.GetBytes(32);
        var options = _server with
        {
            Aliases = [.. _server.Aliases.Append(Environment.MachineName).Concat(_listeners!.Udp.Select(listener => listener.Local.Address).Append(_net.PublicAddress).OfType<IPAddress>()
                .Select(address => address.ToString())).Distinct(StringComparer.OrdinalIgnoreCase)],
            SipPorts = [.. _listeners.Udp.Select(listener => listener.Local.Port).Concat(_listeners.Streams.Select(listener => listener.Local.Port)).Append(_net.SipPort).Distinct()],
        };
        foreach (var loop in _loops)
        {
            var timers = new TimerWheel(_clock.Now);
            var core = new GatewayCore(new LoopServices
            {
                Loop = loop.Index,
                Options = options,
                SipTimers = _services.SipTimers,
                Timers = timers,
                Transport = _transports,
                Writer = new SipWriter(),
                Scheduler = loop,
                Media = _media!,
                CallLog = _services.Calls,
                BindingStore = _services.Bindings,
                Events = _services.Events,
                Accounts = _services.Accounts,
                Bindings = new BindingTable(published),
                Random = _services.Random,
                Flows = flows,
                Failures = failures,
                Configuration = _services.Configuration,
                Map = _map,
                Trunks = _services.Trunks,
                TrunkSources = sources,
                Caps = _services.Caps,
                Loops = guard,
                NextHops = NextHops,
                Connector = _connector,
                Visits = _services.Visits,
                NonceKey = nonceKey,
                Tokens = _services.Tokens,
                Metrics = _serverMetrics,
                Logger = _services.Logging.CreateLogger("Gateway.Server"),
                IsOpen = flow => _connections.IsOpen(flow),
                FlowMoved = _loops.Length == 1 ? null : (old, current) => TellOthers(loop, old, current),
                Now = () => _clock.Now,
                UtcNow = _services.Time.GetUtcNow,
            });
            core.Calls.Faulted = fault => NetLog.CallFault(_logger, loop.Index, fault);
            loop.Start(core, timers);
        }
    }

    private void Restore(IReadOnlyList<Binding> bindings)
    {
        foreach (var group in bindings.GroupBy(binding => _map.LoopOfAor(binding.Aor)))
        {
            var mine = group.ToList();
            var loop = _loops[group.Key];
            loop.Post(() => loop.Core?.Restore(mine, _clock.Now));
        }
    }

    /// <summary>Each loop reads the newest when its turn comes: what two threads change at once cannot arrive in the wrong order.</summary>
    private void OnConfigurationChanged(ConfigurationSnapshot snapshot)
    {
        foreach (var loop in _loops)
        {
            loop.Post(() => loop.Core?.Configure(_clock.Now));
        }
    }

    private void TellMedia(int owner, MediaEvent happened)
    {
        if (owner >= 0 && owner < _loops.Length)
        {
            var loop = _loops[owner];
            loop.Post(() => loop.Core?.OnMedia(happened, _clock.Now));
        }
    }

    private void TellOthers(SipLoop from, Flow old, Flow current)
    {
        foreach (var loop in _loops)
        {
            if (loop != from)
            {
                loop.Post(() => loop.Core?.FlowMoved(old, current, _clock.Now));
            }
        }
    }

    /// <returns>How many calls there were.</returns>
    private async Task<int> HangUpAsync(CancellationToken cancel)
    {
        var calls = (await FromAllAsync<int>(core =>
        {
            var count = core.Calls.Count;
            core.Calls.HangUpAll("restart", _clock.Now);
            core.Trunks.Stop(_clock.Now);
            return [count];
        }).ConfigureAwait(false)).Sum();

        // The BYEs and the REGISTERs that take us out are sent; their answers are awaited for a moment so that no peer has to guess.
        var started = _services.Time.GetTimestamp();
        while (!cancel.IsCancellationRequested && _services.Time.GetElapsedTime(started) < _net.StopTime
            && (await FromAllAsync<int>(core => [core.Trunks.Registrations + (calls > 0 ? core.Calls.Count + core.Transactions.ClientCount : 0)])
                .ConfigureAwait(false)).Sum() > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), _services.Time, CancellationToken.None).ConfigureAwait(false);
        }

        return calls;
    }
}
