using Gateway.Server.Ports;
using Gateway.Storage.Migrations;
using Gateway.Storage.Postgres;
using Gateway.Storage.Sqlite;
using Gateway.Storage.Writing;
using Microsoft.Extensions.Logging;

namespace Gateway.Storage;

/// <summary>The opened database with its stores. Opening brings the schema up to date; disposing commits what is queued.</summary>
public sealed class GatewayDatabase : IAsyncDisposable
{
    private readonly StorageMetrics _metrics = new();
    private readonly ConfigurationStore _configuration;

    private GatewayDatabase(SqlEngine engine, System.Data.Common.DbConnection connection, StorageOptions options, ILogger logger, TimeProvider time)
    {
        Engine = engine;
        Writer = new SqlWriter(engine, connection, options, _metrics, logger, time);
        Accounts = new AccountStore(engine, Writer, time);
        Bindings = new BindingStore(engine, Writer, time, logger);
        Calls = new CallLog(engine, Writer, logger);
        RunningCalls = new CallStore(engine, Writer);
        Audit = new AuditLog(engine, Writer);
        Contacts = new ContactStore(engine, Writer);
        KeyUses = new KeyUseStore(engine, Writer);
        Webhooks = new WebhookOutbox(engine, Writer);
        _configuration = new ConfigurationStore(engine, Writer, time);
    }

    public IAccountStore Accounts { get; }

    public IBindingStore Bindings { get; }

    public ICallLog Calls { get; }

    public ICallStore RunningCalls { get; }

    public IAuditLog Audit { get; }

    public IContactStore Contacts { get; }

    public IKeyUseStore KeyUses { get; }

    public IWebhookOutbox Webhooks { get; }

    /// <summary>Usable for objects with secrets after <see cref="UseSecrets"/>.</summary>
    public IConfigurationStore Configuration => _configuration;

    /// <summary>Gives the store the keys that secrets are encrypted with.</summary>
    public void UseSecrets(ISecretProtector protector) => _configuration.Use(protector);

    internal SqlEngine Engine { get; }

    internal SqlWriter Writer { get; }

    /// <exception cref="StorageException">The file cannot be opened or holds a schema that does not fit; the message says what to do.</exception>
    public static Task<GatewayDatabase> OpenAsync(StorageOptions options, ILogger logger, TimeProvider time, CancellationToken cancel) => Task.Run(() =>
    {
        try
        {
            SqlEngine engine = options.Engine == StorageEngine.Postgres ? new PostgresEngine(options) : new SqliteEngine(options);
            var connection = engine.OpenWriter();
            try
            {
                var ran = Migrator.Run(engine, connection, time.GetUtcNow());
                StorageLog.Opened(logger, engine.Name, engine.Version, ran.Count);
                return new GatewayDatabase(engine, connection, options, logger, time);
            }
            catch
            {
                connection.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is System.Data.Common.DbException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new StorageException(options.Engine == StorageEngine.Postgres
                ? $"The PostgreSQL database (Gateway:Storage:ConnectionString) cannot be opened: {e.Message} Is the server running, may this host and user connect, does the database exist?"
                : $"The database '{options.Path}' (Gateway:Storage:Path) cannot be opened: {e.Message}", e);
        }
    }, cancel);

    /// <summary>Removes call records and audit entries from before a moment, a few thousand at a time so that no writer waits long.</summary>
    /// <returns>How many there were.</returns>
    public Task<int> PurgeAsync(DateTimeOffset before, CancellationToken cancel) => Retention.PurgeAsync(Writer, before, cancel);

    public async ValueTask DisposeAsync()
    {
        await Task.Run(() =>
        {
            Engine.Close();
            Writer.Dispose();
        }).ConfigureAwait(false);
        _metrics.Dispose();
    }
}
