using Dapper;
using Gateway.Server.Accounts;
using Gateway.Server.Ports;
using Gateway.Storage.Writing;

namespace Gateway.Storage;

/// <summary>The address books of the accounts.</summary>
internal sealed class ContactStore(SqlEngine engine, SqlWriter writer) : IContactStore
{
    private sealed class Row
    {
        public string AccountId { get; set; } = "";
        public string Id { get; set; } = "";
        public string Name { get; set; } = "";
        public string Numbers { get; set; } = "[]";
        public bool IsFavourite { get; set; }
    }

    public Task<IReadOnlyList<PhoneContact>> ListAsync(Guid account, CancellationToken cancel) => Task.Run<IReadOnlyList<PhoneContact>>(() =>
    {
        using var connection = engine.OpenReader();
        return connection.Query<Row>("""
            select account_id as AccountId, id as Id, name as Name, numbers as Numbers, is_favourite as IsFavourite
            from contacts where account_id = @account order by is_favourite desc, lower(name), id
            """, new { account = Columns.Id(account) }).Select(ToContact).ToList();
    }, cancel);

    public Task<bool> SaveAsync(PhoneContact contact, CancellationToken cancel)
    {
        var row = new Row
        {
            AccountId = Columns.Id(contact.Account), Id = Columns.Id(contact.Id), Name = contact.Name, Numbers = Columns.List(contact.Numbers), IsFavourite = contact.IsFavourite,
        };
        return writer.RunAsync((connection, transaction) =>
        {
            var others = connection.QuerySingle<long>("select count(*) from contacts where account_id = @AccountId and id <> @Id", row, transaction);
            if (others >= PhoneContact.Most)
            {
                return false;
            }

            connection.Execute("""
                insert into contacts (account_id, id, name, numbers, is_favourite) values (@AccountId, @Id, @Name, @Numbers, @IsFavourite)
                on conflict (account_id, id) do update set name = excluded.name, numbers = excluded.numbers, is_favourite = excluded.is_favourite
                """, row, transaction);
            return true;
        }, cancel);
    }

    public async Task<bool> DeleteAsync(Guid account, Guid id, CancellationToken cancel) =>
        await writer.RunAsync((connection, transaction) => connection.Execute("delete from contacts where account_id = @account and id = @id",
            new { account = Columns.Id(account), id = Columns.Id(id) }, transaction), cancel).ConfigureAwait(false) > 0;

    private static PhoneContact ToContact(Row row) => new()
    {
        Id = Columns.Id(row.Id),
        Account = Columns.Id(row.AccountId),
        Name = row.Name,
        Numbers = [.. Columns.List(row.Numbers)],
        IsFavourite = row.IsFavourite,
    };
}
