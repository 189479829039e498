namespace Gateway.Net.Sip;

/// <summary>
/// When there is no room: the connections that have been open longest without signing in make it, so that who comes now has
/// the time of a registration. It looks once a second at most: a flood of connections must not cost a walk each. Thread-safe.
/// </summary>
public sealed class StrangerEviction(TimeProvider time)
{
    /// <summary>At once, as a part of all that may go.</summary>
    private const int Share = 8;

    private const int Fewest = 16;

    /// <summary>A younger one is registering, for all that is known.</summary>
    private static readonly TimeSpan s_youth = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private long _last;

    /// <param name="strangers">Who has not signed in.</param>
    /// <param name="age">How long it has been open.</param>
    /// <param name="close">Closes one.</param>
    /// <returns>How many were closed.</returns>
    public int MakeRoom<T>(Func<IEnumerable<T>> strangers, Func<T, TimeSpan> age, Action<T> close)
    {
        ArgumentNullException.ThrowIfNull(strangers);
        ArgumentNullException.ThrowIfNull(age);
        ArgumentNullException.ThrowIfNull(close);
        lock (_gate)
        {
            if (_last != 0 && time.GetElapsedTime(_last) < s_every)
            {
                return 0;
            }

            _last = time.GetTimestamp();
        }

        var old = strangers().Select(one => (One: one, Age: age(one))).Where(one => one.Age >= s_youth).OrderByDescending(one => one.Age).ToList();
        var count = Math.Min(old.Count, Math.Max(Fewest, old.Count / Share));
        foreach (var (one, _) in old.Take(count))
        {
            close(one);
        }

        return count;
    }
}
