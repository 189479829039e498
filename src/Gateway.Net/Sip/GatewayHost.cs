using System.Net;
using System.Security.Cryptography;
using Gateway.Net.Dns;
using Gateway.Net.Location;
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

/// <summary>
/// The running SIP side: loops, listeners and the connections that the web host hands in. Start restores what the store
/// knew; stop ends the calls, closes the connections and lets the loops finish.
/// </summary>
public sealed partial class GatewayHost : ISipConnectionHost, IAsyncDisposable
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
    private readonly LocationDesk _locations;
    private readonly UdpDrops _drops;
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
        var sizes = new PathSizes(_clock);
        _transports = new SipTransports(_connections, new OutsideNames(net.PublicAddress, net.Advertise), Trace) { Sizes = sizes };
        _map = new LoopMap(Math.Max(1, net.SipLoops), services.Accounts);
        _loops = [.. Enumerable.Range(0, _map.Count).Select(index => new SipLoop(index, _clock, net, _metrics, _logger))];
        NextHops = services.NextHops ?? NextHopFinder.Create(net, _metrics, services.Random, services.Time, services.Logging.CreateLogger("Gateway.Net.Dns"));
        LoopGauges.Register(_metrics.Meter, _loops);
        _locations = LocationDesk.Create(services.Location, (NextHops as NextHopFinder ?? NextHopFinder.Create(net, _metrics, services.Random, services.Time, services.Logging.CreateLogger("Gateway.Net.Dns"))).Names,
            _metrics, services.Time, services.Logging.CreateLogger("Gateway.Net.Location"));
        _receiver = new SipReceiver(_map, _loops, _transports, _metrics) { Stun = new SipStun(_transports, _clock, _metrics) };
        _streams = new StreamHost(net, _connections, _receiver, services.Files, _clock, services.Time, _metrics, _logger)
        {
            Certificate = services.SipCertificate,
            Peers = new PeerCertificates(net, services.Configuration, services.Time, _logger),
            Closed = flow => Closed(flow),
        };
        var aliases = new ConnectionAliases(net);
        _receiver.Offered = (flow, request) =>
        {
            if (_connections.Find(flow) is AcceptedConnection connection)
            {
                aliases.Offered(connection, request, _streams.KnowsPeer);
            }
        };
        _connector = new Connector(_streams, _transports, aliases, services.Configuration, net, services.Time, _logger);
        _transports.Connector = _connector;
        _undelivered = new Undelivered(_loops, _connector, sizes, _clock, _metrics);
        _streams.HasEnded = _connector.Ended;
        _drops = new UdpDrops(_metrics, _logger);
        _streams.Swept = now =>
        {
            _connector.Sweep(now);
            _drops.Look(now);
            _connector.Keeper?.Tick(now);
        };
    }

    public IReadOnlyList<SipLoop> Loops => _loops;

    /// <summary>Where SIP is listened to over UDP and TCP, once started.</summary>
    public IReadOnlyList<IPEndPoint> Endpoints => [.. _listeners?.Udp.Select(listener => listener.Local) ?? []];

    /// <summary>Where SIP is listened to over TLS, once started; empty without a certificate or port.</summary>
    public IReadOnlyList<IPEndPoint> TlsEndpoints => [.. _listeners?.Streams.Where(listener => listener.Transport == SipTransport.Tls).Select(listener => listener.Local) ?? []];

    /// <summary>Next hops of names, for the loops and for pages that test a trunk.</summary>
    public INextHops NextHops { get; }

    /// <summary>What each location source fails for that is left alone at this moment, in words; empty when all is well.</summary>
    public IReadOnlyList<(string Name, string Trouble)> LocationTroubles => _locations.Troubles;

    /// <summary>Why calls went where they went.</summary>
    public CallNotes Notes { get; } = new();

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
        var calls = await LoadCallsAsync(cancel).ConfigureAwait(false);
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
        await RestoreAsync(calls).ConfigureAwait(false);

        if (_services.Files.Most < _net.MaxConnections)
        {
            NetLog.FewFiles(_logger, _services.Files.Most);
        }

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

    /// <returns>How many calls there were.</returns>
    private async Task<int> HangUpAsync(CancellationToken cancel)
    {
        var calls = (await FromAllAsync<int>(core =>
        {
            var count = core.Calls.Count;
            core.Calls.HangUpAll("restart", _clock.Now);
            core.Proxy.Shutdown(_clock.Now);
            core.Subscriptions.EndAll(_clock.Now);
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
