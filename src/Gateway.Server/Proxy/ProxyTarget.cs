using Gateway.Server.Registrar;
using Gateway.Sip;

namespace Gateway.Server.Proxy;

/// <summary>One place that a request can be forwarded to (RFC 3261 §16.5): what its request line and Route say, and the way there.</summary>
internal sealed class ProxyTarget
{
    /// <summary>Request-URI and Route of its copy.</summary>
    public required OutgoingRoute Route { get; init; }

    /// <summary>The way that its device registered by, or that its dialog began on; null to look its next hop up.</summary>
    public Flow? Flow { get; init; }

    /// <summary>user@domain of whom it reaches; empty inside dialogs.</summary>
    public string Aor { get; init; } = "";

    /// <summary>The contact that it is; null inside dialogs.</summary>
    public Binding? Binding { get; init; }

    /// <summary>Another flow of the same device, asked when this one leads nowhere (RFC 5626 §7); null for none.</summary>
    public ProxyTarget? Fallback { get; init; }
}
