using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>What a drain asks of the calls: who talks, and by which connections.</summary>
public sealed partial class CallManager
{
    /// <summary>The AORs of all sides of all calls.</summary>
    public IReadOnlyList<string> Parties => [.. Index.All.Select(leg => leg.Aor)];

    /// <summary>The connections that calls are signalled by; a leg whose connection broke names the broken one.</summary>
    public IReadOnlyList<long> Connections => [.. Index.All.Where(leg => leg.Flow.Connection != 0).Select(leg => leg.Flow.Connection)];
}
