using System.Net;
using System.Security.Cryptography;
using Gateway.Server.Calls;
using Gateway.Server.Configuration;
using Gateway.Server.Ports;
using Gateway.Server.Routing;
using Gateway.Server.Widgets;
using Gateway.Testing;
using Gateway.Web.Widgets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using static Gateway.Web.Tests.Widgets.WidgetRig;

namespace Gateway.Web.Tests.Widgets;

/// <summary>The widget's files as other sites load them, the snippet that names them, and the demo page.</summary>
public sealed class WidgetFileTests(WebHostFixture fixture) : IClassFixture<WebHostFixture>
{
    private readonly WebHost _host = fixture.Host;

    private WidgetAssets Assets => _host.Services.GetRequiredService<WidgetAssets>();

    [Fact]
    public async Task Versioned_files_stay_for_ever_and_are_what_their_hashes_say()
    {
        using var client = _host.Client();
        var manifest = Assets.Manifest()!;
        foreach (var file in new[] { manifest.Loader, manifest.Core })
        {
            using var answer = await client.GetAsync(file.Path);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal("public, max-age=31536000, immutable", answer.Headers.GetValues("Cache-Control").Single());
            Assert.Equal("*", answer.Headers.GetValues("Access-Control-Allow-Origin").Single());
            Assert.Equal("cross-origin", answer.Headers.GetValues("Cross-Origin-Resource-Policy").Single());
            Assert.Equal("text/javascript", answer.Content.Headers.ContentType!.MediaType);
            Assert.Equal(file.Integrity, "sha384-" + Convert.ToBase64String(SHA384.HashData(await answer.Content.ReadAsByteArrayAsync())));
        }
    }

    [Fact]
    public async Task The_floating_file_is_the_same_for_minutes()
    {
        using var client = _host.Client();
        var manifest = Assets.Manifest()!;
        using var floating = await client.GetAsync(manifest.Floating.Path);

        Assert.Equal("public, max-age=300", floating.Headers.GetValues("Cache-Control").Single());
        Assert.Equal(await client.GetByteArrayAsync(manifest.Loader.Path), await floating.Content.ReadAsByteArrayAsync());
        using var missing = await client.GetAsync("/widget/1.0.0/gw-core-0000000000000000.js");
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        Assert.False(missing.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact, Threat(40)]
    public void The_snippet_has_the_hash_and_no_text_that_could_break_out()
    {
        var widget = Add(_host, one => one with { Label = "\"><script>alert(1)</script>" });

        var snippet = Assets.Snippet(widget, "https://gw.example")!;

        Assert.Contains($"src=\"https://gw.example{Assets.Manifest()!.Loader.Path}\"", snippet, StringComparison.Ordinal);
        Assert.Contains($"integrity=\"{Assets.Manifest()!.Loader.Integrity}\" crossorigin=\"anonymous\"", snippet, StringComparison.Ordinal);
        Assert.Contains($"widget-id=\"{widget.PublicId}\"", snippet, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>alert", snippet, StringComparison.Ordinal);
    }

    [Fact, Threat(40)]
    public async Task The_demo_page_is_a_page_of_its_own_with_a_strict_policy()
    {
        var own = Add(_host, one => one with { Origins = [$"https://{_host.Url.Authority}"], Label = "Ring <us>" });
        var foreign = Add(_host);
        using var client = _host.Client();

        using var answer = await client.GetAsync("/demo?widget=" + own.PublicId);
        var page = await answer.Content.ReadAsStringAsync();
        Assert.StartsWith("default-src 'none'; script-src 'self';", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.False(answer.Headers.Contains("Set-Cookie"));
        Assert.Contains($"<gw-call widget-id=\"{own.PublicId}\" label=\"Ring &lt;us&gt;\"", page, StringComparison.Ordinal);

        Assert.Contains("does not admit pages of this address", await client.GetStringAsync("/demo?widget=" + foreign.PublicId), StringComparison.Ordinal);
        var junk = await client.GetStringAsync("/demo?widget=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E&dir=%22x&theme=%22x&lang=%22x&position=%22x");
        Assert.Contains("There is no widget with this id", junk, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>alert", junk, StringComparison.Ordinal);
        Assert.Contains("""<html lang="en" dir="ltr" data-theme="auto">""", junk, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_called_today_before_a_restart_counts()
    {
        // The records of the day stand in the database; the count is read from them at the start.
        var now = DateTimeOffset.UtcNow;
        var counts = new WidgetCounts();
        var widget = Add(_host, one => one with { MaxCallsPerDay = 2 });
        var directory = new ConfigurationDirectory();
        directory.Set(widget);
        using var day = new WidgetDay(directory, new DayLog(widget.Id, now), counts, TimeProvider.System, NullLogger<WidgetDay>.Instance);

        await day.StartAsync(CancellationToken.None);
        await day.ExecuteTask!;

        Assert.Equal(CountVerdict.Day, counts.TryCount(widget, IPAddress.Loopback, now, out _));
    }

    private sealed class DayLog(Guid widget, DateTimeOffset now) : ICallLog
    {
        public void Start(CallRecord record, ILoopScheduler loop, Action<bool> done) => throw new NotSupportedException();

        public void Touch(Guid callId, DateTimeOffset at) => throw new NotSupportedException();

        public void End(CallRecord record, Action? written = null) => throw new NotSupportedException();

        public Task<int> CloseOrphansAsync(string nodeId, CancellationToken cancel) => throw new NotSupportedException();

        public Task<IReadOnlyList<CallRecord>> ListAsync(CallQuery query, CancellationToken cancel)
        {
            Assert.Equal(widget, query.Widget);
            Assert.Equal(now.UtcDateTime.Date, query.From!.Value.UtcDateTime);
            return Task.FromResult<IReadOnlyList<CallRecord>>([.. Enumerable.Range(0, query.Limit).Select(_ => new CallRecord
            {
                Id = Guid.CreateVersion7(), DomainId = Guid.Empty, NodeId = "", Caller = "", Callee = "", StartedAt = now, Widget = widget, CallerKind = CallerKind.Widget,
            })]);
        }
    }
}
