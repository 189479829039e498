using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Gateway.Server.Configuration;
using Gateway.Sip;

namespace Gateway.Server.Trunks;

/// <summary>
/// The user parts of the Contacts that we give to trunks. They have the form of our tags and carry the loop that owns the
/// account, so that a call which comes to one is handled where the account's bindings are; the rest is a hash of the trunk's id.
/// </summary>
internal static class TrunkContacts
{
    /// <summary>Mark and loop in front of the hash.</summary>
    private const int HashAt = 5;

    private static readonly ConditionalWeakTable<ConfigurationSnapshot, FrozenDictionary<string, (Guid Trunk, Guid Account)>> s_known = [];

    /// <summary>The trunk, and the account of the extension (empty for the trunk's own Contact), that a user part was made for.</summary>
    public static bool TryFind(ConfigurationSnapshot configuration, string user, out Guid trunk, out Guid account)
    {
        var known = s_known.GetValue(configuration, static snapshot => snapshot.Trunks
            .SelectMany(static trunk => trunk.Extensions.Select(static one => one.Account).Append(Guid.Empty).Distinct().Select(account => (Trunk: trunk.Id, Account: account)))
            .ToFrozenDictionary(static one => NameOf(0, one.Trunk, one.Account)[HashAt..]));
        (trunk, account) = user.Length > HashAt && known.TryGetValue(user[HashAt..], out var found) ? found : default;
        return trunk != Guid.Empty;
    }

    public static string UserOf(Trunk trunk, TrunkExtension? extension, LoopServices services) =>
        NameOf(LoopOf(trunk, extension, services), trunk.Id, extension?.Account ?? Guid.Empty);

    /// <summary>An extension belongs to the loop of its account, everything else of a trunk to the loop of the trunk.</summary>
    public static int LoopOf(Trunk trunk, TrunkExtension? extension, LoopServices services) =>
        extension is not null && services.Accounts.TryGet(extension.Account, out var account)
            ? services.Map.LoopOfAor(account.User)
            : services.Map.LoopOfId(trunk.Id);

    private static string NameOf(int loop, Guid trunk, Guid account)
    {
        Span<byte> ids = stackalloc byte[32];
        trunk.TryWriteBytes(ids);
        account.TryWriteBytes(ids[16..]);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(ids, hash);
        return TransactionLayer.NameOf(loop, hash);
    }
}
