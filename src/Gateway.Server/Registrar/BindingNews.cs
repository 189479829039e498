using System.Collections.Immutable;

namespace Gateway.Server.Registrar;

/// <summary>What happened to a binding, in the words of the registration event package (RFC 3680 §5.1).</summary>
public enum BindingEvent : byte
{
    /// <summary>A device registered a new contact.</summary>
    Registered,
    /// <summary>An administrator made the binding.</summary>
    Created,
    Refreshed,
    /// <summary>We cut its time, so that the device comes back earlier.</summary>
    Shortened,
    Expired,
    /// <summary>Taken out by us; the device shall register again: a new password, a connection that is lost.</summary>
    Deactivated,
    /// <summary>Taken out by us; the device shall register again after a while.</summary>
    Probation,
    /// <summary>The device took it out.</summary>
    Unregistered,
    /// <summary>Taken out by us for good: it made room for another device.</summary>
    Rejected,
}

/// <param name="Binding">As it is now; of one that ended, as it was last.</param>
public readonly record struct BindingNews(BindingEvent Event, Binding Binding)
{
    /// <summary>The state of RFC 3680 §5.1: active, else terminated.</summary>
    public bool IsActive => Event <= BindingEvent.Shortened;
}

/// <summary>
/// All that one REGISTER, timer or administrator changed of an AOR, told after the table holds it: one NOTIFY can say all of
/// it. <see cref="BindingTable.Changed"/> tells it on the loop that owns the AOR.
/// </summary>
/// <param name="Aor">user@domain.</param>
public sealed record RegistrationNews(string Aor, ImmutableArray<BindingNews> News);
