using System.Text.Json.Nodes;
using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Api;

/// <summary>A program that starts and ends calls of phones, and another one that watches.</summary>
[Collection(GatewayCollection.Name)]
public sealed class ClickToDialTests(GatewayFixture fixture)
{
    private readonly GatewayProcess _gateway = fixture.Gateway;

    [Fact, Rfc(3725, "4")]
    public async Task A_call_by_the_api_joins_two_phones_and_is_told_to_who_watches()
    {
        await using var bob = await Baresip.StartAsync(_gateway.Phone(_gateway.Bob) with { Tone = 1000 });
        await using var alice = await Baresip.StartAsync(_gateway.Phone(_gateway.Alice) with { Tone = 440 });
        await using var api = await GatewayApi.SignInAsync(_gateway);
        var key = await api.CreateAsync("api-keys", new { name = "wallboard", scopes = new[] { "read" } });
        // It drops its connection after the second event of the call, and must miss none.
        await using var monitor = PeerProcess.Start("node", [Path.Combine(Chromium.Clients, "src", "monitor.mjs"), _gateway.Url, (string)key["key"]!, "2"],
            environment: new Dictionary<string, string> { ["NODE_TLS_REJECT_UNAUTHORIZED"] = "0" });
        await Eventually.True(() => monitor.Output.Contains("\"subscribed\"", StringComparison.Ordinal), detail: () => monitor.Output);

        var call = (string)(await api.CreateAsync("calls", new { from = _gateway.Alice.User, to = _gateway.Bob.User }, isKept: false))["id"]!;
        await alice.WaitAsync("CALL_ESTABLISHED");
        await bob.WaitAsync("CALL_ESTABLISHED");
        await Task.Delay(TimeSpan.FromSeconds(2.5));
        var live = await api.GetAsync($"calls/{call}");
        await api.DoAsync($"calls/{call}/hold", new { side = "caller", hold = true });
        await Eventually.True(async () => (string?)(await api.GetAsync($"calls/{call}"))["state"] == "held", detail: () => monitor.Output);
        await api.DoAsync($"calls/{call}/hold", new { side = "caller", hold = false });
        await Eventually.True(async () => (string?)(await api.GetAsync($"calls/{call}"))["state"] == "connected", detail: () => monitor.Output);
        await api.DeleteAsync($"calls/{call}");
        await alice.WaitAsync("CALL_CLOSED");
        await bob.WaitAsync("CALL_CLOSED");

        Assert.Equal("connected", (string?)live["state"]);
        Assert.Equal(2, live["legs"]!.AsArray().Count);
        var (atAlice, atBob) = (ToneReport.Of(alice.Recording(), 1000, other: 440), ToneReport.Of(bob.Recording(), 440, other: 1000));
        // A tone that is cut off by the hold has every frequency for a moment; the own voice coming back would last.
        Assert.True(atAlice is { Other.TotalMilliseconds: < 100, Present.TotalSeconds: > 1.5 }, atAlice.ToString());
        Assert.True(atBob is { Other.TotalMilliseconds: < 100, Present.TotalSeconds: > 1.5 }, atBob.ToString());

        await Eventually.True(() => Types(monitor, call).Contains("call.ended"), detail: () => monitor.Output);
        var types = Types(monitor, call);
        Assert.Equal("call.started", types[0]);
        Assert.Contains("call.answered", types);
        Assert.Contains("call.changed", types);
        Assert.Equal("call.ended", types[^1]);
        Assert.Contains("\"resumed\":true", monitor.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("too-old", monitor.Output, StringComparison.Ordinal);
        var record = await api.GetAsync($"call-records/{call}");
        Assert.NotNull(record["answeredAt"]);
    }

    private static List<string> Types(PeerProcess monitor, string call) => monitor.Output.Split('\n')
        .Where(line => line.StartsWith('{'))
        .Select(line => JsonNode.Parse(line)!)
        .Where(line => line["data"] is JsonObject data && (string?)data["id"] == call)
        .Select(line => (string)line["type"]!)
        .ToList();
}
