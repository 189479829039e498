using Gateway.Server.Accounts;
using Gateway.Server.Configuration;
using Gateway.Sip;

namespace Gateway.Server.Trunks;

/// <summary>
/// The trunks as far as this loop runs them: those whose id falls to it, and the extensions of the accounts that it owns.
/// Follows the configuration and the registrar. Loop-only.
/// </summary>
public sealed class TrunkManager
{
    private readonly LoopServices _services;
    private readonly Dictionary<Guid, TrunkRunner> _runners = [];
    private readonly Dictionary<(Guid Trunk, Guid Account), ExtensionRunner> _extensions = [];
    private readonly LeavingRegistrations _leaving;
    private ConfigurationSnapshot _configuration = ConfigurationSnapshot.Empty;
    private bool _isStopped;

    public TrunkManager(LoopServices services)
    {
        ArgumentNullException.ThrowIfNull(services);
        _services = services;
        _leaving = new LeavingRegistrations(services);
        services.Bindings.PresenceChanged = OnPresence;
        services.Trunks.Suspected += Suspect;
        services.Trunks.Changed += Notice;
    }

    /// <summary>Registrations that stand, come or go: after <see cref="Stop"/>, those that are not out yet.</summary>
    public int Registrations =>
        _runners.Values.Count(runner => runner.Registration is { IsIdle: false })
        + _extensions.Values.Count(runner => !runner.Registration.IsIdle)
        + _leaving.Count;

    /// <summary>What is configured now; the same again changes nothing.</summary>
    public void Configure(ConfigurationSnapshot configuration, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        if (_isStopped)
        {
            return;
        }

        _configuration = configuration;
        ConfigureTrunks(now);
        ConfigureExtensions(now);
        _services.TrunkAccess.Keep(configuration.Trunks.Select(trunk => trunk.Id).ToHashSet());
        Sweep();
    }

    /// <summary>The gateway stops: everything that is registered is taken out.</summary>
    public void Stop(TimeSpan now)
    {
        _isStopped = true;
        _services.Trunks.Suspected -= Suspect;
        _services.Trunks.Changed -= Notice;
        foreach (var runner in _runners.Values)
        {
            runner.Stop(now);
        }

        foreach (var runner in _extensions.Values)
        {
            runner.Stop(now);
        }

        _runners.Clear();
        _extensions.Clear();
    }

    public void OnFlowClosed(in Flow flow, TimeSpan now)
    {
        _services.TrunkSources.Closed(flow.Connection);
        foreach (var runner in _runners.Values)
        {
            runner.Registration?.OnFlowClosed(flow, now);
        }

        foreach (var runner in _extensions.Values)
        {
            runner.Registration.OnFlowClosed(flow, now);
        }
    }

    /// <summary>A keep-alive found a UDP flow broken.</summary>
    public void OnFlowFailed(in Flow flow, TimeSpan now)
    {
        foreach (var runner in _runners.Values)
        {
            runner.Registration?.OnFlowFailed(flow, now);
        }

        foreach (var runner in _extensions.Values)
        {
            runner.Registration.OnFlowFailed(flow, now);
        }
    }

    /// <summary>
    /// Tries a trunk as it is given, saved or not: DNS, the way there, OPTIONS, registration (of a trunk of extensions the
    /// first one). It changes nothing there, but for refreshing the registration that stands.
    /// </summary>
    /// <param name="done">On this loop, within half a minute.</param>
    public void Test(Trunk trunk, Action<TrunkTestResult> done, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(trunk);
        ArgumentNullException.ThrowIfNull(done);
        var standing = Find(trunk.Id) is { Registration: { } registration } runner && !TrunkChange.IsLogin(runner.Trunk, trunk) ? registration : null;
        var credentials = new TrunkCredentials(_services, trunk, trunk.Type == TrunkKind.Extensions ? trunk.Extensions.FirstOrDefault() : null);
        new TrunkTest(_services, credentials, standing, result =>
        {
            if (_configuration.Trunk(trunk.Id) is null)
            {
                _services.Trunks.Memory.Forget(trunk.Id);
            }

            done(result);
        }).Start(now);
    }

