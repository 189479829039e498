using Gateway.Server.Accounts;

namespace Gateway.Server.Ports;

/// <summary>The address books of the accounts.</summary>
public interface IContactStore
{
    /// <summary>Favourites first, then by name.</summary>
    Task<IReadOnlyList<PhoneContact>> ListAsync(Guid account, CancellationToken cancel);

    /// <returns>False when the account's book is full.</returns>
    Task<bool> SaveAsync(PhoneContact contact, CancellationToken cancel);

    Task<bool> DeleteAsync(Guid account, Guid id, CancellationToken cancel);
}
