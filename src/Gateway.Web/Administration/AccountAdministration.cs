using System.Collections.Immutable;
using System.Security.Cryptography;
using Gateway.Net.Sip;
using Gateway.Server;
using Gateway.Server.Accounts;
using Gateway.Server.Ports;
using Gateway.Server.Routing;

namespace Gateway.Web.Administration;

/// <summary>Someone who can sign in and be called.</summary>
public sealed record AccountResource : IResource
{
    public Guid Id { get; init; }

    public long Version { get; init; }

    /// <summary>The user part of its address and its name at sign-in; stays for the account's life.</summary>
    public string User { get; init; } = "";

    public string DisplayName { get; init; } = "";

    /// <summary>Only written, 8 to 128 characters; left out or empty keeps the one that stands. A new account without one gets a generated password, shown in this answer only.</summary>
    public string? Password { get; init; }

    /// <summary>Only written: true makes a new password, shown in this answer only.</summary>
    public bool? GeneratePassword { get; init; }

    /// <summary>agent (phones), readOnly (sees everything), supervisor (also controls calls), administrator.</summary>
    public AccountRole Role { get; init; } = AccountRole.Agent;

    public bool Enabled { get; init; } = true;

    /// <summary>Other names and numbers that reach it.</summary>
    public ImmutableArray<string> Aliases { get; init; } = [];

    /// <summary>What it may call and how much.</summary>
    public CallRights Rights { get; init; } = CallRights.Default;

    /// <summary>E.164 number that trunks show for its calls; empty: the trunk's own.</summary>
    public string CallerNumber { get; init; } = "";

    /// <summary>Which digest algorithms it is challenged with: md5, sha256 or both.</summary>
    public DigestPolicy Digest { get; init; }

    /// <summary>The domain that it belongs to, one of Gateway:Server:Domains; empty for the first. It stays for the account's life.</summary>
    public string Domain { get; init; } = "";

    string IResource.Name => User;
}

/// <summary>
/// Accounts: a change is in force at once. A new password, a disabled or a deleted account ends the registrations and sessions
/// that the old one had.
/// </summary>
internal sealed class AccountAdministration(AdministrationCore core, IAccountStore store, GatewayHost host, ServerOptions options, TimeProvider time) : IAdministered<AccountResource>
{
    private const int MostAliases = 20;

    /// <summary>After a change that ends sessions: password, role, disabled, deleted. On the thread that made it.</summary>
    public event Action<Guid>? Restricted;

    public string Kind => "accounts";

    public IReadOnlyList<AccountResource> List() => [.. core.Accounts.All.Select(Show).OrderBy(SortKey, StringComparer.Ordinal)];

    /// <summary>By user, display name and aliases.</summary>
    public IReadOnlyList<AccountResource> Page(string text, string? after, int count)
    {
        return [.. core.Accounts.All
            .Where(account => text.Length == 0 || Holds(account.User) || Holds(account.DisplayName) || account.Aliases.Any(Holds))
            .Where(account => after is null || string.CompareOrdinal(account.User, after) > 0)
            .OrderBy(account => account.User, StringComparer.Ordinal).Take(count).Select(Show)];

        bool Holds(string name) => name.Contains(text, StringComparison.OrdinalIgnoreCase);
    }

    public AccountResource? Get(Guid id) => core.Accounts.TryGet(id, out var account) ? Show(account) : null;

    public string SortKey(AccountResource resource) => resource.User;

    public Task<Outcome<AccountResource>> CreateAsync(AccountResource wanted, Actor actor, CancellationToken cancel) => SaveAsync(null, wanted, null, actor, cancel);

    public Task<Outcome<AccountResource>> UpdateAsync(Guid id, AccountResource wanted, long? expected, Actor actor, CancellationToken cancel) => SaveAsync(id, wanted, expected, actor, cancel);

