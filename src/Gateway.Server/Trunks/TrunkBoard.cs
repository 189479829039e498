using System.Collections.Concurrent;

namespace Gateway.Server.Trunks;

public enum TrunkState : byte
{
    /// <summary>Disabled, or nothing is known yet.</summary>
    Unknown,
    Up,
    /// <summary>It did not answer, or refused: left out while another of its group is up.</summary>
    Down,
}

/// <summary>How a trunk (or one extension of it) does now, in words that an operator can act on.</summary>
public sealed record TrunkStatus
{
    public TrunkState State { get; init; }

    /// <summary>registered, refused, no answer…; empty where nothing is registered.</summary>
    public string Registration { get; init; } = "";

    public DateTimeOffset? RegisteredUntil { get; init; }

    /// <summary>Why it is down, or why the last registration or call failed.</summary>
    public string LastReason { get; init; } = "";

    public DateTimeOffset? ChangedAt { get; init; }

    /// <summary>What its answers and silences say, the registration left aside.</summary>
    public TrunkState Reach { get; init; }

    /// <summary>Its registration was refused or has failed: down, whatever it answers.</summary>
    public bool IsRefused { get; init; }

    public int FailuresInARow { get; init; }

    public int SuccessesInARow { get; init; }

    /// <summary>Of the last OPTIONS.</summary>
    public TimeSpan? RoundTrip { get; init; }

    /// <summary>Calls on it now, both ways.</summary>
    public int Calls { get; init; }

    /// <summary>By extension; empty for other kinds.</summary>
    public IReadOnlyDictionary<string, string> Extensions { get; init; } = new Dictionary<string, string>();
}

/// <summary>The status of every trunk, written by the loops that watch them, read by routing and by pages. Thread-safe.</summary>
public sealed class TrunkBoard
{
    private readonly ConcurrentDictionary<Guid, TrunkStatus> _status = new();

    /// <summary>On the thread that changed it. Listeners hand on and return.</summary>
    public event Action<Guid>? Changed;

    /// <summary>A call failed in a way that makes one ask whether the trunk is still there. On the thread that found it.</summary>
    public event Action<Guid>? Suspected;

    /// <summary>What the trunks told us that all loops need.</summary>
    public TrunkMemory Memory { get; } = new();

    public TrunkStatus Get(Guid trunk) => _status.TryGetValue(trunk, out var status) ? status : new TrunkStatus();

    public bool IsUsable(Guid trunk) => Get(trunk).State != TrunkState.Down;

    /// <summary>How many trunks are in each state, none left out.</summary>
    public IReadOnlyList<(TrunkState State, int Count)> CountStates()
    {
        var all = _status.Values.ToArray();
        return [.. Enum.GetValues<TrunkState>().Select(state => (state, all.Count(status => status.State == state)))];
    }

    public void Update(Guid trunk, Func<TrunkStatus, TrunkStatus> change)
    {
        _status.AddOrUpdate(trunk, static (_, change) => change(new TrunkStatus()), static (_, old, change) => change(old), change);
        Changed?.Invoke(trunk);
    }

    /// <summary>A call got an answer of any kind from the trunk, a refusal too: it is there.</summary>
    public void CallSucceeded(Guid trunk, DateTimeOffset at)
    {
        // Every call says so: only what changes something is told on.
        if (Get(trunk) is not { State: TrunkState.Up, FailuresInARow: 0 })
        {
            Update(trunk, status => TrunkHealth.Succeeded(status, at));
        }
    }

    /// <summary>A call met silence, a transport error or 503: counted, and the trunk is asked at once how it is.</summary>
    /// <param name="reason">In words that an operator can act on, e.g. "no answer from 192.0.2.1:5060 (UDP)".</param>
    public void CallFailed(Guid trunk, string reason, DateTimeOffset at)
    {
        Update(trunk, status => TrunkHealth.Failed(status, reason, at));
        Suspected?.Invoke(trunk);
    }

    public void Remove(Guid trunk)
    {
        if (_status.TryRemove(trunk, out _)) Changed?.Invoke(trunk);
    }
}
