using Gateway.Server.Accounts;
using Gateway.Server.Ports;
using Gateway.Server.Registrar;

namespace Gateway.Server.Routing;

/// <summary>Who places a call, as authentication proved it.</summary>
/// <param name="Aor">user@realm.</param>
public sealed record Caller(Account Account, string Aor, string DisplayName);

/// <summary>Where a dialled URI leads for a caller.</summary>
public abstract record RoutePlan
{
    /// <summary>Ring these contacts at once; the list may be empty (registered nowhere: 480).</summary>
    public sealed record ToAccount(Account Account, string Aor, IReadOnlyList<Binding> Bindings) : RoutePlan;

    public sealed record ToService(MediaService Service, string Name) : RoutePlan;

    /// <summary>404 for an unknown user, 403 by policy, 416 for a scheme we do not route.</summary>
    public sealed record Reject(int Status, string Reason) : RoutePlan;
}
