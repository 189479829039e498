using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Gateway.Server.Ports;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Storage.Tests;

/// <summary>
/// A process that writes call records is killed with SIGKILL at random moments: what it had been told is committed is there
/// once and only once, and calls that were on end at their last sign of life, marked as estimated.
/// </summary>
public sealed class CrashOnSqlite() : CrashTests(StorageEngine.Sqlite);

public sealed class CrashOnPostgres() : CrashTests(StorageEngine.Postgres);

public abstract class CrashTests(StorageEngine engine)
{
    private const int Rounds = 6;

    [Fact]
    public async Task A_kill_at_any_moment_neither_loses_nor_doubles_a_record()
    {
        await using var test = new TestDatabase(engine);
        var random = new Random(20261120 + (int)engine);
        var started = new HashSet<Guid>();
        var ended = new HashSet<Guid>();
        await (await test.OpenAsync()).DisposeAsync();

        for (var round = 0; round < Rounds; round++)
        {
            using var child = StartChild(test.Location);
            var deadline = TimeSpan.FromMilliseconds(random.Next(20, 400));
            var watch = default(Stopwatch);
            while (await child.StandardOutput.ReadLineAsync() is { } line)
            {
                if (line.Length < 39 || !Guid.TryParse(line.AsSpan(2, 36), out var id)) continue;
                (line[0] == 'S' ? started : ended).Add(id);
                // Killed a random time after its first commit, in the middle of whatever it writes.
                watch ??= Stopwatch.StartNew();
                if (watch.Elapsed >= deadline && !child.HasExited)
                {
                    child.Kill();
                }
            }

            await child.WaitForExitAsync();
            Assert.Equal(137, child.ExitCode);
        }

        await using var database = await test.OpenAsync();
        await database.Calls.CloseOrphansAsync("node-1", default);
        var records = (await ReadAllAsync(database)).ToLookup(record => record.Id);

        Assert.True(started.Count > 50 && ended.Count > 10, $"too little was written to mean anything: {started.Count} starts, {ended.Count} ends");
        Assert.All(records, record => Assert.Single(record));
        Assert.All(started, id => Assert.NotNull(Assert.Single(records[id]).EndedAt));
        Assert.All(ended, id => Assert.Equal(("caller", false), (records[id].Single().EndReason, records[id].Single().EndIsEstimated)));
        var open = started.Except(ended).Select(id => records[id].Single()).Where(record => record.EndIsEstimated).ToList();
        Assert.NotEmpty(open);
        Assert.All(open, record => Assert.True(record.EndedAt >= record.StartedAt && record.EndReason == "restart"));
    }

    /// <summary>The process that is killed: this very test program, told to run the one test below.</summary>
    private static Process StartChild(string location)
    {
        var start = new ProcessStartInfo(Path.ChangeExtension(typeof(CrashTests).Assembly.Location, null), ["-explicit", "only", "-method", $"{typeof(CrashChild).FullName}.*", "-noLogo"]) { RedirectStandardOutput = true };
        start.Environment[CrashChild.Location] = location;
        return Process.Start(start)!;
    }

    private static async Task<List<Server.Calls.CallRecord>> ReadAllAsync(GatewayDatabase database)
    {
        var all = new List<Server.Calls.CallRecord>();
        DateTimeOffset? before = null;
        while (true)
        {
            var page = await database.Calls.ListAsync(new CallQuery(Before: before, Limit: 1000), default);
            all.AddRange(page);
            if (page.Count < 1000) return all;
            before = page[^1].StartedAt;
        }
    }
}

/// <summary>Writes records and says on the standard output which of them the store has confirmed, until it is killed.</summary>
public sealed class CrashChild
{
    internal const string Location = "GATEWAY_CRASH_CHILD";

    [Fact(Explicit = true)]
    public async Task Write_until_killed()
    {
        var location = Environment.GetEnvironmentVariable(Location);
        Assert.NotNull(location);
        var options = location.StartsWith("Host=", StringComparison.Ordinal)
            ? new StorageOptions { Engine = StorageEngine.Postgres, ConnectionString = location, BehindDelay = TimeSpan.FromMilliseconds(5) }
            : new StorageOptions { Path = location, BehindDelay = TimeSpan.FromMilliseconds(5) };
        await using var database = await GatewayDatabase.OpenAsync(options, NullLogger.Instance, TimeProvider.System, default);
        await using var output = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
        var confirmed = new BlockingCollection<string>();
        var loop = new Direct();
        var at = DateTimeOffset.UtcNow;
        _ = Task.Run(() =>
        {
            for (var i = 0; ; i++)
            {
                // Each start a millisecond of its own, so that pages of records have sharp edges.
                at += TimeSpan.FromMilliseconds(1);
                var call = TestDatabase.Call(at) with { AnsweredAt = at };
                database.Calls.Start(call, loop, ok =>
                {
                    if (!ok) return;
                    confirmed.Add("S " + call.Id + " .");
                    if (call.Id.GetHashCode() % 3 != 0)
                    {
                        database.Calls.End(call with { EndedAt = call.StartedAt.AddSeconds(1), EndReason = "caller" }, () => confirmed.Add("E " + call.Id + " ."));
                    }
                    else
                    {
                        database.Calls.Touch(call.Id, call.StartedAt.AddSeconds(30));
                    }
                });
                Thread.Sleep(1);
            }
        });
        foreach (var line in confirmed.GetConsumingEnumerable())
        {
            await output.WriteLineAsync(line.AsMemory());
        }
    }

    private sealed class Direct : ILoopScheduler
    {
        public bool Post(Action work)
        {
            work();
            return true;
        }
    }
}
