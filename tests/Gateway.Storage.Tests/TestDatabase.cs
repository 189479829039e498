using System.Collections.Concurrent;
using System.Net;
using Gateway.Server.Accounts;
using Gateway.Server.Calls;
using Gateway.Server.Ports;
using Gateway.Server.Registrar;
using Gateway.Sip;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Storage.Tests;

/// <summary>A database of its own, which goes when the test ends: a file in a folder, or one in the server of the test run.</summary>
internal sealed class TestDatabase(StorageEngine engine = StorageEngine.Sqlite, PostgresServer? server = null) : IAsyncDisposable, ILoopScheduler
{
    private readonly string _postgres = engine == StorageEngine.Postgres ? (server ?? PostgresServer.Shared).NewDatabase() : "";
    private readonly BlockingCollection<Action> _posted = [];

    public string Folder { get; } = Directory.CreateTempSubdirectory("gateway-storage-").FullName;

    public StorageOptions Options { get; init; } = new() { BehindDelay = TimeSpan.FromMilliseconds(20), RetryDelay = TimeSpan.FromMilliseconds(50), BusyTimeout = TimeSpan.FromSeconds(1) };

    public string Path => System.IO.Path.Combine(Folder, "gateway.db");

    /// <summary>What another process opens it by: a path or a connection string.</summary>
    public string Location => engine == StorageEngine.Postgres ? _postgres : Path;

    public static DateTimeOffset Now { get; } = new(2026, 5, 4, 3, 2, 1, TimeSpan.Zero);

    public FixedTime Time { get; } = new();

    public Task<GatewayDatabase> OpenAsync(string? path = null) =>
        GatewayDatabase.OpenAsync(Options with { Path = path ?? Path, Engine = engine, ConnectionString = _postgres }, NullLogger.Instance, Time, CancellationToken.None);

    /// <summary>
    /// The files as they are this moment, opened elsewhere: what a process finds that starts after the death of this one
    /// (the kernel keeps what was written; nothing is closed or checkpointed).
    /// </summary>
    public Task<GatewayDatabase> OpenAfterKillAsync()
    {
        if (engine == StorageEngine.Postgres)
        {
            return OpenAsync();
        }

        var copy = System.IO.Path.Combine(Folder, Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(copy);
        foreach (var file in Directory.EnumerateFiles(Folder, "gateway.db*").Where(file => !file.EndsWith("-shm", StringComparison.Ordinal)))
        {
            File.Copy(file, System.IO.Path.Combine(copy, System.IO.Path.GetFileName(file)));
        }

        return OpenAsync(System.IO.Path.Combine(copy, "gateway.db"));
    }

    public bool Post(Action work)
    {
        _posted.Add(work);
        return true;
    }

    /// <summary>What a store tells the loop, waited for.</summary>
    public async Task<bool> Done(Action<ILoopScheduler, Action<bool>> start)
    {
        bool? result = null;
        start(this, ok => result = ok);
        await Task.Run(() =>
        {
            while (result is null)
            {
                Assert.True(_posted.TryTake(out var work, TimeSpan.FromSeconds(20)), "the store said nothing");
                work();
            }
        });
        return result!.Value;
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(Folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    public static Account Account(Guid domain, string user) => new()
    {
        Id = Guid.CreateVersion7(),
        DomainId = domain,
        User = user,
        DisplayName = "Ada \"Ω\" O'Neil",
        Digest = DigestPolicy.Both,
        Ha1Md5 = new string('a', 32),
        Ha1Sha256 = new string('b', 64),
        PasswordHash = "hash",
        Role = AccountRole.Administrator,
        IsEnabled = false,
        Aliases = ["100", "ada.l"],
    };

    public static Binding Binding(string aor = "ada@gw.example", TimeSpan? expires = null) => new()
    {
        Id = Guid.CreateVersion7(),
        DomainId = Guid.CreateVersion7(),
        NodeId = "node-1",
        Aor = aor,
        Contact = SipUri.Parse("sip:ada@192.0.2.7:5062;line=x%20y;ob"),
        ContactParameters = ";reg-id=1;+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>\"",
        Instance = "\"<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>\"",
        RegId = 1,
        Q = 0.7,
        CallId = "call-id-1",
        CSeq = 2147483647,
        Flow = new Flow(SipTransport.Wss, IPEndPoint.Parse("[2001:db8::1]:5062"), 2, 1L << 60),
        ExpiresAt = Now + (expires ?? TimeSpan.FromMinutes(10)),
        UserAgent = "phone '; drop table bindings; --",
        Path = ["<sip:p1.example;lr>", "<sip:p2.example;lr>"],
    };

    public static CallRecord Call(DateTimeOffset? at = null) => new()
    {
        Id = Guid.CreateVersion7(),
        DomainId = Guid.CreateVersion7(),
        NodeId = "node-1",
        Caller = "ada@gw.example",
        Callee = "bob",
        StartedAt = at ?? Now,
    };
}

/// <summary>A wall clock that stands where it is put; the monotonic clock runs (the writer's thread waits by it).</summary>
internal sealed class FixedTime : TimeProvider
{
    public DateTimeOffset UtcNow { get; set; } = TestDatabase.Now;

    public override DateTimeOffset GetUtcNow() => UtcNow;
}
