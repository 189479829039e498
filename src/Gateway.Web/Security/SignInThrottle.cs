using System.Net;

namespace Gateway.Web.Security;

/// <summary>
/// Slows guessing of passwords on the sign-in page: after a few failures of an account, or of an address, each further try must
/// wait twice as long as the one before. A success of the account clears it.
/// </summary>
internal sealed class SignInThrottle(TimeProvider time)
{
    private const int Free = 5;
    private const int MostKept = 10_000;

    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(15);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (int Failures, DateTimeOffset Until)> _kept = new(StringComparer.Ordinal);

    /// <summary>How long the next try must wait; zero when it may come now.</summary>
    public TimeSpan Wait(string user, IPAddress? address)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            var until = Max(Until("u:" + user), Until("a:" + address));
            return until > now ? until - now : TimeSpan.Zero;
        }
    }

    public void Failed(string user, IPAddress? address)
    {
        lock (_gate)
        {
            if (_kept.Count > MostKept)
            {
                Forget();
            }

            Add("u:" + user, Free);
            // Many people may share an address.
            Add("a:" + address, Free * 4);
        }
    }

    public void Succeeded(string user)
    {
        lock (_gate)
        {
            _kept.Remove("u:" + user);
        }
    }

    private void Add(string key, int free)
    {
        var failures = _kept.GetValueOrDefault(key).Failures + 1;
        var seconds = failures < free ? 0 : Math.Min(s_longest.TotalSeconds, Math.Pow(2, failures - free));
        _kept[key] = (failures, time.GetUtcNow().AddSeconds(seconds));
    }

    private DateTimeOffset Until(string key) => _kept.TryGetValue(key, out var kept) ? kept.Until : default;

    private static DateTimeOffset Max(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    private void Forget()
    {
        var now = time.GetUtcNow();
        foreach (var key in _kept.Where(kept => kept.Value.Until + s_longest < now).Select(kept => kept.Key).ToList())
        {
            _kept.Remove(key);
        }

        if (_kept.Count > MostKept)
        {
            _kept.Clear();
        }
    }
}
