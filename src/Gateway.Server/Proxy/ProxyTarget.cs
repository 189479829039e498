using Gateway.Server.Registrar;
using Gateway.Sip;

namespace Gateway.Server.Proxy;

/// <summary>One place that a request can be forwarded to (RFC 3261 §16.5): what its request line and Route say, and the way there.</summary>
internal sealed class ProxyTarget
{
    /// <summary>Request-URI and Route of its copy.</summary>
    public required OutgoingRoute Route { get; init; }

    /// <summary>0 to 1; targets of equal q are asked at once, those of less after them.</summary>
    public double Q { get; init; } = 1.0;

    /// <summary>The way that its device registered by, or that its dialog began on; null to look its next hop up.</summary>
    public Flow? Flow { get; init; }

    /// <summary>user@domain of whom it reaches; empty inside dialogs.</summary>
    public string Aor { get; init; } = "";

    /// <summary>The contact that it is; null inside dialogs.</summary>
    public Binding? Binding { get; init; }
}
