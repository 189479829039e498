using System.Collections.Immutable;

namespace Gateway.Server.Observability;

/// <summary>
/// Why the last calls went where they went, line by line, beside their signalling: the steps of the plan, what was asked outside and
/// how long it took, how a call was carried. Bounded, in memory only. Thread-safe, shared by all loops.
/// </summary>
public sealed class CallNotes
{
    private const int MostCalls = 1000;
    private const int MostLines = 96;

    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, ImmutableArray<string>> _lines = [];
    private readonly Queue<Guid> _order = new();

    /// <summary>These lines instead of what was known of the call.</summary>
    public void Set(Guid call, ImmutableArray<string> lines)
    {
        lock (_gate)
        {
            if (!_lines.ContainsKey(call))
            {
                _order.Enqueue(call);
                if (_order.Count > MostCalls) _lines.Remove(_order.Dequeue());
            }

            _lines[call] = lines.Length > MostLines ? lines[..MostLines] : lines;
        }
    }

    /// <summary>One more line; a call of which too much is known gets none.</summary>
    public void Add(Guid call, string line)
    {
        var known = Of(call);
        if (known.Length < MostLines) Set(call, known.Add(line));
    }

    /// <summary>Empty for a call that was long ago.</summary>
    public ImmutableArray<string> Of(Guid call)
    {
        lock (_gate)
        {
            return _lines.GetValueOrDefault(call, []);
        }
    }
}
