using Gateway.Sip;

namespace Gateway.Server.Registrar;

/// <summary>The bindings of the AORs that this loop owns: the authority (the store is its journal). Loop-only.</summary>
/// <remarks>What stands here is alive: the registrar's timers, on the monotonic clock, take out what is not.</remarks>
/// <param name="published">Where other loops read what stands here; null for one of its own.</param>
public sealed class BindingTable(BindingDirectory? published = null)
{
    // Arrays of the exact length: most AORs have one device.
    private readonly Dictionary<string, BindingEntry[]> _byAor = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<long, List<BindingEntry>> _byConnection = [];
    private long _order;

    public int Count { get; private set; }

    /// <summary>The bindings of all loops, as their owners last published them. Thread-safe.</summary>
    public BindingDirectory Published { get; } = published ?? new BindingDirectory();

    /// <summary>Hears when an AOR gets its first binding (true), and when it lost its last (false).</summary>
    public Action<string, bool>? PresenceChanged { get; set; }

    /// <summary>
    /// Hears of every change, on the loop that owns the AOR, after the table and the directory hold it. A listener must not
    /// change the table.
    /// </summary>
    public event Action<RegistrationNews>? Changed;

    public bool Has(string aor) => _byAor.ContainsKey(aor);

    public IEnumerable<Binding> All => _byAor.Values.SelectMany(static entries => entries).Select(static entry => entry.Binding);

    /// <summary>The live bindings of user@domain, best q first, newest first among equals.</summary>
    public IReadOnlyList<Binding> Get(string aor) =>
        !_byAor.TryGetValue(aor, out var entries) ? []
            : entries is [var only] ? new Binding[] { only.Binding }
            : entries.OrderByDescending(static entry => entry.Binding.Q).ThenByDescending(static entry => entry.Order).Select(static entry => entry.Binding).ToArray();

    internal IReadOnlyList<BindingEntry> Entries(string aor) => _byAor.TryGetValue(aor, out var entries) ? entries : [];

    internal IReadOnlyList<BindingEntry> OnConnection(long connection) =>
        _byConnection.TryGetValue(connection, out var entries) ? [.. entries] : [];

    /// <summary>Adds a binding, or gives the entry with its id a new state.</summary>
    internal BindingEntry Put(Binding binding, IBindingTimers timers, TimeSpan due)
    {
        var isFirst = !_byAor.TryGetValue(binding.Aor, out var entries);
        var entry = entries is null ? null : Array.Find(entries, one => one.Binding.Id == binding.Id);
        if (entry is null)
        {
            entry = new BindingEntry(binding, timers);
            _byAor[binding.Aor] = [.. entries ?? [], entry];
            Count++;
        }
        else
        {
            Unlink(entry);
            entry.Binding = binding;
        }

        entry.Due = due;
        entry.Order = ++_order;
        Link(entry);
        Published.Publish(binding.Aor, Get(binding.Aor));
        if (isFirst)
        {
            PresenceChanged?.Invoke(binding.Aor, true);
        }

        return entry;
    }

    internal bool Remove(BindingEntry entry)
    {
        if (!_byAor.TryGetValue(entry.Binding.Aor, out var entries) || !entries.Contains(entry))
        {
            return false;
        }

        var isLast = entries.Length == 1;
        if (isLast)
        {
            _byAor.Remove(entry.Binding.Aor);
        }
        else
        {
            _byAor[entry.Binding.Aor] = Array.FindAll(entries, other => other != entry);
        }

        Unlink(entry);
        Count--;
        Published.Publish(entry.Binding.Aor, Get(entry.Binding.Aor));
        if (isLast)
        {
            PresenceChanged?.Invoke(entry.Binding.Aor, false);
        }

        return true;
    }

    internal void Tell(string aor, params ReadOnlySpan<BindingNews> news)
    {
        if (Changed is { } changed && !news.IsEmpty)
        {
            changed(new RegistrationNews(aor, [.. news]));
        }
    }

    private void Link(BindingEntry entry)
    {
        if (entry.Binding.Flow.Connection is var connection && connection != 0)
        {
            if (!_byConnection.TryGetValue(connection, out var entries))
            {
                _byConnection[connection] = entries = [];
            }

            entries.Add(entry);
        }
    }

    private void Unlink(BindingEntry entry)
    {
        if (_byConnection.TryGetValue(entry.Binding.Flow.Connection, out var entries) && entries.Remove(entry) && entries.Count == 0)
        {
            _byConnection.Remove(entry.Binding.Flow.Connection);
        }
    }
}

/// <summary>A binding with what only this process knows of it: when it ends by the monotonic clock, and its timers.</summary>
internal sealed class BindingEntry(Binding binding, IBindingTimers owner) : ITimerTarget
{
    public Binding Binding { get; set; } = binding;

    public TimeSpan Due { get; set; }

    /// <summary>Rises with every refresh.</summary>
    public long Order { get; set; }

    public TimerHandle Expiry { get; set; }

    /// <summary>Armed when the connection closed.</summary>
    public TimerHandle Grace { get; set; }

    public void OnTimer(int kind, TimeSpan now) => owner.OnBindingTimer(this, kind, now);
}

/// <summary>Hears the timers of entries.</summary>
internal interface IBindingTimers
{
    void OnBindingTimer(BindingEntry entry, int kind, TimeSpan now);
}
