namespace Gateway.Server.Trunks;

/// <summary>
/// Registrations that nobody wants any more, until they are out. One that is wanted again before that is taken back: were
/// another begun beside it, the late repeat of its farewell could take out what was just registered. Loop-only.
/// </summary>
internal sealed class LeavingRegistrations(LoopServices services)
{
    private readonly List<TrunkRegistration> _leaving = [];

    public int Count => _leaving.Count(static registration => !registration.IsIdle);

    public void Add(TrunkRegistration registration, TimeSpan now)
    {
        _leaving.RemoveAll(static old => old.IsIdle);
        registration.Changed = null;
        services.Trunks.Memory.SetRoutes(registration.Credentials.Trunk.Id, registration.Credentials.User, []);
        if (!registration.IsIdle)
        {
            _leaving.Add(registration);
            registration.Stop(now);
        }
    }

    /// <summary>The registration of the same Contact and address of record that is on its way out, else a new one. It is not started.</summary>
    public TrunkRegistration TakeBack(TrunkCredentials credentials)
    {
        var at = _leaving.FindIndex(old => !old.IsIdle
            && old.Credentials.ContactUser == credentials.ContactUser && !TrunkChange.IsExtensionBinding(old.Credentials, credentials));
        if (at < 0)
        {
            return new TrunkRegistration(services, credentials);
        }

        var registration = _leaving[at];
        _leaving.RemoveAt(at);
        registration.Use(credentials);
        return registration;
    }
}
