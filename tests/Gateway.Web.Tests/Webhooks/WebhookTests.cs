using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Gateway.Server.Calls;
using Gateway.Server.Ports;
using Gateway.Testing;
using Gateway.Web.Live;
using Gateway.Web.Tests.Api;
using Gateway.Web.Webhooks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Web.Tests.Webhooks;

/// <summary>Call events on their way to a receiver of the test's own: signed, in order, at least once.</summary>
public sealed class WebhookTests(WebhookTests.Inside fixture) : IClassFixture<WebhookTests.Inside>
{
    /// <summary>A gateway whose webhooks may lead to this machine.</summary>
    public sealed class Inside : IAsyncLifetime
    {
        internal WebHost Host { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Host = await WebHost.StartAsync("Web:WebhookPrivateAddresses=true");

        public async ValueTask DisposeAsync() => await Host.DisposeAsync();
    }

    private readonly WebHost _host = fixture.Host;

    [Fact]
    public async Task Events_come_signed_in_order_and_again_after_a_failure()
    {
        await using var receiver = await Receiver.StartAsync();
        using var admin = await _host.ApiClientAsync();
        var hook = await admin.MakeAsync("webhooks", new { name = "crm", url = receiver.Url, events = new[] { "call.started", "call.ended" } });
        var secret = (string)hook["secret"]!;
        receiver.FailNext(2);

        var call = Tell("trying");
        Tell("ringing", call);
        End(call);

        var got = await receiver.TakeAsync(4);
        // Two tries that failed, then both events; the ringing was not wanted.
        Assert.Equal(["call.started", "call.started", "call.started", "call.ended"], got.Select(one => (string?)one.Body["type"]));
        Assert.Single(got[..3].Select(one => (string?)one.Body["id"]).Distinct());
        Assert.Equal($"{call.Id:N}-ended", (string?)got[3].Body["id"]);
        Assert.Equal("caller", (string?)got[3].Body["data"]!["endReason"]);
        Assert.All(got, one => Assert.True(IsSigned(one, secret)));
        Assert.False(IsSigned(got[3], "another secret"));
        Assert.Equal(("call.ended", $"{call.Id:N}-ended"), (got[3].Event, got[3].EventId));

        var deliveries = await Eventually(async () => (await (await admin.GetAsync($"/api/v1/webhooks/{hook.Id()}/deliveries")).JsonAsync())["items"]!.AsArray(), items => items.All(item => !(bool)item!["isPending"]!));
        Assert.Equal(["call.ended", "call.started"], deliveries.Select(item => (string?)item!["eventType"]));
        Assert.Equal((3, 200), ((int)deliveries[1]!["attempts"]!, (int)deliveries[1]!["status"]!));
        var shown = await (await admin.GetAsync($"/api/v1/webhooks/{hook.Id()}")).JsonAsync();
        Assert.NotNull(shown["lastSuccessAt"]);
        Assert.False(shown.ContainsKey("secret"));
    }

