using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace Gateway.Server.Trunks;

/// <summary>
/// What trunks have told us since they were configured and every loop needs to know: the realm of their challenges, and the
/// Service-Route of each registration. Thread-safe.
/// </summary>
public sealed class TrunkMemory
{
    private readonly ConcurrentDictionary<Guid, string> _realms = new();
    private readonly ConcurrentDictionary<(Guid Trunk, string User), ImmutableArray<string>> _routes = new();

    /// <summary>
    /// Whether a challenge of this realm is the trunk's to ask (THREATS 23): the configured one; else one of the trunk's own
    /// domain; else the first that asked.
    /// </summary>
    public bool AllowsRealm(Trunk trunk, string realm)
    {
        ArgumentNullException.ThrowIfNull(trunk);
        if (trunk.Realm.Length > 0)
        {
            return trunk.Realm == realm;
        }

        return IsOf(realm, trunk.Host) || IsOf(realm, trunk.Domain) || _realms.GetOrAdd(trunk.Id, realm) == realm;
    }

    /// <summary>The realm that was learnt; null when none was, or one is configured.</summary>
    public string? RealmOf(Guid trunk) => _realms.GetValueOrDefault(trunk);

    /// <summary>RFC 3608: the Route values that requests of this user start with; empty when the registrar gave none.</summary>
    public ImmutableArray<string> Routes(Guid trunk, string user) => _routes.TryGetValue((trunk, user), out var routes) ? routes : [];

    /// <summary>RFC 3608 §5.1: each 200 to a REGISTER replaces what the one before said.</summary>
    public void SetRoutes(Guid trunk, string user, ImmutableArray<string> routes)
    {
        if (routes.IsEmpty)
        {
            _routes.TryRemove((trunk, user), out _);
        }
        else
        {
            _routes[(trunk, user)] = routes;
        }
    }

    /// <summary>The trunk was changed or removed: its realm is asked for anew.</summary>
    public void Forget(Guid trunk)
    {
        _realms.TryRemove(trunk, out _);
        foreach (var key in _routes.Keys.Where(key => key.Trunk == trunk))
        {
            _routes.TryRemove(key, out _);
        }
    }

    /// <summary>The host itself, or the domain it stands in: example.com for sip.example.com.</summary>
    private static bool IsOf(string realm, string host) =>
        host.Length > 0
        && (host.Equals(realm, StringComparison.OrdinalIgnoreCase)
            || (realm.Contains('.', StringComparison.Ordinal) && host.Length > realm.Length
                && host[^(realm.Length + 1)] == '.' && host.EndsWith(realm, StringComparison.OrdinalIgnoreCase)));
}
