using System.Net;
using System.Net.WebSockets;
using Gateway.Server.Calls;
using Gateway.Server.Ports;
using Gateway.Server.Trunks;
using Gateway.Testing;
using Gateway.Web.Hubs;
using Gateway.Web.Tests.Api;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Web.Tests.Hubs;

/// <summary>The live monitor: typed events in order, resumed by number, for those who may see them.</summary>
public sealed class MonitorHubTests(WebHostFixture fixture) : IClassFixture<WebHostFixture>
{
    private readonly WebHost _host = fixture.Host;

    [Fact]
    public async Task A_call_is_told_step_by_step_and_ends_with_its_record()
    {
        await using var hub = await OpenAsync();
        await hub.SubscribeAsync(null);
        Assert.Equal("subscribed", (string?)(await hub.EventAsync())["type"]);
        var call = Call();

        Tell(call);
        Tell(call with { State = "ringing" });
        Tell(call with { State = "ringing" });
        Tell(call with { State = "answering" });
        Tell(call with { State = "connected", AnsweredAt = DateTimeOffset.UtcNow });
        Tell(call with { State = "held" });
        Tell(call with { State = "ended" });
        Record(call);

        var events = await NextOfAsync(hub, call.Id, 5);
        Assert.Equal(["call.started", "call.ringing", "call.answered", "call.changed", "call.ended"], events.Select(one => (string?)one["type"]));
        Assert.Equal(events.Select(one => (long)one["sequence"]!).Order(), events.Select(one => (long)one["sequence"]!));
        Assert.Equal("held", (string?)events[3]["data"]!["state"]);
        Assert.Equal(("busy-tone", "alice@gateway"), ((string?)events[4]["data"]!["endReason"], (string?)events[4]["data"]!["caller"]));
    }

    [Fact]
    public async Task Who_comes_back_gets_what_was_missed_and_nothing_twice()
    {
        await using var first = await OpenAsync();
        await first.SubscribeAsync(null);
        await first.EventAsync();
        var calls = Enumerable.Range(0, 4).Select(_ => Call()).ToList();
        Tell(calls[0]);
        var seen = (long)(await NextOfAsync(first, calls[0].Id, 1))[0]["sequence"]!;
        await first.DisposeAsync();
        calls[1..].ForEach(Tell);

        await using var second = await OpenAsync();
        await second.SubscribeAsync(seen);

        var start = await second.EventAsync();
        Assert.Equal(("subscribed", true, seen), ((string?)start["type"], (bool)start["data"]!["resumed"]!, (long)start["sequence"]!));
        var ids = calls.Select(call => call.Id.ToString()).ToHashSet();
        List<string> missed = [];
        while (missed.Count < 3)
        {
            var next = await second.EventAsync();
            if (ids.Contains((string?)next["data"]!["id"] ?? ""))
            {
                missed.Add((string)next["data"]!["id"]!);
            }
        }

        Assert.Equal(calls[1..].Select(call => call.Id.ToString()), missed);
    }

    [Theory, InlineData(5), InlineData(long.MaxValue)]
    public async Task A_number_that_is_too_old_or_from_nowhere_asks_for_a_snapshot(long since)
    {
        await using var hub = await OpenAsync();

        await hub.SubscribeAsync(since);

        var start = await hub.EventAsync();
        Assert.Equal(("too-old", false), ((string?)start["type"], (bool)start["data"]!["resumed"]!));
        var snapshot = await hub.SnapshotAsync();
        Assert.True((long)snapshot["sequence"]! >= (long)start["sequence"]!);
        Assert.NotNull(snapshot["calls"]);
        Assert.NotNull(snapshot["stats"]!["registrations"]);
    }

