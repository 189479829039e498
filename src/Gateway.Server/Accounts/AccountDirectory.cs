using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Gateway.Server.Accounts;

/// <summary>All accounts in memory, read by every loop without a lock: an immutable snapshot swapped on change.</summary>
public sealed class AccountDirectory
{
    /// <summary>User parts longer than this name no account; it bounds the work that bytes from outside can cause.</summary>
    private const int LongestUser = 256;

    private sealed record Snapshot(ImmutableDictionary<Guid, Account> ById, FrozenDictionary<string, Account> ByName);

    private readonly Lock _gate = new();
    private volatile Snapshot _snapshot = new(ImmutableDictionary<Guid, Account>.Empty, FrozenDictionary<string, Account>.Empty);

    public int Count => _snapshot.ById.Count;

    /// <summary>Somebody may administrate.</summary>
    public bool HasAdministrator => _snapshot.ById.Values.Any(account => account is { IsAdministrator: true, IsEnabled: true });

    /// <summary>A copy: not for every request.</summary>
    public IReadOnlyCollection<Account> All => [.. _snapshot.ById.Values];

    /// <summary>By user part or alias, case-insensitive.</summary>
    public bool TryGet(string user, [MaybeNullWhen(false)] out Account account) => _snapshot.ByName.TryGetValue(user, out account);

    /// <summary>By the user part of a received URI, unescaped (RFC 3261 §19.1.4: escaped and plain forms are the same).</summary>
    public bool TryGet(ReadOnlySpan<byte> user, [MaybeNullWhen(false)] out Account account)
    {
        account = null;
        if (user.IsEmpty || user.Length > LongestUser)
        {
            return false;
        }

        if (user.Contains((byte)'%'))
        {
            return TryGet(Uri.UnescapeDataString(Encoding.UTF8.GetString(user)), out account);
        }

        Span<char> name = stackalloc char[LongestUser];
        var length = Encoding.UTF8.GetChars(user, name);
        return _snapshot.ByName.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name[..length], out account);
    }

    public bool TryGet(Guid id, [MaybeNullWhen(false)] out Account account) => _snapshot.ById.TryGetValue(id, out account);

    public void Replace(IEnumerable<Account> accounts)
    {
        lock (_gate)
        {
            _snapshot = Build(accounts.ToImmutableDictionary(account => account.Id));
        }
    }

    public void Set(Account account)
    {
        lock (_gate)
        {
            _snapshot = Build(_snapshot.ById.SetItem(account.Id, account));
        }
    }

    public void Remove(Guid id)
    {
        lock (_gate)
        {
            _snapshot = Build(_snapshot.ById.Remove(id));
        }
    }

    /// <summary>A user's own name wins over another's alias; among aliases the older account (lower UUIDv7) wins.</summary>
    private static Snapshot Build(ImmutableDictionary<Guid, Account> byId)
    {
        var names = new Dictionary<string, Account>(StringComparer.OrdinalIgnoreCase);
        foreach (var account in byId.Values)
        {
            names[account.User] = account;
        }

        foreach (var account in byId.Values.OrderBy(account => account.Id))
        {
            foreach (var alias in account.Aliases)
            {
                names.TryAdd(alias, account);
            }
        }

        return new Snapshot(byId, names.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase));
    }
}
