using System.Collections.Frozen;
using Gateway.Sip;

namespace Gateway.Server.Dispatch;

/// <summary>
/// Whether the gateway is about to stop, and who may still begin something: nobody, but for those whose call is on and who have
/// to register to keep it. Thread-safe: the host writes it, the loops read it.
/// </summary>
public sealed class DrainState
{
    private sealed record Phase(TimeSpan Until, FrozenSet<string> Talking);

    private volatile Phase? _phase;

    public bool IsOn => _phase is not null;

    /// <summary>New requests are turned away from now on.</summary>
    /// <param name="until">When the gateway stops at the latest, on the loops' clock.</param>
    /// <param name="talking">The users that have a call here, as their AORs name them.</param>
    public void Set(TimeSpan until, IEnumerable<string> talking) => _phase = new Phase(until, talking.Select(UserOf).ToFrozenSet(StringComparer.OrdinalIgnoreCase));

    /// <summary>How long a turned away peer should wait: the rest of the drain and the start that follows.</summary>
    public TimeSpan Rest(TimeSpan now) => _phase is { } phase && phase.Until > now ? phase.Until - now : TimeSpan.Zero;

    /// <summary>True for what would begin something here that the stop would break off.</summary>
    public bool TurnsAway(SipRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _phase is { } phase && request.Method switch
        {
            // Of a dialog, and unknown: 481 says more than 503.
            SipMethod.Bye or SipMethod.Update or SipMethod.Info or SipMethod.Prack or SipMethod.Ack or SipMethod.Cancel => false,
            // It takes over a call that is on (RFC 3891).
            SipMethod.Invite => !request.Has(HeaderId.Replaces),
            // A device in a call registers to get its call back after its connection broke.
            SipMethod.Register => !(request.To.TryGetUri(out var uri) && uri.ToUri().User is { } user && phase.Talking.Contains(user)),
            _ => true,
        };
    }

    private static string UserOf(string aor) => aor.LastIndexOf('@') is >= 0 and var at ? aor[..at] : aor;
}
