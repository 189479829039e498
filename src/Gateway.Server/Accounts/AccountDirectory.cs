namespace Gateway.Server.Accounts;

/// <summary>All accounts in memory, read by every loop without a lock: an immutable snapshot swapped on change.</summary>
public sealed class AccountDirectory
{
    /// <summary>By user part or alias, case-insensitive.</summary>
    public bool TryGet(string user, out Account account) => throw new NotImplementedException();

    public IReadOnlyCollection<Account> All => throw new NotImplementedException();

    public void Replace(IEnumerable<Account> accounts) => throw new NotImplementedException();

    public void Set(Account account) => throw new NotImplementedException();

    public void Remove(Guid id) => throw new NotImplementedException();
}
