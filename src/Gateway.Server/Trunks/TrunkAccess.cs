namespace Gateway.Server.Trunks;

/// <summary>The credentials of the trunks as this loop uses them, made at first use and anew when a trunk changes. Loop-only.</summary>
public sealed class TrunkAccess(LoopServices services)
{
    private readonly Dictionary<(Guid Trunk, Guid Account), TrunkCredentials> _known = [];

    /// <summary>
    /// How requests of a caller go out by a trunk.
    /// </summary>
    /// <param name="trunk">As it is configured now.</param>
    /// <param name="account">The account that calls; only trunks of extensions look at it.</param>
    /// <returns>Null when the trunk is one of extensions and the account has none there.</returns>
    public TrunkCredentials? For(Trunk trunk, Guid? account)
    {
        ArgumentNullException.ThrowIfNull(trunk);
        if (trunk.Type != TrunkKind.Extensions)
        {
            return Get(trunk, null);
        }

        foreach (var extension in trunk.Extensions)
        {
            if (extension.Account == account)
            {
                return Get(trunk, extension);
            }
        }

        return null;
    }

    internal TrunkCredentials Get(Trunk trunk, TrunkExtension? extension)
    {
        var key = (trunk.Id, extension?.Account ?? Guid.Empty);
        if (!_known.TryGetValue(key, out var credentials) || !ReferenceEquals(credentials.Trunk, trunk))
        {
            _known[key] = credentials = new TrunkCredentials(services, trunk, extension);
        }

        return credentials;
    }

    /// <summary>Removed trunks leave no password behind in memory.</summary>
    internal void Keep(IReadOnlySet<Guid> trunks)
    {
        foreach (var key in _known.Keys.Where(key => !trunks.Contains(key.Trunk)).ToArray())
        {
            _known.Remove(key);
        }
    }
}