    /// <summary>The loop's own trunk, for tests of it; null when it is another's or disabled.</summary>
    internal TrunkRunner? Find(Guid trunk) => _runners.GetValueOrDefault(trunk) is { IsRunning: true } runner ? runner : null;

    private void ConfigureTrunks(TimeSpan now)
    {
        var mine = _configuration.Trunks.Where(trunk => _services.Map.LoopOfId(trunk.Id) == _services.Loop).ToDictionary(trunk => trunk.Id);
        foreach (var (id, runner) in _runners.Where(one => !mine.ContainsKey(one.Key)).ToArray())
        {
            runner.Stop(now);
            _runners.Remove(id);
            _services.Trunks.Memory.Forget(id);
            _services.Trunks.Remove(id);
        }

        foreach (var (id, trunk) in mine)
        {
            var isNew = !_runners.TryGetValue(id, out var runner);
            if (isNew)
            {
                _runners[id] = runner = new TrunkRunner(_services, trunk, _leaving);
            }

            runner!.Configure(trunk, isNew, now);
        }
    }

    private void ConfigureExtensions(TimeSpan now)
    {
        var wanted = _configuration.Trunks
            .Where(trunk => trunk is { Type: TrunkKind.Extensions, IsEnabled: true })
            .SelectMany(trunk => trunk.Extensions.Select(extension => (trunk, extension)))
            .DistinctBy(one => (one.trunk.Id, one.extension.Account))
            .ToDictionary(one => (one.trunk.Id, one.extension.Account));
        foreach (var (key, runner) in _extensions.Where(one => !wanted.ContainsKey(one.Key)).ToArray())
        {
            runner.Stop(now);
            _extensions.Remove(key);
        }

        foreach (var (trunk, extension) in wanted.Values)
        {
            if (_services.Accounts.TryGet(extension.Account, out var account) && TrunkContacts.LoopOf(trunk, extension, _services) == _services.Loop)
            {
                var aor = AorOf(account);
                Follow(trunk, extension, aor, _services.Bindings.Has(aor), now);
            }
        }
    }

    private void OnPresence(string aor, bool present)
    {
        if (_isStopped)
        {
            return;
        }

        var now = _services.Now();
        if (!present)
        {
            // By name, as the account itself may be gone already.
            foreach (var runner in _extensions.Values.Where(runner => runner.Aor.Equals(aor, StringComparison.OrdinalIgnoreCase)))
            {
                runner.SetPresence(false, now);
            }
        }
        else if (_services.Accounts.TryGetAor(aor, out var account))
        {
            foreach (var trunk in _configuration.Trunks)
            {
                if (trunk is { Type: TrunkKind.Extensions, IsEnabled: true } && trunk.Extensions.FirstOrDefault(one => one.Account == account.Id) is { } extension)
                {
                    Follow(trunk, extension, aor, present: true, now);
                }
            }
        }

        Sweep();
    }

    private void Follow(Trunk trunk, TrunkExtension extension, string aor, bool present, TimeSpan now)
    {
        var key = (trunk.Id, extension.Account);
        if (!_extensions.TryGetValue(key, out var runner))
        {
            if (!present)
            {
                return;
            }

            _extensions[key] = runner = new ExtensionRunner(_services, aor, _services.TrunkAccess.Get(trunk, extension), _leaving);
        }

        runner.Configure(_services.TrunkAccess.Get(trunk, extension), now);
        runner.SetPresence(present, now);
    }

    private string AorOf(Account account) => account.AorIn(_services.Options.Realm);

    private void Sweep()
    {
        foreach (var (key, _) in _extensions.Where(static one => one.Value.IsOver).ToArray())
        {
            _extensions.Remove(key);
        }
    }

    /// <summary>On whatever thread found it.</summary>
    private void Suspect(Guid trunk) => _services.Scheduler.Post(() =>
    {
        if (_runners.TryGetValue(trunk, out var runner))
        {
            runner.OnSuspected(_services.Now());
        }
    });

    /// <summary>On whatever thread changed the status.</summary>
    private void Notice(Guid trunk) => _services.Scheduler.Post(() =>
    {
        if (_runners.TryGetValue(trunk, out var runner))
        {
            runner.LogState();
        }
    });
}
