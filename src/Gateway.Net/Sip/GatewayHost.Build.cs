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

namespace Gateway.Net.Sip;

/// <summary>The parts of the host: listeners, loops with their services, and what they tell each other.</summary>
public sealed partial class GatewayHost
{
    private void Bind()
    {
        _listeners = SipListeners.Bind(
            _net,
            (index, local, listen) => new UdpListener(index, local, _receiver.Receive, (remote, quoted, why, mtu) => _undelivered.Take(index, remote, quoted, why, mtu), _metrics, _logger) { Advertise = listen.Advertise },
            (local, listen) => new StreamListener(listen.Transport, local, _streams.Accepted, _streams.AcceptFailed)
            {
                Advertise = listen.Advertise,
                Certificates = listen.Certificates ?? _net.ClientCertificates,
            },
            _services.SipCertificate is not null,
            _logger);
        _transports.Use(_listeners);
        _drops.Use(_listeners.Udp);
    }

    private void BuildLoops()
    {
        var flows = new FlowAccounts();
        var published = new BindingDirectory();
        var guard = new LoopGuard();
        var sources = new TrunkSources();
        _streams.TrunksProved = (flow, trunks) => sources.Proved(flow.Connection, trunks);
        _streams.KnowsPeer = flow => !sources.Find(flow).IsEmpty;
        var subscriptions = new SubscriptionCounts();
        var keeper = new FlowKeeper(_net, _transports, published, _services.Random, flow =>
        {
            foreach (var loop in _loops)
            {
                loop.Post(() => loop.Core?.Trunks.OnFlowFailed(flow, _clock.Now));
            }
        });
        _connector.Keeper = keeper;
        _receiver.Stun!.Answered = keeper.Answered;
        var failures = new FailureLedger(_server.WrongPasswordWait);
        var nonceKey = RandomNumberGenerator.GetBytes(32);
        var options = _server with
        {
            Aliases = [.. _server.Aliases.Append(Environment.MachineName).Concat(_transports.Own.Select(own => own.Host)).Concat(_net.PublicAddress is { } known ? [known.ToString()] : [])
                .Distinct(StringComparer.OrdinalIgnoreCase)],
            SipPorts = [.. _transports.Own.Select(own => own.Port).Append(_net.SipPort).Distinct()],
        };
        var own = new OwnAddresses(_transports.Own, [_server.Realm, .. options.Aliases]);
        foreach (var loop in _loops)
        {
            var timers = new TimerWheel(_clock.Now);
            var core = new GatewayCore(new LoopServices
            {
                Loop = loop.Index,
                Options = options,
                Own = own,
                SipTimers = _services.SipTimers,
                Timers = timers,
                Transport = _transports,
                Writer = new SipWriter(),
                Scheduler = loop,
                Media = _media!,
                CallLog = _services.Calls,
                BindingStore = _services.Bindings,
                RunningCalls = _services.RunningCalls,
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
                Subscriptions = subscriptions,
                Locations = _locations.Sources,
                Notes = Notes,
                NextHops = NextHops,
                Connector = _connector,
                Drain = _drainState,
                Visits = _services.Visits,
                NonceKey = nonceKey,
                GruuKey = _services.GruuKey,
                RouteKey = _services.RouteKey,
                Tokens = _services.Tokens,
                Metrics = _serverMetrics,
                Logger = _services.Logging.CreateLogger("Gateway.Server"),
                IsOpen = flow => _connections.IsOpen(flow),
                Neighbours = _loops.Length == 1 ? null : new Neighbours(_loops, _clock),
                FlowMoved = _loops.Length == 1 ? null : (old, current) => TellOthers(loop, old, current),
                Now = () => _clock.Now,
                UtcNow = _services.Time.GetUtcNow,
            });
            core.Calls.Faulted = fault => NetLog.CallFault(_logger, loop.Index, fault);
            core.Proxy.Faulted = core.Calls.Faulted;
            core.Subscriptions.Faulted = core.Calls.Faulted;
            loop.Start(core, timers);
        }

        _metrics.Observe(() => _loops.Select(loop => (loop.Core?.Overload.Shed ?? 0) / 1000.0));
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
}
