using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using Gateway.Server.Registrar;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Storage.Tests;

/// <summary>A hundred thousand registered phones: what they cost in memory, how soon they are back after a restart, and what one of them costs.</summary>
[Trait("Category", "Long")]
public sealed class BulkBindingsOnSqlite() : BulkBindingTests(StorageEngine.Sqlite);

[Trait("Category", "Long")]
public sealed class BulkBindingsOnPostgres() : BulkBindingTests(StorageEngine.Postgres);

public abstract class BulkBindingTests(StorageEngine engine)
{
    private const int Many = 100_000;
    private const int Batch = 500;

    /// <summary>What one binding may cost, its table entries, its timer and its place in the directory included.</summary>
    private const int MostBytes = 1024;

    /// <summary>Of work; what else the machine does meanwhile is not ours.</summary>
    private static readonly TimeSpan s_mostWork = TimeSpan.FromSeconds(5);

    [Fact, Row(52), Row(57), Row(55)]
    public async Task A_hundred_thousand_bindings_come_back_in_five_seconds_and_fit_in_a_kilobyte_each()
    {
        await using var test = new TestDatabase(engine);
        await using var database = await test.OpenAsync();
        for (var first = 0; first < Many; first += Batch)
        {
            var changes = Enumerable.Range(first, Batch).Select(i => new BindingChange(BindingChangeKind.Upsert, Phone(i, test.Time.UtcNow))).ToList();
            Assert.True(await test.Done((loop, done) => database.Bindings.Append(changes, loop, done)));
        }

        var core = new CoreHarness();
        core.ClockStep = test.Time.UtcNow - core.UtcNow;
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var work = Process.GetCurrentProcess().TotalProcessorTime;
        var watch = Stopwatch.StartNew();
        await RestoreAsync(database, core);
        work = Process.GetCurrentProcess().TotalProcessorTime - work;
        var elapsed = watch.Elapsed;
        var bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / Many;
        TestContext.Current.SendDiagnosticMessage(string.Create(CultureInfo.InvariantCulture,
            $"{engine}: {Many} bindings: {bytes} bytes each, back after {elapsed.TotalSeconds:0.0} s ({work.TotalSeconds:0.0} s of work)"));

        Assert.Equal(Many, core.Core.Bindings.Count);
        Assert.True(bytes <= MostBytes, $"{bytes} bytes a binding");
        Assert.True(work <= s_mostWork, $"{work} of work to restore");
        // What a refresh touches is its own AOR: the same memory, however many others there are.
        Assert.InRange(RefreshCost(core), 1, RefreshCost(new CoreHarness()) * 11 / 10);
    }

    /// <summary>Bytes that one refresh makes; for once, nobody else allocates on this thread.</summary>
    private static long RefreshCost(CoreHarness core)
    {
        core.AddAccount("ada");
        var phone = new TestPhone(core, "ada", CoreHarness.Wss());
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(200, phone.Register().Status);
        }

        var request = Encoding.UTF8.GetBytes(CoreHarness.Wire(phone.Request("REGISTER", "sip:gw.example", $"Contact: <{phone.ContactUri}>;expires=600")));
        var before = GC.GetAllocatedBytesForCurrentThread();
        core.Receive(request, phone.Flow);
        var cost = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(200, core.Take().Status);
        return cost;
    }

    private static async Task RestoreAsync(GatewayDatabase database, CoreHarness core) =>
        core.Core.Restore(await database.Bindings.LoadAsync(default), core.Now);

    /// <summary>As a phone of today registers: an instance, features, a Call-ID and a User-Agent of some length.</summary>
    private static Binding Phone(int number, DateTimeOffset now)
    {
        var instance = $"\"<urn:uuid:{new Guid(number, 0, 0, new byte[8]):D}>\"";
        var address = new IPAddress([10, (byte)(number >> 16), (byte)(number >> 8), (byte)number]);
        return new Binding
        {
            Id = Guid.CreateVersion7(now),
            DomainId = Guid.AllBitsSet,
            NodeId = "node-1",
            Aor = $"user{number}@gw.example",
            Contact = SipUri.Parse($"sip:user{number}@{address}:5062;transport=udp;line=ab{number:x6}"),
            ContactParameters = $";+sip.instance={instance};methods=\"INVITE,ACK,BYE,CANCEL,OPTIONS,MESSAGE\"",
            Instance = instance,
            CallId = $"{new Guid(number, 1, 1, new byte[8]):N}@{address}",
            CSeq = 7,
            Flow = new Flow(SipTransport.Udp, new IPEndPoint(address, 5062), 0, 0),
            ExpiresAt = now.AddHours(1),
            UserAgent = $"Yealink SIP-T46S 66.86.0.{number % 20}",
        };
    }
}
