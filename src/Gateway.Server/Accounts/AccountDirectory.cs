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

    /// <param name="Domains">All but the first.</param>
    private sealed record Snapshot(ImmutableDictionary<Guid, Account> ById, FrozenDictionary<string, Account> ByName, FrozenSet<string> Domains);

    private readonly Lock _gate = new();
    private volatile Snapshot _snapshot = new(ImmutableDictionary<Guid, Account>.Empty, FrozenDictionary<string, Account>.Empty, FrozenSet<string>.Empty);

    public int Count => _snapshot.ById.Count;

    /// <summary>Somebody may administrate.</summary>
    public bool HasAdministrator => _snapshot.ById.Values.Any(account => account is { IsAdministrator: true, IsEnabled: true });

    /// <summary>A copy: not for every request.</summary>
    public IReadOnlyCollection<Account> All => [.. _snapshot.ById.Values];

    /// <summary>The domain that a host names; empty for the first one and for whatever is none of the others.</summary>
    public string DomainOf(ReadOnlySpan<byte> host)
    {
        var domains = _snapshot.Domains;
        if (domains.Count == 0 || host.Length > LongestUser)
        {
            return "";
        }

        Span<char> name = stackalloc char[LongestUser];
        var length = Encoding.Latin1.GetChars(host, name);
        return domains.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name[..length].TrimEnd('.'), out var domain) ? domain : "";
    }

    /// <summary>By user part or alias within a domain, empty for the first one.</summary>
    public bool TryGet(string user, string domain, [MaybeNullWhen(false)] out Account account)
    {
        ArgumentNullException.ThrowIfNull(domain);
        return TryGet(domain.Length == 0 ? user : $"{user}@{domain}", out account);
    }

    /// <summary>By user@domain; hosts that are no domain of their own are names of the first one.</summary>
    public bool TryGetAor(string aor, [MaybeNullWhen(false)] out Account account)
    {
        ArgumentNullException.ThrowIfNull(aor);
        var at = Math.Max(aor.LastIndexOf('@'), 0);
        return TryGet(aor[..at], DomainOf(Encoding.UTF8.GetBytes(aor[Math.Min(at + 1, aor.Length)..])), out account);
    }

    /// <summary>By user part or alias, case-insensitive; outside the first domain with the domain behind it.</summary>
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
            names[account.Name] = account;
        }

        foreach (var account in byId.Values.OrderBy(account => account.Id))
        {
            foreach (var alias in account.Aliases)
            {
                names.TryAdd(account.Domain.Length == 0 ? alias : $"{alias}@{account.Domain}", account);
            }
        }

        var domains = byId.Values.Select(static account => account.Domain).Where(static domain => domain.Length > 0);
        return new Snapshot(byId, names.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase), domains.ToFrozenSet(StringComparer.OrdinalIgnoreCase));
    }
}
