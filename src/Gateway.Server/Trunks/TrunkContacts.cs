using System.Security.Cryptography;
using Gateway.Sip;

namespace Gateway.Server.Trunks;

/// <summary>
/// The user parts of the Contacts that we give to trunks. They have the form of our tags and carry the loop that owns the
/// account, so that a call which comes to one is handled where the account's bindings are; the rest is a hash of the trunk's id.
/// </summary>
internal static class TrunkContacts
{
    public static string UserOf(Trunk trunk, TrunkExtension? extension, LoopServices services)
    {
        Span<byte> ids = stackalloc byte[32];
        trunk.Id.TryWriteBytes(ids);
        (extension?.Account ?? Guid.Empty).TryWriteBytes(ids[16..]);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(ids, hash);
        return TransactionLayer.NameOf(LoopOf(trunk, extension, services), hash);
    }

    /// <summary>An extension belongs to the loop of its account, everything else of a trunk to the loop of the trunk.</summary>
    public static int LoopOf(Trunk trunk, TrunkExtension? extension, LoopServices services) =>
        extension is not null && services.Accounts.TryGet(extension.Account, out var account)
            ? services.Map.LoopOfAor(account.User)
            : services.Map.LoopOfId(trunk.Id);
}
