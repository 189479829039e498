using System.Collections.Immutable;
using Gateway.Sip;

namespace Gateway.Server.Trunks;

/// <summary>
/// One account that is an extension of a PBX: registered there with credentials of its own while the account is reachable
/// here. A browser that reloads does not show at the PBX: coming waits a moment, going a little longer. Loop-only, on the loop
/// of the account.
/// </summary>
internal sealed class ExtensionRunner : ITimerTarget
{
    private const int ComeTimer = 0;
    private const int GoTimer = 1;

    private static readonly TimeSpan s_comeFrom = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_comeTo = TimeSpan.FromMilliseconds(600);
    private static readonly TimeSpan s_go = TimeSpan.FromSeconds(3);

    private readonly LoopServices _services;
    private readonly LeavingRegistrations _leaving;
    private TimerHandle _timer;

    /// <param name="aor">user@realm of the account here.</param>
    public ExtensionRunner(LoopServices services, string aor, TrunkCredentials credentials, LeavingRegistrations leaving)
    {
        Aor = aor;
        _services = services;
        _leaving = leaving;
        Registration = leaving.TakeBack(credentials);
        Registration.Changed = OnChanged;
    }

    public string Aor { get; }

    public TrunkRegistration Registration { get; private set; }

    /// <summary>The account is here.</summary>
    public bool IsPresent { get; private set; }

    public bool IsOver => !IsPresent && Registration.IsIdle && !_services.Timers.IsArmed(_timer);

    private TrunkCredentials Credentials => Registration.Credentials;

    public void SetPresence(bool present, TimeSpan now)
    {
        if (present == IsPresent)
        {
            return;
        }

        IsPresent = present;
        _services.Timers.Cancel(_timer);
        if (present)
        {
            var wait = BackOff.Between(s_comeFrom, s_comeTo, _services.Random);
            _timer = _services.Timers.Schedule(now + wait, this, ComeTimer);
        }
        else
        {
            _timer = _services.Timers.Schedule(now + s_go, this, GoTimer);
        }
    }

    public void Configure(TrunkCredentials credentials, TimeSpan now)
    {
        var before = Credentials;
        if (ReferenceEquals(before, credentials))
        {
            return;
        }

        var runs = !Registration.IsIdle;
        if (TrunkChange.IsExtensionBinding(before, credentials))
        {
            Tell(before, null);
            _leaving.Add(Registration, now);
            Registration = _leaving.TakeBack(credentials);
            Registration.Changed = OnChanged;
            if (runs && IsPresent)
            {
                Registration.Start(now);
            }
        }
        else if (TrunkChange.IsExtensionLogin(before, credentials) && runs && IsPresent)
        {
            Registration.Change(credentials, now);
        }
        else
        {
            Registration.Use(credentials);
        }
    }

    /// <summary>The extension, or its trunk, is not wanted any more.</summary>
    public void Stop(TimeSpan now)
    {
        IsPresent = false;
        _services.Timers.Cancel(_timer);
        Tell(Credentials, null);
        _leaving.Add(Registration, now);
    }

    public void OnTimer(int kind, TimeSpan now)
    {
        // What happened in between decides: a flap leaves everything as it was.
        if (kind == ComeTimer && IsPresent && Registration.State is RegistrationState.Idle or RegistrationState.Abandoning or RegistrationState.Leaving)
        {
            Registration.Start(now);
        }
        else if (kind == GoTimer && !IsPresent)
        {
            _services.Trunks.Memory.SetRoutes(Credentials.Trunk.Id, Credentials.User, []);
            Registration.Stop(now);
        }
    }

    private void OnChanged(TrunkRegistration registration, TimeSpan now)
    {
        var words = registration.Words;
        Tell(registration.Credentials, words.Length == 0 ? null : registration.LastReason.Length == 0 ? words : $"{words}: {registration.LastReason}");
    }

    /// <param name="words">Null when nothing is to be said of it.</param>
    private void Tell(TrunkCredentials credentials, string? words) => _services.Trunks.Update(credentials.Trunk.Id, status =>
    {
        var extensions = status.Extensions.ToImmutableDictionary();
        return status with { Extensions = words is null ? extensions.Remove(credentials.User) : extensions.SetItem(credentials.User, words) };
    });
}
