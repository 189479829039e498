using System.Net;
using Gateway.Server.Dispatch;

namespace Gateway.Server.Accounts;

/// <summary>
/// Slows down who guesses passwords: wrong answers are counted per user at a source, per source and per user, and each has
/// to wait longer and longer before it is heard again. Unknown users are counted like known ones. Thread-safe, bounded.
/// </summary>
/// <remarks>
/// A guesser cannot lock a user out: a source that has proved the user's password within a day is only held to what that
/// source itself gets wrong.
/// </remarks>
/// <param name="firstWait">After the last wrong answer that is free; doubles with each further one.</param>
public sealed class FailureLedger(TimeSpan firstWait, int capacity = 32_768)
{
    /// <summary>Wrong answers that anyone may give before the first wait.</summary>
    private const int PairLimit = 5;
    private const int SourceLimit = 20;
    private const int UserLimit = 20;

    private static readonly TimeSpan s_longestWait = TimeSpan.FromMinutes(5);

    /// <summary>After this much quiet all is forgotten.</summary>
    private static readonly TimeSpan s_memory = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan s_knownGood = TimeSpan.FromDays(1);

    private readonly record struct Key(UInt128 Source, string User);

    private struct Record
    {
        public int Failures;
        public TimeSpan Last;
        public TimeSpan BlockedUntil;
    }

    private readonly Lock _gate = new();
    private readonly Dictionary<Key, Record> _records = [];
    private readonly Dictionary<Key, TimeSpan> _good = [];
    private int _count;

    /// <summary>Nobody has failed: there is nothing to ask. Read without a lock.</summary>
    public bool IsEmpty => Volatile.Read(ref _count) == 0;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _records.Count;
            }
        }
    }

    /// <summary>How long this user at this source has to wait; zero when it may try now.</summary>
    public TimeSpan Wait(IPAddress source, string user, TimeSpan now)
    {
        var from = SourceLimiter.Key(source);
        lock (_gate)
        {
            var wait = WaitOf(new Key(from, user), now);
            if (wait == TimeSpan.Zero && !(_good.TryGetValue(new Key(from, user), out var proved) && now - proved < s_knownGood))
            {
                wait = WaitOf(new Key(from, ""), now);
                var byUser = WaitOf(new Key(UInt128.MaxValue, user), now);
                wait = wait > byUser ? wait : byUser;
            }

            return wait;
        }
    }

    public void Failed(IPAddress source, string user, TimeSpan now)
    {
        var from = SourceLimiter.Key(source);
        lock (_gate)
        {
            CountFailure(new Key(from, user), PairLimit, now);
            CountFailure(new Key(from, ""), SourceLimit, now);
            CountFailure(new Key(UInt128.MaxValue, user), UserLimit, now);
            Volatile.Write(ref _count, _records.Count);
        }
    }

    public void Succeeded(IPAddress source, string user, TimeSpan now)
    {
        var key = new Key(SourceLimiter.Key(source), user);
        lock (_gate)
        {
            _records.Remove(key);
            Volatile.Write(ref _count, _records.Count);
            if (_good.Count >= capacity && !_good.ContainsKey(key))
            {
                Shrink(_good, now, static (at, now) => now - at >= s_knownGood);
            }

            _good[key] = now;
        }
    }

    private TimeSpan WaitOf(Key key, TimeSpan now) =>
        _records.TryGetValue(key, out var record) && record.BlockedUntil > now ? record.BlockedUntil - now : TimeSpan.Zero;

    private void CountFailure(Key key, int limit, TimeSpan now)
    {
        if (_records.Count >= capacity && !_records.ContainsKey(key))
        {
            Shrink(_records, now, static (record, now) => now - record.Last >= s_memory);
        }

        ref var record = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_records, key, out _);
        record.Failures = now - record.Last >= s_memory ? 1 : record.Failures + 1;
        record.Last = now;
        if (record.Failures >= limit)
        {
            var doublings = Math.Min(record.Failures - limit, 16);
            var wait = firstWait * Math.Pow(2, doublings);
            record.BlockedUntil = now + (wait < s_longestWait ? wait : s_longestWait);
        }
    }

    /// <summary>Drops what is old; when nothing is, an arbitrary quarter: a flood of names must not grow our memory.</summary>
    private static void Shrink<T>(Dictionary<Key, T> table, TimeSpan now, Func<T, TimeSpan, bool> isOld)
    {
        var before = table.Count;
        foreach (var (key, value) in table)
        {
            if (isOld(value, now))
            {
                table.Remove(key);
            }
        }

        var surplus = table.Count == before ? before / 4 : 0;
        foreach (var key in table.Keys)
        {
            if (surplus-- <= 0)
            {
                break;
            }

            table.Remove(key);
        }
    }
}
