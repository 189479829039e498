namespace Gateway.Server;

/// <summary>What this node is for others.</summary>
public enum ServerRole
{
    /// <summary>Registrar, proxy and calls.</summary>
    Full,

    /// <summary>A stateless front end (RFC 3261 §16.11) that spreads calls over <see cref="ServerOptions.FrontHops"/>.</summary>
    Stateless,

    /// <summary>Registrar that answers calls with where to find the callee (§8.3) and carries none.</summary>
    Redirect,
}