    [Fact]
    public async Task Trunks_and_registrations_are_told_too()
    {
        await using var hub = await OpenAsync();
        using var admin = await _host.ApiClientAsync();
        var trunk = await admin.MakeAsync("trunks", new { name = "seen by the hub", host = "127.0.0.1", enabled = false });
        await hub.SubscribeAsync(null);
        await hub.EventAsync();

        _host.Services.GetRequiredService<IGatewayEvents>().RegistrationChanged("nobody@gateway");
        _host.Services.GetRequiredService<TrunkBoard>().Update(Guid.Parse(trunk.Id()), status => status with { State = TrunkState.Down, LastReason = "503" });

        var registration = await Until("registration.changed");
        Assert.Equal(("nobody@gateway", 0), ((string?)registration["aor"], (int)registration["contacts"]!));
        var changed = await Until("trunk.changed");
        Assert.Equal(("seen by the hub", "down", "503"), ((string?)changed["name"], (string?)changed["status"]!["state"], (string?)changed["status"]!["lastReason"]));

        async Task<System.Text.Json.Nodes.JsonObject> Until(string type)
        {
            while (true)
            {
                var next = await hub.EventAsync();
                if ((string?)next["type"] == type)
                {
                    return next["data"]!.AsObject();
                }
            }
        }
    }

    [Fact, Threat(40)]
    public async Task Strangers_agents_and_foreign_pages_are_refused()
    {
        using var admin = await _host.ApiClientAsync();
        var calls = await admin.MakeAsync("api-keys", new { name = "hub without read", scopes = new[] { "calls" } });
        var read = await admin.MakeAsync("api-keys", new { name = "hub from elsewhere", scopes = new[] { "read" } });

        Assert.Equal(HttpStatusCode.Unauthorized, (await Assert.ThrowsAsync<HttpRequestException>(() => HubConnection.OpenAsync(_host))).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await Assert.ThrowsAsync<HttpRequestException>(() => HubConnection.OpenAsync(_host, (string)calls["key"]!))).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await Assert.ThrowsAsync<HttpRequestException>(() => HubConnection.OpenAsync(_host, (string)read["key"]!, origin: "https://evil.example"))).StatusCode);
    }

    [Fact]
    public async Task A_key_that_is_taken_back_ends_the_connection()
    {
        using var admin = await _host.ApiClientAsync();
        var key = await admin.MakeAsync("api-keys", new { name = "hub for a while" });
        await using var hub = await HubConnection.OpenAsync(_host, (string)key["key"]!);
        await hub.SubscribeAsync(null);
        await hub.EventAsync();

        await admin.SendAsync("DELETE", $"/api/v1/api-keys/{key.Id()}", ifMatch: "*");

        await Assert.ThrowsAnyAsync<WebSocketException>(async () =>
        {
            while (true)
            {
                await hub.NextAsync();
            }
        });
    }

    private async Task<HubConnection> OpenAsync()
    {
        using var admin = await _host.ApiClientAsync();
        var key = await admin.MakeAsync("api-keys", new { name = Guid.NewGuid().ToString() });
        return await HubConnection.OpenAsync(_host, (string)key["key"]!);
    }

    /// <summary>Other tests of the class may run calls of their own: only those of this one.</summary>
    private static async Task<List<System.Text.Json.Nodes.JsonObject>> NextOfAsync(HubConnection hub, Guid call, int count)
    {
        List<System.Text.Json.Nodes.JsonObject> events = [];
        while (events.Count < count)
        {
            var next = await hub.EventAsync();
            if ((string?)next["data"]!["id"] == call.ToString())
            {
                events.Add(next);
            }
        }

        return events;
    }

    private static CallSnapshot Call() => new(Guid.CreateVersion7(), "alice@gateway", "bob@gateway", "trying", DateTimeOffset.UtcNow, null, null);

    private void Tell(CallSnapshot call) => _host.Services.GetRequiredService<IGatewayEvents>().CallChanged(call);

    private void Record(CallSnapshot call) => _host.Services.GetRequiredService<Live.GatewayEvents>().RecordWritten(new CallRecord
    {
        Id = call.Id, DomainId = Guid.Empty, NodeId = "node-1", Caller = call.Caller, Callee = call.Callee, StartedAt = call.StartedAt, EndReason = "busy-tone",
    });
}
