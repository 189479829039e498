using Dapper;
using Gateway.Server.Accounts;
using Gateway.Server.Ports;
using Gateway.Storage.Writing;

namespace Gateway.Storage;

/// <summary>Domains, accounts and the settings that are fixed at first run.</summary>
internal sealed class AccountStore(SqlEngine engine, SqlWriter writer, TimeProvider time) : IAccountStore
{
    private const string Upsert = """
        insert into accounts (domain_id, id, user_name, display_name, digest_policy, ha1_md5, ha1_sha256, password_hash,
            is_administrator, is_enabled, aliases, updated_at, role, rights, caller_number, version)
        values (@DomainId, @Id, @User, @DisplayName, @Digest, @Ha1Md5, @Ha1Sha256, @PasswordHash,
            @IsAdministrator, @IsEnabled, @Aliases, @UpdatedAt, @Role, @Rights, @CallerNumber, @Version)
        on conflict (domain_id, id) do update set user_name = excluded.user_name, display_name = excluded.display_name,
            digest_policy = excluded.digest_policy, ha1_md5 = excluded.ha1_md5, ha1_sha256 = excluded.ha1_sha256,
            password_hash = excluded.password_hash, is_administrator = excluded.is_administrator,
            is_enabled = excluded.is_enabled, aliases = excluded.aliases, updated_at = excluded.updated_at,
            role = excluded.role, rights = excluded.rights, caller_number = excluded.caller_number, version = excluded.version
        """;

    private sealed class Row
    {
        public string DomainId { get; set; } = "";
        public string Domain { get; set; } = "";
        public string Id { get; set; } = "";
        public string User { get; set; } = "";
        public string DisplayName { get; set; } = "";
        public string Digest { get; set; } = "";
        public string Ha1Md5 { get; set; } = "";
        public string Ha1Sha256 { get; set; } = "";
        public string PasswordHash { get; set; } = "";
        public bool IsAdministrator { get; set; }
        public bool IsEnabled { get; set; }
        public string Aliases { get; set; } = "[]";
        public long UpdatedAt { get; set; }
        public string Role { get; set; } = "";
        public string Rights { get; set; } = "{}";
        public string CallerNumber { get; set; } = "";
        public long Version { get; set; }
    }

    public Task<Guid> GetOrCreateDomainAsync(string name, CancellationToken cancel)
    {
        var id = Columns.Id(Guid.CreateVersion7(time.GetUtcNow()));
        var at = Columns.Time(time.GetUtcNow());
        return writer.RunAsync((connection, transaction) =>
        {
            connection.Execute("insert into domains (id, name, created_at) values (@id, @name, @at) on conflict (name) do nothing",
                new { id, name, at }, transaction);
            return Columns.Id(connection.QuerySingle<string>("select id from domains where name = @name", new { name }, transaction));
        }, cancel);
    }

    public Task<IReadOnlyList<Account>> LoadAsync(CancellationToken cancel) => Task.Run<IReadOnlyList<Account>>(() =>
    {
        using var connection = engine.OpenReader();
        return connection.Query<Row>("""
            select domain_id as DomainId,
                coalesce((select name from domains where domains.id = domain_id and name <> (select content from settings where settings.name = 'realm')), '') as Domain,
                id as Id, user_name as User, display_name as DisplayName, digest_policy as Digest,
                ha1_md5 as Ha1Md5, ha1_sha256 as Ha1Sha256, password_hash as PasswordHash,
                is_administrator as IsAdministrator, is_enabled as IsEnabled, aliases as Aliases,
                role as Role, rights as Rights, caller_number as CallerNumber, version as Version
            from accounts order by user_name
            """).Select(ToAccount).ToList();
    }, cancel);

    public Task SaveAsync(Account account, CancellationToken cancel)
    {
        var row = ToRow(account);
        return writer.RunAsync((connection, transaction) => connection.Execute(Upsert, row, transaction), cancel);
    }

    public async Task<bool> DeleteAsync(Guid id, CancellationToken cancel) =>
        await writer.RunAsync((connection, transaction) =>
            connection.Execute("delete from accounts where id = @id", new { id = Columns.Id(id) }, transaction), cancel)
            .ConfigureAwait(false) > 0;

    public Task<string> GetOrCreateSettingAsync(string key, Func<string> initial, CancellationToken cancel)
    {
        var at = Columns.Time(time.GetUtcNow());
        return writer.RunAsync((connection, transaction) =>
        {
            const string Select = "select content from settings where name = @key";
            var stored = connection.QuerySingleOrDefault<string>(Select, new { key }, transaction);
            if (stored is not null)
            {
                return stored;
            }

            // Another process may have stored its own in between: what stands in the table is what counts.
            connection.Execute("insert into settings (name, content, created_at) values (@key, @content, @at) on conflict (name) do nothing",
                new { key, content = initial(), at }, transaction);
            return connection.QuerySingle<string>(Select, new { key }, transaction);
        }, cancel);
    }

    private Row ToRow(Account account) => new()
    {
        DomainId = Columns.Id(account.DomainId),
        Id = Columns.Id(account.Id),
        User = account.User,
        DisplayName = account.DisplayName,
        Digest = Columns.Enum(account.Digest),
        Ha1Md5 = account.Ha1Md5,
        Ha1Sha256 = account.Ha1Sha256,
        PasswordHash = account.PasswordHash,
        IsAdministrator = account.IsAdministrator,
        IsEnabled = account.IsEnabled,
        Aliases = Columns.List(account.Aliases),
        UpdatedAt = Columns.Time(time.GetUtcNow()),
        Role = Columns.Enum(account.Role),
        Rights = Columns.Rights(account.Rights),
        CallerNumber = account.CallerNumber,
        Version = account.Version,
    };

    private static Account ToAccount(Row row) => new()
    {
        DomainId = Columns.Id(row.DomainId),
        Domain = row.Domain,
        Id = Columns.Id(row.Id),
        User = row.User,
        DisplayName = row.DisplayName,
        Digest = Columns.Enum<DigestPolicy>(row.Digest),
        Ha1Md5 = row.Ha1Md5,
        Ha1Sha256 = row.Ha1Sha256,
        PasswordHash = row.PasswordHash,
        Role = Columns.Enum<AccountRole>(row.Role),
        IsEnabled = row.IsEnabled,
        Aliases = [.. Columns.List(row.Aliases)],
        Rights = Columns.Rights(row.Rights),
        CallerNumber = row.CallerNumber,
        Version = row.Version,
    };
}
