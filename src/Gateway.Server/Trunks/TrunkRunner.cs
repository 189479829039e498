using System.Collections.Immutable;
using System.Net;
using Gateway.Server.Observability;
using Gateway.Server.Ports;
using Gateway.Sip;

namespace Gateway.Server.Trunks;

/// <summary>
/// One trunk on the loop that owns it: keeps its addresses fresh, asks how it is, holds its registration, and follows its
/// configuration. What a change does not touch goes on as it was. Loop-only.
/// </summary>
internal sealed class TrunkRunner : ITimerTarget
{
    /// <summary>How often the addresses are asked for anew; DNS's own lifetimes are kept by whoever answers.</summary>
    private static readonly TimeSpan s_resolve = TimeSpan.FromSeconds(60);

    private readonly LoopServices _services;
    private readonly LeavingRegistrations _leaving;
    private readonly TrunkQualify _qualify;
    private readonly Dictionary<NextHopQuery, ImmutableArray<IPEndPoint>> _addresses = [];
    private TimerHandle _resolve;
    private int _epoch;
    private TrunkState _logged;

    public TrunkRunner(LoopServices services, Trunk trunk, LeavingRegistrations leaving)
    {
        _services = services;
        _leaving = leaving;
        Credentials = services.TrunkAccess.Get(trunk, null);
        _qualify = new TrunkQualify(services, Credentials);
    }

    public TrunkCredentials Credentials { get; private set; }

    public Trunk Trunk => Credentials.Trunk;

    /// <summary>Null for kinds without, and while the trunk is disabled.</summary>
    public TrunkRegistration? Registration { get; private set; }

    public bool IsRunning { get; private set; }

    /// <param name="isNew">The runner was just made: nothing is to be compared.</param>
    public void Configure(Trunk trunk, bool isNew, TimeSpan now)
    {
        var before = Trunk;
        if (!isNew && ReferenceEquals(before, trunk))
        {
            return;
        }

        Credentials = _services.TrunkAccess.Get(trunk, null);
        if (!trunk.IsEnabled)
        {
            Stop(now);
            _services.Trunks.Update(trunk.Id, _ => new TrunkStatus { Registration = "disabled", ChangedAt = _services.UtcNow() });
            return;
        }

        var starts = isNew || !IsRunning;
        IsRunning = true;
        if (starts || TrunkChange.IsLogin(before, trunk))
        {
            _services.Trunks.Memory.Forget(trunk.Id);
        }

        if (starts || TrunkChange.IsWay(before, trunk))
        {
            _epoch++;
            _addresses.Clear();
            _services.Trunks.Update(trunk.Id, status => TrunkHealth.Forgiven(status with { Registration = "", LastReason = "", IsRefused = false }, _services.UtcNow()));
            Resolve(now);
        }

        Publish();
        if (starts || TrunkChange.IsWay(before, trunk) || before.QualifySeconds != trunk.QualifySeconds)
        {
            _qualify.Start(Credentials, now);
        }
        else
        {
            _qualify.Use(Credentials);
        }

        ConfigureRegistration(before, trunk, now);
    }

    /// <summary>Removed or disabled: what is registered is taken out, nothing is asked any more.</summary>
    public void Stop(TimeSpan now)
    {
        IsRunning = false;
        _epoch++;
        _qualify.Stop();
        _services.Timers.Cancel(_resolve);
        _services.TrunkSources.Remove(Trunk.Id);
        DropRegistration(now);
    }

    /// <summary>One line when it goes down or comes up; nothing for what happens in between.</summary>
    public void LogState()
    {
        var state = _services.Trunks.Get(Trunk.Id).State;
        if (state == _logged || state == TrunkState.Unknown)
        {
            return;
        }

        _logged = state;
        if (state == TrunkState.Up)
        {
            ServerLog.TrunkUp(_services.Logger, Trunk.Name);
        }
        else
        {
            ServerLog.TrunkDown(_services.Logger, Trunk.Name);
        }
    }

    public void OnSuspected(TimeSpan now) => _qualify.OnSuspected(now);

    public void OnTimer(int kind, TimeSpan now) => Resolve(now);

    private void ConfigureRegistration(Trunk before, Trunk trunk, TimeSpan now)
    {
        if (trunk.Type != TrunkKind.Registering)
        {
            if (Registration is not null)
            {
                // What its registration said of it counts no more.
                _services.Trunks.Update(trunk.Id, status => TrunkHealth.Forgiven(status with { Registration = "", RegisteredUntil = null, IsRefused = false }, _services.UtcNow()));
            }

            DropRegistration(now);
        }
        else if (Registration is null)
        {
            StartRegistration(now);
        }
        else if (TrunkChange.IsBinding(before, trunk))
        {
            // Another address of record, or another registrar: the old binding goes, the new one does not wait for that.
            DropRegistration(now);
            StartRegistration(now);
        }
        else if (TrunkChange.IsLogin(before, trunk) || before.RegisterSeconds != trunk.RegisterSeconds)
        {
            Registration.Change(Credentials, now);
        }
        else
        {
            Registration.Use(Credentials);
        }
    }

    private void StartRegistration(TimeSpan now)
    {
        Registration = _leaving.TakeBack(Credentials);
        Registration.Changed = OnChanged;
        Registration.Start(now);
    }

    private void DropRegistration(TimeSpan now)
    {
        if (Registration is { } registration)
        {
            Registration = null;
            _leaving.Add(registration, now);
        }
    }

    private void OnChanged(TrunkRegistration registration, TimeSpan now)
    {
        var utcNow = _services.UtcNow();
        _services.Trunks.Update(Trunk.Id, status =>
        {
            status = status with { Registration = registration.Words, RegisteredUntil = registration.RegisteredUntil };
            return registration switch
            {
                { State: RegistrationState.Registered } => TrunkHealth.Admitted(status, utcNow),
                { State: RegistrationState.Waiting } when registration.IsBound(now) => status with { LastReason = registration.LastReason },
                { State: RegistrationState.Waiting } => TrunkHealth.Refused(status, registration.LastReason, utcNow),
                _ => status,
            };
        });
    }

    private void Resolve(TimeSpan now)
    {
        Ask(new NextHopQuery(Trunk.Host.Trim('[', ']'), Trunk.Port, Trunk.Transport));
        if (Trunk.OutboundProxy.Length > 0)
        {
            Ask(Credentials.RegistrarHop);
        }

        _services.Timers.Cancel(_resolve);
        _resolve = _services.Timers.Schedule(now + BackOff.Between(s_resolve * 0.9, s_resolve * 1.1, _services.Random), this, 0);
    }

    private void Ask(NextHopQuery query)
    {
        var epoch = _epoch;
        TrunkHops.Find(_services, query, Trunk.Id, found =>
        {
            // While DNS is away the addresses that it gave last are still the trunk's.
            if (epoch == _epoch && !found.Hops.IsEmpty)
            {
                _addresses[query] = [.. found.Hops.Select(hop => hop.Remote)];
                Publish();
            }
        });
    }

    private void Publish() => _services.TrunkSources.Set(Trunk, _addresses.Values.SelectMany(remotes => remotes));
}
