using System.Collections.Concurrent;

namespace Gateway.Server.Registrar;

/// <summary>
/// What the binding tables of all loops hold, for reading: a ring group, a forward or a call from a trunk may lead to an AOR
/// that another loop owns. The owner publishes every change before it tells the other loops that a flow moved or closed, so
/// whoever invites a contact that was just replaced hears of the move after its own turn. Thread-safe.
/// </summary>
public sealed class BindingDirectory
{
    private readonly ConcurrentDictionary<string, IReadOnlyList<Binding>> _byAor = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The live bindings of user@domain, best q first, newest first among equals.</summary>
    public IReadOnlyList<Binding> Get(string aor) => _byAor.TryGetValue(aor, out var bindings) ? bindings : [];

    /// <summary>All live bindings, of every loop, as they stand while they are read.</summary>
    public IEnumerable<Binding> All => _byAor.Values.SelectMany(static bindings => bindings);

    /// <summary>By the loop that owns the AOR, and no other.</summary>
    internal void Publish(string aor, IReadOnlyList<Binding> bindings)
    {
        if (bindings.Count == 0)
        {
            _byAor.TryRemove(aor, out _);
        }
        else
        {
            _byAor[aor] = bindings;
        }
    }
}
