using System.Security.Cryptography;
using Gateway.Server.Accounts;
using Gateway.Storage;
using Gateway.Web.Security;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Web.Setup;

/// <summary>An account whose password was made in this start, and so can be shown.</summary>
internal sealed record NewPassword(string User, string Password, bool IsAdministrator);

/// <summary>
/// The opened database and what is fixed at the first start: the realm, the key of tokens, and with --demo two accounts to begin
/// with. Their passwords are made here and shown once; the database holds hashes only.
/// </summary>
internal sealed record FirstStart(
    GatewayDatabase Database, string Realm, Guid DomainId, byte[] TokenKey, IReadOnlyList<Account> Accounts, IReadOnlyList<NewPassword> NewPasswords)
{
    /// <summary>Lets the first administrator in; another one at every start, of no use once there is one.</summary>
    public required string SetupCode { get; init; }

    public bool HasAdministrator => Accounts.Any(account => account is { IsAdministrator: true, IsEnabled: true });

    public static async Task<FirstStart> OpenAsync(GatewaySettings settings, CancellationToken cancel = default)
    {
        var time = TimeProvider.System;
        var database = await GatewayDatabase.OpenAsync(settings.Storage, NullLogger.Instance, time, cancel).ConfigureAwait(false);
        database.UseSecrets(DataProtectionSecrets.InFolder(settings.Web.DataFolder));
        var store = database.Accounts;
        var realm = await store.GetOrCreateSettingAsync("realm", () => settings.Server.Realm, cancel).ConfigureAwait(false);
        var tokenKey = await store.GetOrCreateSettingAsync("token-key", TokenIssuer.NewKey, cancel).ConfigureAwait(false);
        var domain = await store.GetOrCreateDomainAsync(realm, cancel).ConfigureAwait(false);
        using var random = RandomNumberGenerator.Create();
        var factory = new AccountFactory(realm, random);

        List<NewPassword> shown = [];
        var accounts = (await store.LoadAsync(cancel).ConfigureAwait(false)).ToList();
        if (accounts.Count == 0 && settings.Web.Demo)
        {
            (string User, string Name, string Number, bool Administrator)[] people = [("alice", "Alice", "1001", true), ("bob", "Bob", "1002", false)];
            foreach (var (user, name, number, administrator) in people)
            {
                var password = PasswordGenerator.Create(random);
                var account = factory.Create(domain, user, password, time.GetUtcNow(), name, administrator) with { Aliases = [number] };
                await store.SaveAsync(account, cancel).ConfigureAwait(false);
                accounts.Add(account);
                shown.Add(new NewPassword(user, password, administrator));
            }
        }

        if (settings.Web.ResetPassword.Length > 0)
        {
            var at = accounts.FindIndex(account => string.Equals(account.User, settings.Web.ResetPassword, StringComparison.OrdinalIgnoreCase));
            if (at < 0)
            {
                throw new SettingsException([$"--reset-password: there is no account {settings.Web.ResetPassword}. There are {string.Join(", ", accounts.Select(account => account.User))}."]);
            }

            var password = PasswordGenerator.Create(random);
            accounts[at] = factory.WithPassword(accounts[at], password) with { Version = accounts[at].Version + 1 };
            await store.SaveAsync(accounts[at], cancel).ConfigureAwait(false);
            shown.Add(new NewPassword(accounts[at].User, password, accounts[at].IsAdministrator));
        }

        return new FirstStart(database, realm, domain, Convert.FromBase64String(tokenKey), accounts, shown) { SetupCode = PasswordGenerator.Create(random) };
    }
}