    [Fact]
    public async Task A_test_says_what_became_of_it()
    {
        await using var receiver = await Receiver.StartAsync();
        using var admin = await _host.ApiClientAsync();
        var hook = await admin.MakeAsync("webhooks", new { name = "tried", url = receiver.Url, secret = "sixteen characters" });
        var dead = await admin.MakeAsync("webhooks", new { name = "dead", url = "http://127.0.0.1:9/x", enabled = false });

        var good = await (await admin.SendAsync("POST", $"/api/v1/webhooks/{hook.Id()}/test")).JsonAsync();
        var bad = await (await admin.SendAsync("POST", $"/api/v1/webhooks/{dead.Id()}/test")).JsonAsync();

        Assert.Equal((true, 200), ((bool)good["delivered"]!, (int)good["status"]!));
        var got = Assert.Single(await receiver.TakeAsync(1));
        Assert.Equal("test", (string?)got.Body["type"]);
        Assert.True(IsSigned(got, "sixteen characters"));
        Assert.False(hook.ContainsKey("secret"));
        Assert.Equal((false, 0), ((bool)bad["delivered"]!, (int)bad["status"]!));
        Assert.Contains("cannot be reached", (string?)bad["error"], StringComparison.Ordinal);
        await (await admin.SendAsync("POST", $"/api/v1/webhooks/{Guid.Empty}/test")).ProblemAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_redirect_is_not_followed_and_410_switches_the_webhook_off()
    {
        await using var receiver = await Receiver.StartAsync();
        using var admin = await _host.ApiClientAsync();
        var moved = await admin.MakeAsync("webhooks", new { name = "moved", url = receiver.Url + "redirect", events = new[] { "call.changed" } });
        var gone = await admin.MakeAsync("webhooks", new { name = "gone", url = receiver.Url + "gone", events = new[] { "call.answered" } });

        var result = await (await admin.SendAsync("POST", $"/api/v1/webhooks/{moved.Id()}/test")).JsonAsync();
        Tell("connected", Tell("trying"));

        Assert.Equal((false, 307), ((bool)result["delivered"]!, (int)result["status"]!));
        Assert.Contains("redirect", (string?)result["error"], StringComparison.Ordinal);
        var off = await Eventually(async () => await (await admin.GetAsync($"/api/v1/webhooks/{gone.Id()}")).JsonAsync(), hook => !(bool)hook["enabled"]!);
        Assert.Contains("410", (string?)off["disabledReason"], StringComparison.Ordinal);

        // Whoever switches it on again sees no old reason.
        var on = await (await admin.SendAsync("PATCH", $"/api/v1/webhooks/{gone.Id()}", """{"enabled":true}""", "*", "application/merge-patch+json")).JsonAsync();
        Assert.Equal("", (string?)on["disabledReason"]);
        Assert.DoesNotContain(receiver.All, one => one.Path == "/elsewhere");
    }

    [Fact]
    public async Task An_end_that_the_last_run_did_not_note_is_delivered_by_the_next()
    {
        await using var receiver = await Receiver.StartAsync();
        var data = Directory.CreateTempSubdirectory("gateway-hooks-").FullName;
        CallRecord record;
        await using (var before = await WebHost.StartAsync("Web:WebhookPrivateAddresses=true", "Web:DataFolder=" + data))
        {
            using var admin = await before.ApiClientAsync();
            await admin.MakeAsync("webhooks", new { name = "next run", url = receiver.Url, events = new[] { "call.ended" } });
            // The record is in the store; the word of it never came, as when the process is killed in between.
            var now = DateTimeOffset.UtcNow;
            record = new CallRecord
            {
                Id = Guid.CreateVersion7(), DomainId = Guid.Empty, NodeId = "node-1", Caller = "a@gateway", Callee = "b@gateway", StartedAt = now, EndedAt = now.AddSeconds(1), EndReason = "callee",
            };
            var written = new TaskCompletionSource();
            before.Services.GetRequiredService<ICallLog>().End(record, () => written.TrySetResult());
            await written.Task.WaitAsync(TimeSpan.FromSeconds(10));
        }

        await using var after = await WebHost.StartAsync("Web:WebhookPrivateAddresses=true", "Web:DataFolder=" + data);

        var got = Assert.Single(await receiver.TakeAsync(1));
        Assert.Equal($"{record.Id:N}-ended", got.EventId);
        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task What_nobody_takes_for_a_day_is_given_up_and_the_reason_is_shown()
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.FailNext(100);
        using var admin = await _host.ApiClientAsync();
        var hook = await admin.MakeAsync("webhooks", new { name = "down for a day", url = receiver.Url, events = new[] { "call.changed" } });
        var yesterday = DateTimeOffset.UtcNow.AddHours(-25);

        await _host.Services.GetRequiredService<IWebhookOutbox>().AddAsync([new WebhookDelivery(Guid.CreateVersion7(yesterday), Guid.Parse(hook.Id()), "old", "call.changed", "{}", yesterday)], default);

        var off = await Eventually(async () => await (await admin.GetAsync($"/api/v1/webhooks/{hook.Id()}")).JsonAsync(), one => !(bool)one["enabled"]!);
        Assert.Contains("24 hours", (string?)off["disabledReason"], StringComparison.Ordinal);
        Assert.Contains("503", (string?)off["disabledReason"], StringComparison.Ordinal);
        var entry = (await (await admin.GetAsync($"/api/v1/audit?object={hook.Id()}")).JsonAsync())["items"]![0]!;
        Assert.Equal("gateway", (string?)entry["actor"]);
    }

    [Theory]
    [InlineData("http://127.0.0.1/x"), InlineData("https://[::1]/"), InlineData("https://10.1.2.3/"), InlineData("https://localhost/"), InlineData("http://[::ffff:192.168.1.1]/")]
    [InlineData("ftp://example.com/"), InlineData("https://user:word@example.com/"), InlineData("/hooks"), InlineData("")]
    public async Task An_address_inside_is_refused_when_it_is_written(string url)
    {
        await using var host = await WebHost.StartAsync();
        using var admin = await host.ApiClientAsync();

        Assert.Contains("url", await (await admin.SendAsync("POST", "/api/v1/webhooks", new { name = "ssrf", url })).ProblemAsync(HttpStatusCode.BadRequest));
    }

    [Fact]
    public async Task A_name_that_leads_inside_is_refused_when_it_is_used()
    {
        await using var receiver = await Receiver.StartAsync();
        using var sender = new WebhookSender(new WebOptions(), TimeProvider.System);
        // A name of this machine: what an attacker's own DNS would answer.
        var hook = new Webhook { Id = Guid.NewGuid(), DomainId = Guid.Empty, Name = "rebinding", Url = receiver.Url.Replace("127.0.0.1", Dns.GetHostName(), StringComparison.Ordinal), Secret = new("x") };

        var result = await sender.SendAsync(hook, "e", "test", "{}", default);

        Assert.False(result.Delivered);
        Assert.Contains("no public address", result.Error, StringComparison.Ordinal);
        Assert.Empty(receiver.All);
    }

    private CallSnapshot Tell(string state, CallSnapshot? call = null)
    {
        call = (call ?? new CallSnapshot(Guid.CreateVersion7(), "alice@gateway", "bob@gateway", state, DateTimeOffset.UtcNow, null, null)) with { State = state };
        _host.Services.GetRequiredService<IGatewayEvents>().CallChanged(call);
        return call;
    }

    private void End(CallSnapshot call) => _host.Services.GetRequiredService<GatewayEvents>().RecordWritten(new CallRecord
    {
        Id = call.Id, DomainId = Guid.Empty, NodeId = "node-1", Caller = call.Caller, Callee = call.Callee, StartedAt = call.StartedAt, EndedAt = DateTimeOffset.UtcNow, EndReason = "caller",
    });

    /// <summary>As docs/api.md tells receivers to do it.</summary>
    private static bool IsSigned(Received one, string secret)
    {
        var parts = one.Signature.Split(',').Select(part => part.Split('=')).ToDictionary(part => part[0], part => part[1]);
        var mac = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{parts["t"]}.{one.Raw}")));
        return mac == parts["v1"] && Math.Abs(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - long.Parse(parts["t"], System.Globalization.CultureInfo.InvariantCulture)) < 60;
    }

    private static async Task<T> Eventually<T>(Func<Task<T>> read, Func<T, bool> isRight)
    {
        for (var i = 0; ; i++)
        {
            var value = await read();
            if (isRight(value) || i > 100)
            {
                Assert.True(isRight(value), "it did not come about");
                return value;
            }

            await Task.Delay(100);
        }
    }

    private sealed record Received(string Path, string Raw, JsonNode Body, string Signature, string Event, string EventId);

    /// <summary>A receiver on this machine.</summary>
    private sealed class Receiver : IAsyncDisposable
    {
        private readonly WebApplication _app;
        private readonly BlockingCollection<Received> _received = [];
        private readonly ConcurrentQueue<Received> _all = new();
        private int _failures;

        private Receiver(WebApplication app) => _app = app;

        public string Url => _app.Urls.First() + "/";

        public IReadOnlyCollection<Received> All => _all;

        public static async Task<Receiver> StartAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.WebHost.UseKestrel().UseUrls("http://127.0.0.1:0");
            var app = builder.Build();
            var receiver = new Receiver(app);
            app.Run(receiver.TakeAsync);
            await app.StartAsync();
            return receiver;
        }

        public void FailNext(int count) => _failures = count;

        public Task<List<Received>> TakeAsync(int count) => Task.Run(() =>
        {
            List<Received> taken = [];
            while (taken.Count < count)
            {
                Assert.True(_received.TryTake(out var one, TimeSpan.FromSeconds(20)), $"{taken.Count} of {count} events came");
                taken.Add(one);
            }

            return taken;
        });

        public async ValueTask DisposeAsync()
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
        }

        private async Task TakeAsync(HttpContext context)
        {
            using var reader = new StreamReader(context.Request.Body);
            var raw = await reader.ReadToEndAsync();
            var headers = context.Request.Headers;
            var one = new Received(context.Request.Path, raw, JsonNode.Parse(raw)!, headers["Gateway-Signature"].ToString(), headers["Gateway-Event"].ToString(), headers["Gateway-Event-Id"].ToString());
            _all.Enqueue(one);
            _received.Add(one);
            context.Response.StatusCode = context.Request.Path.Value switch
            {
                "/redirect" => 307,
                "/gone" => 410,
                _ => Interlocked.Decrement(ref _failures) >= 0 ? 503 : 200,
            };
            context.Response.Headers.Location = "/elsewhere";
        }
    }
}