    public async Task<Outcome<AccountResource>> DeleteAsync(Guid id, long? expected, Actor actor, CancellationToken cancel)
    {
        await core.Gate.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            if (Find(id, expected, out var old) is { } refusal)
            {
                return refusal;
            }

            if (IsLastAdministrator(old, null))
            {
                return new Refusal(RefusalKind.InUse, "One administrator must remain: make another one first.");
            }

            var users = References.ToAccount(id, core.Configuration.Current).Take(5).ToList();
            if (users.Count > 0)
            {
                return new Refusal(RefusalKind.InUse, $"'{old.User}' is used by {string.Join(", ", users)}: change that first.");
            }

            await store.DeleteAsync(id, cancel).ConfigureAwait(false);
            core.Accounts.Remove(id);
            var shown = Show(old);
            await core.LogAsync(actor, "delete", Kind, id.ToString(), AdministrationCore.Difference(shown, null, []), cancel).ConfigureAwait(false);
            await EndSessionsAsync(old).ConfigureAwait(false);
            return shown;
        }
        finally
        {
            core.Gate.Release();
        }
    }

    private async Task<Outcome<AccountResource>> SaveAsync(Guid? id, AccountResource wanted, long? expected, Actor actor, CancellationToken cancel)
    {
        await core.Gate.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            Account? old = null;
            if (id is { } known)
            {
                if (Find(known, expected, out old) is { } refusal)
                {
                    return refusal;
                }
            }

            var errors = new FieldErrors();
            Check(wanted, old, errors);
            if (!errors.IsEmpty)
            {
                return errors.ToRefusal();
            }

            if (old is null && core.Accounts.TryGet(wanted.User.Trim(), DomainOf(wanted), out _))
            {
                return new Refusal(RefusalKind.Taken, "The name is taken.", [new FieldError("user", "Another account has this name or alias: choose another.")]);
            }

            var (account, shownPassword) = await BuildAsync(wanted, old, cancel).ConfigureAwait(false);
            if (old is not null && IsLastAdministrator(old, account))
            {
                return new Refusal(RefusalKind.InUse, "One administrator must remain: make another one first.");
            }

            await store.SaveAsync(account, cancel).ConfigureAwait(false);
            core.Accounts.Set(account);
            var hasNewPassword = old is not null && old.PasswordHash != account.PasswordHash;
            await core.LogAsync(actor, old is null ? "create" : "update", Kind, account.Id.ToString(),
                AdministrationCore.Difference(old is null ? null : Show(old), Show(account), hasNewPassword ? ["password"] : []), cancel).ConfigureAwait(false);
            if (hasNewPassword || (old is { IsEnabled: true } && !account.IsEnabled))
            {
                await EndSessionsAsync(account).ConfigureAwait(false);
            }
            else if (old is not null && old.Role != account.Role)
            {
                Restricted?.Invoke(account.Id);
            }

            return Show(account) with { Password = shownPassword };
        }
        finally
        {
            core.Gate.Release();
        }
    }

    private Refusal? Find(Guid id, long? expected, out Account found)
    {
        if (!core.Accounts.TryGet(id, out found!))
        {
            return new Refusal(RefusalKind.Missing, "There is no such object.");
        }

        return expected is { } version && version != found.Version
            ? new Refusal(RefusalKind.Stale, $"'{found.User}' was changed meanwhile (version {found.Version}, not {version}): read it again and repeat the change.")
            : null;
    }

    private async Task<(Account Account, string? Shown)> BuildAsync(AccountResource wanted, Account? old, CancellationToken cancel)
    {
        using var random = RandomNumberGenerator.Create();
        var generated = string.IsNullOrEmpty(wanted.Password) && (old is null || wanted.GeneratePassword == true) ? PasswordGenerator.Create(random) : null;
        var password = generated ?? wanted.Password;
        var factory = new AccountFactory(options.Realm, random);
        // The hash is slow on purpose.
        var domain = DomainOf(wanted);
        var domainId = domain.Length == 0 ? core.DomainId : await store.GetOrCreateDomainAsync(domain, cancel).ConfigureAwait(false);
        var account = await Task.Run(() => old is null
            ? factory.Create(domainId, wanted.User, password!, time.GetUtcNow()) with { Domain = domain }
            : string.IsNullOrEmpty(password) ? old : factory.WithPassword(old, password), cancel).ConfigureAwait(false);
        return (account with
        {
            DisplayName = wanted.DisplayName.Trim(),
            Role = wanted.Role,
            IsEnabled = wanted.Enabled,
            Aliases = [.. wanted.Aliases.Select(alias => alias.Trim().ToLowerInvariant()).Distinct(StringComparer.Ordinal)],
            Rights = wanted.Rights,
            CallerNumber = wanted.CallerNumber,
            Digest = wanted.Digest,
            Version = old is null ? 1 : old.Version + 1,
        }, generated);
    }

    private void Check(AccountResource wanted, Account? old, FieldErrors errors)
    {
        if (!UserName.TryNormalise(wanted.User, out var user, out var complaint))
        {
            errors.Add("user", complaint);
        }
        else if (old is not null && user != old.User)
        {
            // The digest hashes bind it, and so do the phones that are set up with it.
            errors.Add("user", $"The name '{old.User}' stays for the account's life: add an alias, or make another account.");
        }
        else if (old is null && core.Configuration.Current.Groups.Any(group => string.Equals(group.Extension, user, StringComparison.OrdinalIgnoreCase)))
        {
            errors.Add("user", "A ring group has this number: choose another.");
        }

        if (old is not null && DomainOf(wanted) != old.Domain)
        {
            errors.Add("domain", "The domain stays for the account's life: make another account.");
        }
        else if (DomainOf(wanted) is { Length: > 0 } domain && !options.Domains.Contains(domain, StringComparer.OrdinalIgnoreCase))
        {
            errors.Add("domain", "There is no such domain: name it in Gateway:Server:Domains first.");
        }

        errors.Text("displayName", wanted.DisplayName, 100);
        if (!string.IsNullOrEmpty(wanted.Password) && AccountFactory.Complaint(wanted.Password) is { } weak)
        {
            errors.Add("password", weak);
        }

        errors.E164("callerNumber", wanted.CallerNumber);
        RightsRules.Check("rights", wanted.Rights, errors);
        errors.Count("aliases", wanted.Aliases, MostAliases);
        for (var i = 0; i < wanted.Aliases.Length; i++)
        {
            CheckAlias($"aliases[{i}]", wanted.Aliases[i], DomainOf(wanted), old?.Id, errors);
        }
    }

    private string DomainOf(AccountResource wanted) =>
        wanted.Domain.Trim() is var domain && domain.Equals(options.Realm, StringComparison.OrdinalIgnoreCase) ? "" : domain.ToLowerInvariant();

    private void CheckAlias(string field, string alias, string domain, Guid? own, FieldErrors errors)
    {
        if (!UserName.TryNormalise(alias, out var name, out var complaint))
        {
            errors.Add(field, complaint);
        }
        else if (core.Accounts.TryGet(name, domain, out var other) && other.Id != own)
        {
            errors.Add(field, $"The account {other.User} has this name or number: choose another.");
        }
        else if (core.Configuration.Current.Groups.FirstOrDefault(group => string.Equals(group.Extension, name, StringComparison.OrdinalIgnoreCase)) is { } group)
        {
            errors.Add(field, $"The group '{group.Name}' has this number: choose another.");
        }
    }

    private bool IsLastAdministrator(Account old, Account? now) =>
        old is { IsAdministrator: true, IsEnabled: true } && now is not { IsAdministrator: true, IsEnabled: true }
        && !core.Accounts.All.Any(account => account.Id != old.Id && account is { IsAdministrator: true, IsEnabled: true });

    private async Task EndSessionsAsync(Account account)
    {
        Restricted?.Invoke(account.Id);
        await host.RemoveBindingsAsync(account.AorIn(options.Realm)).ConfigureAwait(false);
    }

    private static AccountResource Show(Account account) => new()
    {
        Id = account.Id,
        Version = account.Version,
        User = account.User,
        Domain = account.Domain,
        DisplayName = account.DisplayName,
        Role = account.Role,
        Enabled = account.IsEnabled,
        Aliases = account.Aliases,
        Rights = account.Rights,
        CallerNumber = account.CallerNumber,
        Digest = account.Digest,
    };
}
