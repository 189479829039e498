using System.Data.Common;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dapper;
using Gateway.Server.Configuration;
using Gateway.Server.Ports;
using Gateway.Storage.Writing;

namespace Gateway.Storage;

/// <summary>What operators configure, one versioned JSON document an object. Secrets are encrypted on their way in.</summary>
internal sealed class ConfigurationStore(SqlEngine engine, SqlWriter writer, TimeProvider time) : IConfigurationStore
{
    private JsonSerializerOptions _json = Options(null);

    private sealed class Row
    {
        public string Document { get; set; } = "";
        public long Version { get; set; }
        public long UpdatedAt { get; set; }
    }

    /// <summary>Until it is set, an object with a secret cannot be read or written.</summary>
    public void Use(ISecretProtector protector) => _json = Options(protector);

    public Task<IReadOnlyList<Stored<T>>> LoadAsync<T>(CancellationToken cancel) where T : class, IConfigured => Task.Run<IReadOnlyList<Stored<T>>>(() =>
    {
        using var connection = engine.OpenReader();
        return connection.Query<Row>("select document as Document, version as Version, updated_at as UpdatedAt from objects where kind = @kind order by id",
                new { kind = T.Kind })
            .Select(row => new Stored<T>(JsonSerializer.Deserialize<T>(row.Document, _json)!, row.Version, Columns.Time(row.UpdatedAt)))
            .ToList();
    }, cancel);

    public Task<Stored<T>> SaveAsync<T>(T value, long? expected, CancellationToken cancel) where T : class, IConfigured
    {
        var at = time.GetUtcNow();
        var key = new { domain = Columns.Id(value.DomainId), kind = T.Kind, id = Columns.Id(value.Id) };
        var document = JsonSerializer.Serialize(value, _json);
        return Checked(writer.RunAsync<(Stored<T>?, ConfigurationConflictException?)>((connection, transaction) =>
        {
            var current = VersionOf(connection, transaction, key);
            if (Conflict<T>(current, expected) is { } conflict)
            {
                return (null, conflict);
            }

            var nameKey = value.Name.ToUpperInvariant();
            if (connection.QuerySingle<long>("select count(*) from objects where domain_id = @domain and kind = @kind and name_key = @nameKey and id <> @id",
                new { key.domain, key.kind, key.id, nameKey }, transaction) > 0)
            {
                return (null, new ConfigurationConflictException($"The name '{value.Name}' is taken.") { IsNameTaken = true });
            }

            var version = (current ?? 0) + 1;
            // The condition holds against another node that writes in the same moment.
            var written = connection.Execute("""
                insert into objects (domain_id, kind, id, name, name_key, version, document, updated_at)
                values (@domain, @kind, @id, @name, @nameKey, @version, @document, @at)
                on conflict (domain_id, kind, id) do update set name = excluded.name, name_key = excluded.name_key,
                    version = excluded.version, document = excluded.document, updated_at = excluded.updated_at
                    where objects.version = @version - 1
                """, new { key.domain, key.kind, key.id, name = value.Name, nameKey, version, document, at = Columns.Time(at) }, transaction);
            return written > 0
                ? (new Stored<T>(value, version, at), null)
                : (null, new ConfigurationConflictException($"The object in {T.Kind} was changed by another node: read it again and repeat the change."));
        }, cancel));
    }

    public Task<bool> DeleteAsync<T>(Guid id, long? expected, CancellationToken cancel) where T : class, IConfigured =>
        Checked(writer.RunAsync<(bool, ConfigurationConflictException?)>((connection, transaction) =>
        {
            var key = new { kind = T.Kind, id = Columns.Id(id) };
            var current = connection.QuerySingleOrDefault<long?>("select version from objects where kind = @kind and id = @id", key, transaction);
            if (current is not null && Conflict<T>(current, expected) is { } conflict)
            {
                return (false, conflict);
            }

            return (connection.Execute("delete from objects where kind = @kind and id = @id", key, transaction) > 0, null);
        }, cancel));

    private static long? VersionOf(DbConnection connection, DbTransaction transaction, object key) =>
        connection.QuerySingleOrDefault<long?>("select version from objects where domain_id = @domain and kind = @kind and id = @id", key, transaction);

    private static ConfigurationConflictException? Conflict<T>(long? current, long? expected) where T : class, IConfigured =>
        expected is { } version && version != (current ?? 0)
            ? new ConfigurationConflictException($"The object in {T.Kind} has version {current ?? 0}, not {version}: read it again and repeat the change.")
            : null;

    /// <summary>A conflict is an answer, not a failed write: it leaves the writer as a value and is thrown here.</summary>
    private static async Task<T> Checked<T>(Task<(T? Value, ConfigurationConflictException? Conflict)> work)
    {
        var (value, conflict) = await work.ConfigureAwait(false);
        return conflict is null ? value! : throw conflict;
    }

    private static JsonSerializerOptions Options(ISecretProtector? protector) => new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase), new ProtectedSecretConverter(protector) },
    };

    private sealed class ProtectedSecretConverter(ISecretProtector? protector) : JsonConverter<SecretText>
    {
        public override SecretText Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var text = reader.GetString();
            return string.IsNullOrEmpty(text) ? SecretText.None : new SecretText(Protector.Unprotect(text));
        }

        public override void Write(Utf8JsonWriter writer, SecretText value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.IsEmpty ? "" : Protector.Protect(value.Reveal()));

        private ISecretProtector Protector => protector ?? throw new StorageException("Secrets cannot be read or written before the store has its keys.");
    }
}
