using System.Net;
using Gateway.Server.Dispatch;

namespace Gateway.Server.Widgets;

/// <summary>
/// How often widgets were used: by one address within the hour, by all within the day (UTC). Thread-safe and bounded: when too
/// many addresses come, those seen longest ago are forgotten.
/// </summary>
public sealed class WidgetCounts(int mostAddresses = 50_000)
{
    /// <summary>Requests for a session that one address gets in a minute, whatever comes of them.</summary>
    public const int AttemptsPerMinute = 60;

    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);

    private readonly record struct Key(Guid Widget, UInt128 Address);

    private readonly Lock _gate = new();
    private readonly Dictionary<Key, LinkedListNode<(Key Key, Queue<DateTimeOffset> Times)>> _addresses = [];
    private readonly LinkedList<(Key Key, Queue<DateTimeOffset> Times)> _byUse = new();
    private readonly Dictionary<Guid, (DateOnly Day, int Count)> _days = [];

    public int Addresses
    {
        get
        {
            lock (_gate) return _addresses.Count;
        }
    }

    /// <summary>False when this address asks too often, with the time until it may ask again.</summary>
    public bool TryAttempt(IPAddress address, DateTimeOffset utcNow, out TimeSpan retryAfter)
    {
        lock (_gate) return TryAdd(new Key(Guid.Empty, Subscriber.KeyOf(address)), AttemptsPerMinute, TimeSpan.FromMinutes(1), utcNow, out retryAfter);
    }

    /// <summary>Counts one session; <see cref="CountVerdict.Ok"/> or which limit it would pass, and when there is room again.</summary>
    public CountVerdict TryCount(Widget widget, IPAddress address, DateTimeOffset utcNow, out TimeSpan retryAfter)
    {
        ArgumentNullException.ThrowIfNull(widget);
        var day = DateOnly.FromDateTime(utcNow.UtcDateTime);
        lock (_gate)
        {
            var (known, count) = _days.GetValueOrDefault(widget.Id);
            if (known != day) count = 0;
            if (count >= widget.MaxCallsPerDay)
            {
                retryAfter = day.AddDays(1).ToDateTime(default, DateTimeKind.Utc) - utcNow.UtcDateTime;
                return CountVerdict.Day;
            }

            if (!TryAdd(new Key(widget.Id, Subscriber.KeyOf(address)), widget.MaxCallsPerAddressPerHour, s_hour, utcNow, out retryAfter)) return CountVerdict.Address;
            _days[widget.Id] = (day, count + 1);
            return CountVerdict.Ok;
        }
    }

    /// <summary>After a restart: what the call records tell of today.</summary>
    public void Restore(Guid widget, int count, DateTimeOffset utcNow)
    {
        var day = DateOnly.FromDateTime(utcNow.UtcDateTime);
        lock (_gate)
        {
            var (known, counted) = _days.GetValueOrDefault(widget);
            _days[widget] = (day, count + (known == day ? counted : 0));
        }
    }

    /// <summary>Removed widgets need no count any more.</summary>
    public void Forget(Guid widget)
    {
        lock (_gate) _days.Remove(widget);
    }

    private bool TryAdd(Key key, int most, TimeSpan within, DateTimeOffset utcNow, out TimeSpan retryAfter)
    {
        retryAfter = TimeSpan.Zero;
        if (_addresses.TryGetValue(key, out var node))
        {
            _byUse.Remove(node);
            _byUse.AddLast(node);
        }
        else
        {
            if (_addresses.Count >= mostAddresses && _byUse.First is { } oldest)
            {
                _addresses.Remove(oldest.Value.Key);
                _byUse.RemoveFirst();
            }

            node = _byUse.AddLast((key, new Queue<DateTimeOffset>()));
            _addresses.Add(key, node);
        }

        var times = node.Value.Times;
        while (times.TryPeek(out var first) && (first <= utcNow - within || first > utcNow)) times.Dequeue();
        if (times.Count >= most)
        {
            retryAfter = times.Peek() + within - utcNow;
            return false;
        }

        times.Enqueue(utcNow);
        return true;
    }
}

public enum CountVerdict : byte
{
    Ok,
    Address,
    Day,
}
