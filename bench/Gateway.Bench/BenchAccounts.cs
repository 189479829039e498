using System.Security.Cryptography;
using Gateway.Server.Accounts;
using Gateway.Sip;
using Gateway.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Bench;

/// <summary>
/// Accounts of load generators: the password is the user name, as the generators want it. They are written past the rule
/// for passwords, and cannot sign in to the web pages.
/// </summary>
internal static class BenchAccounts
{
    /// <summary>The callee of "load" and the caller of outside generators.</summary>
    public static IReadOnlyList<string> Named { get; } = ["phone", "caller"];

    public static string User(int index) => "u" + index.ToString(System.Globalization.CultureInfo.InvariantCulture);

    public static async Task CreateAsync(string dataFolder, int count, string realm)
    {
        Directory.CreateDirectory(dataFolder);
        var time = TimeProvider.System;
        var options = new StorageOptions { Path = Path.Combine(dataFolder, "gateway.db") };
        await using var database = await GatewayDatabase.OpenAsync(options, NullLogger.Instance, time, default);
        var store = database.Accounts;
        realm = await store.GetOrCreateSettingAsync("realm", () => realm, default);
        var domain = await store.GetOrCreateDomainAsync(realm, default);
        var users = Enumerable.Range(0, count).Select(User).Concat(Named);
        // In portions, so that a commit takes many and the writer's queue is not overrun.
        foreach (var portion in users.Chunk(1000))
        {
            await Task.WhenAll(portion.Select(user => store.SaveAsync(new Account
            {
                Id = Guid.CreateVersion7(time.GetUtcNow()),
                DomainId = domain,
                User = user,
                Ha1Md5 = Digest.Ha1(DigestAlgorithm.Md5, user, realm, user),
                Ha1Sha256 = Digest.Ha1(DigestAlgorithm.Sha256, user, realm, user),
                PasswordHash = Convert.ToBase64String(RandomNumberGenerator.GetBytes(48)),
            }, default)));
        }
    }
}

/// <summary>"accounts": makes them in the data folder of a gateway that does not run.</summary>
internal static class AccountsCommand
{
    public static async Task<int> RunAsync(IReadOnlyList<string> args)
    {
        var arguments = new Arguments(args, "data", "count", "realm");
        var count = arguments.Number("count", 1000);
        await BenchAccounts.CreateAsync(arguments.Needed("data"), count, arguments.Text("realm", "gateway"));
        Console.WriteLine($"u0 to u{count - 1}, {string.Join(", ", BenchAccounts.Named)}");
        return 0;
    }
}
