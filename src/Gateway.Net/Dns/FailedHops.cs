using System.Collections.Immutable;
using System.Net;
using Gateway.Server.Ports;
using Gateway.Sip;

namespace Gateway.Net.Dns;

/// <summary>
/// Next hops that failed lately: they are tried last for a while, so that a dead server costs one call its time-out and not
/// each of them (RFC 4321 §1.3). Never an answer by itself: where all have failed, all are tried. Thread-safe, shared by all loops.
/// </summary>
/// <param name="memory">How long a failure is remembered that did not say so itself; zero remembers nothing.</param>
internal sealed class FailedHops(TimeSpan memory, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Key, TimeSpan> _until = [];
    private readonly long _origin = time.GetTimestamp();

    /// <summary>A certificate that does not fit spoils one name; all else is the address's.</summary>
    private readonly record struct Key(SipTransport Transport, IPEndPoint Remote, string Name)
    {
        public static Key Of(NextHop hop) => new(hop.Transport, hop.Remote, hop.Transport == SipTransport.Tls ? hop.Name.ToLowerInvariant() : "");
    }

    /// <summary>How many are remembered now.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                Sweep(Now);
                return _until.Count;
            }
        }
    }

    private TimeSpan Now => time.GetElapsedTime(_origin);

    /// <param name="retryAfter">What its 503 asked for (RFC 3261 §21.5.4); null when it did not say.</param>
    public void Add(NextHop hop, TimeSpan? retryAfter)
    {
        if (memory <= TimeSpan.Zero)
        {
            return;
        }

        var span = retryAfter is { } asked && asked > TimeSpan.Zero ? asked < DnsLimits.FailedHopLongest ? asked : DnsLimits.FailedHopLongest : memory;
        lock (_gate)
        {
            var now = Now;
            if (_until.Count >= DnsLimits.FailedHops)
            {
                Sweep(now);
            }

            if (_until.Count < DnsLimits.FailedHops || _until.ContainsKey(Key.Of(hop)))
            {
                _until[Key.Of(hop)] = now + span;
            }
        }
    }

    /// <summary>It was heard of: whatever it was is over.</summary>
    public void Remove(NextHop hop)
    {
        lock (_gate)
        {
            if (_until.Count > 0)
            {
                _until.Remove(Key.Of(hop));
            }
        }
    }

    /// <summary>The same hops, those that failed lately at the end, each group in the order of DNS (RFC 3263 §4.3).</summary>
    public NextHops Last(NextHops found)
    {
        lock (_gate)
        {
            if (_until.Count == 0 || found.Hops.Length < 2)
            {
                return found;
            }

            var now = Now;
            var failed = found.Hops.Where(hop => _until.TryGetValue(Key.Of(hop), out var until) && now < until).ToImmutableArray();
            return failed.IsEmpty ? found : found with
            {
                Hops = [.. found.Hops.Except(failed), .. failed],
                Steps = [.. found.Steps, .. failed.Select(hop => $"{hop.Remote} ({hop.Transport.ToString().ToUpperInvariant()}) failed lately: it is tried last for another {Math.Ceiling((_until[Key.Of(hop)] - now).TotalSeconds):0} s")],
            };
        }
    }

    private void Sweep(TimeSpan now)
    {
        foreach (var (key, until) in _until)
        {
            if (now >= until)
            {
                _until.Remove(key);
            }
        }
    }
}
