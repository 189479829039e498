using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using Gateway.Sip;

namespace Gateway.Server.Accounts;

/// <summary>
/// Which accounts a flow has proved to speak for: a connection until it closes, a UDP source for as long as its binding
/// lives. It spares a registered phone the challenge of every call. Thread-safe, shared by all loops.
/// </summary>
public sealed class FlowAccounts
{
    /// <summary>Accounts on one flow at most (a phone with several lines).</summary>
    private const int MostPerFlow = 32;

    private readonly record struct Key(long Connection, int Listener, IPEndPoint? Remote)
    {
        public static Key Of(in Flow flow) => flow.Connection != 0 ? new Key(flow.Connection, 0, null) : new Key(0, flow.Listener, flow.Remote);
    }

    /// <param name="Secret">The hash that the password had: another password ends what the old one proved.</param>
    private sealed record Entry(Guid Account, string Secret, TimeSpan Until);

    private readonly ConcurrentDictionary<Key, ImmutableArray<Entry>> _flows = new();

    public int Count => _flows.Count;

    /// <summary>The flow proved that it speaks for the account; until then for UDP, for ever for a connection.</summary>
    public void Trust(in Flow flow, Account account, TimeSpan until)
    {
        var entry = new Entry(account.Id, account.Ha1Md5, flow.Connection != 0 ? TimeSpan.MaxValue : until);
        _flows.AddOrUpdate(Key.Of(flow), static (_, added) => [added],
            static (_, known, added) =>
            {
                var others = known.RemoveAll(one => one.Account == added.Account);
                return others.Length >= MostPerFlow ? [.. others.Skip(1), added] : others.Add(added);
            }, entry);
    }

    public bool IsTrusted(in Flow flow, Account account, TimeSpan now)
    {
        if (!account.IsEnabled || !_flows.TryGetValue(Key.Of(flow), out var entries))
        {
            return false;
        }

        foreach (var entry in entries)
        {
            if (entry.Account == account.Id && entry.Secret == account.Ha1Md5 && now < entry.Until)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The account when the flow speaks for exactly one.</summary>
    public Guid? Single(in Flow flow, TimeSpan now)
    {
        if (!_flows.TryGetValue(Key.Of(flow), out var entries))
        {
            return null;
        }

        Guid? single = null;
        foreach (var entry in entries)
        {
            if (now < entry.Until)
            {
                if (single is not null)
                {
                    return null;
                }

                single = entry.Account;
            }
        }

        return single;
    }

    /// <summary>The account has no binding on this flow any more.</summary>
    public void Forget(in Flow flow, Guid account)
    {
        var key = Key.Of(flow);
        while (_flows.TryGetValue(key, out var entries))
        {
            var left = entries.RemoveAll(entry => entry.Account == account);
            if (left.IsEmpty
                ? _flows.TryRemove(new KeyValuePair<Key, ImmutableArray<Entry>>(key, entries))
                : left.Length == entries.Length || _flows.TryUpdate(key, left, entries))
            {
                return;
            }
        }
    }

    public void Closed(in Flow flow) => _flows.TryRemove(Key.Of(flow), out _);
}
