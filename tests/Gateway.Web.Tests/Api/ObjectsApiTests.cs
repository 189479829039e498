using System.Net;
using System.Text.Json.Nodes;
using Gateway.Server.Configuration;
using Gateway.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Web.Tests.Api;

/// <summary>The six operations that every kind of object has, and every way they refuse.</summary>
public sealed class ObjectsApiTests(WebHostFixture fixture) : IClassFixture<WebHostFixture>
{
    private readonly WebHost _host = fixture.Host;

    /// <summary>Per kind: what makes one, and a patch of it.</summary>
    public static TheoryData<string, string, string> Kinds => new()
    {
        { "accounts", """{"user":"NAME","displayName":"One"}""", """{"displayName":"Two"}""" },
        { "trunks", """{"name":"NAME","host":"pbx.example.com","transport":"tcp","dids":[{"number":"+4930*","to":{"kind":"service","service":"echo"}}]}""", """{"port":5070}""" },
        { "routes", """{"name":"NAME","pattern":"+49","order":5,"to":{"kind":"reject","status":403,"reason":"No"},"when":[{"days":["monday"],"from":"09:00","to":"17:30"}]}""", """{"order":7}""" },
        { "groups", """{"name":"NAME","ringSeconds":20}""", """{"ringSeconds":25}""" },
        { "widgets", """{"name":"NAME","to":{"kind":"service","service":"tone"},"origins":["https://shop.example"]}""", """{"maxCalls":2}""" },
    };

    [Theory, MemberData(nameof(Kinds))]
    public async Task An_object_is_made_read_replaced_patched_and_deleted(string kind, string body, string patch)
    {
        using var client = await _host.ApiClientAsync();
        body = body.Replace("NAME", "life-" + kind, StringComparison.Ordinal);

        var created = await client.SendAsync("POST", $"/api/v1/{kind}", body);
        Assert.True(created.StatusCode == HttpStatusCode.Created, await created.Content.ReadAsStringAsync());
        var made = await created.JsonAsync();
        var path = created.Headers.Location!.OriginalString;
        Assert.Equal($"/api/v1/{kind}/{made.Id()}", path);
        Assert.Equal("\"1\"", created.Headers.ETag!.Tag);

        var read = await client.GetAsync(path);
        Assert.Equal("\"1\"", read.Headers.ETag!.Tag);
        var again = new HttpRequestMessage(HttpMethod.Get, path);
        again.Headers.Add("If-None-Match", "\"1\"");
        Assert.Equal(HttpStatusCode.NotModified, (await client.SendAsync(again)).StatusCode);

        // What was read can be written back as it is.
        var replaced = await client.SendAsync("PUT", path, await read.Content.ReadAsStringAsync(), "\"1\"");
        Assert.True(replaced.StatusCode == HttpStatusCode.OK, await replaced.Content.ReadAsStringAsync());
        Assert.Equal("\"2\"", replaced.Headers.ETag!.Tag);

        var patched = await client.SendAsync("PATCH", path, patch, "\"2\"", "application/merge-patch+json");
        Assert.True(patched.StatusCode == HttpStatusCode.OK, await patched.Content.ReadAsStringAsync());
        var change = JsonNode.Parse(patch)!.AsObject().Single();
        Assert.True(JsonNode.DeepEquals(change.Value, (await patched.JsonAsync())[change.Key]));

        Assert.Equal(HttpStatusCode.NoContent, (await client.SendAsync("DELETE", path, ifMatch: "\"3\"")).StatusCode);
        await (await client.GetAsync(path)).ProblemAsync(HttpStatusCode.NotFound);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Every_refusal_has_its_status(string kind, string body, string patch)
    {
        using var client = await _host.ApiClientAsync();
        body = body.Replace("NAME", "refuse-" + kind, StringComparison.Ordinal);
        var path = $"/api/v1/{kind}/{(await client.MakeAsync(kind, body)).Id()}";
        var nobody = $"/api/v1/{kind}/{Guid.Empty}";

        var taken = await (await client.SendAsync("POST", $"/api/v1/{kind}", body)).ProblemAsync(HttpStatusCode.Conflict);
        Assert.Contains(kind == "accounts" ? "user" : "name", taken.Keys);
        await (await client.SendAsync("PUT", path, body)).ProblemAsync(HttpStatusCode.PreconditionRequired);
        await (await client.SendAsync("PUT", path, body, "\"7\"")).ProblemAsync(HttpStatusCode.PreconditionFailed);
        await (await client.SendAsync("PUT", path, body, "W/\"1\"")).ProblemAsync(HttpStatusCode.PreconditionFailed);
        await (await client.SendAsync("PUT", nobody, body, "*")).ProblemAsync(HttpStatusCode.NotFound);
        await (await client.SendAsync("DELETE", nobody, ifMatch: "*")).ProblemAsync(HttpStatusCode.NotFound);
        await (await client.SendAsync("DELETE", path)).ProblemAsync(HttpStatusCode.PreconditionRequired);
        await (await client.SendAsync("PATCH", path, patch, "*")).ProblemAsync(HttpStatusCode.UnsupportedMediaType);
        await (await client.SendAsync("POST", $"/api/v1/{kind}", body, type: "text/plain")).ProblemAsync(HttpStatusCode.UnsupportedMediaType);
        await (await client.SendAsync("POST", $"/api/v1/{kind}", "{\"name\":\"" + new string('x', 2 << 20))).ProblemAsync(HttpStatusCode.RequestEntityTooLarge);
        await (await client.SendAsync("POST", $"/api/v1/{kind}", "{broken")).ProblemAsync(HttpStatusCode.BadRequest);
        await (await client.SendAsync("POST", $"/api/v1/{kind}", "null")).ProblemAsync(HttpStatusCode.BadRequest);
        await (await client.SendAsync("POST", $"/api/v1/{kind}", "[1]")).ProblemAsync(HttpStatusCode.BadRequest);
        await (await client.SendAsync("POST", $"/api/v1/{kind}", string.Concat(Enumerable.Repeat("{\"a\":", 60)))).ProblemAsync(HttpStatusCode.BadRequest);
        var unknown = await (await client.SendAsync("POST", $"/api/v1/{kind}", """{"colour":"red"}""")).ProblemAsync(HttpStatusCode.BadRequest);
        Assert.Equal("colour", Assert.Single(unknown).Key);
        Assert.Equal("limit", Assert.Single(await (await client.GetAsync($"/api/v1/{kind}?limit=0")).ProblemAsync(HttpStatusCode.BadRequest)).Key);
        Assert.Equal("cursor", Assert.Single(await (await client.GetAsync($"/api/v1/{kind}?cursor=*")).ProblemAsync(HttpStatusCode.BadRequest)).Key);
        Assert.Equal("colour", Assert.Single(await (await client.GetAsync($"/api/v1/{kind}?colour=red")).ProblemAsync(HttpStatusCode.BadRequest)).Key);
    }

    [Theory]
    [InlineData("accounts", """{"user":"no blanks"}""", "user")]
    [InlineData("accounts", """{"user":"x1","password":"short"}""", "password")]
    [InlineData("accounts", """{"user":"x1","role":"king"}""", "role")]
    [InlineData("accounts", """{"user":"x1","aliases":["bob"]}""", "aliases[0]")]
    [InlineData("accounts", """{"user":"x1","callerNumber":"030 12"}""", "callerNumber")]
    [InlineData("accounts", """{"user":"x1","rights":{"allowedPrefixes":["49"]}}""", "rights.allowedPrefixes[0]")]
    [InlineData("trunks", """{"name":"x"}""", "host")]
    [InlineData("trunks", """{"name":" ","host":"a.example"}""", "name")]
    [InlineData("trunks", """{"name":"x","host":"not a host"}""", "host")]
    [InlineData("trunks", """{"name":"x","host":"a.example","port":70000}""", "port")]
    [InlineData("trunks", """{"name":"x","host":"a.example","port":"5060"}""", "port")]
    [InlineData("trunks", """{"name":"x","host":"a.example","transport":"wss"}""", "transport")]
    [InlineData("trunks", """{"name":"x","host":"a.example","type":"registering"}""", "user")]
    [InlineData("trunks", """{"name":"x","host":"a.example","allowedSources":["192.0.2.0/33"]}""", "allowedSources[0]")]
    [InlineData("trunks", """{"name":"x","host":"a.example","codecs":["gsm"]}""", "codecs[0]")]
    [InlineData("trunks", """{"name":"x","host":"a.example","dids":[{"number":"1","to":{"kind":"account","account":"00000000-0000-0000-0000-000000000001"}}]}""", "dids[0].to.account")]
    [InlineData("trunks", """{"name":"x","host":"a.example","dids":[{"number":"1","to":{"kind":"moon"}}]}""", "dids[0].to")]
    [InlineData("trunks", """{"name":"x","host":"a.example","dids":[{"number":"1","to":{"service":"echo"}}]}""", "kind")]
    [InlineData("trunks", """{"name":"x","host":"a.example","tls":{"certificate":"no pem"}}""", "tls.certificate")]
    [InlineData("trunks", """{"name":"x","host":"a.example","name":"y"}""", "name")]
    [InlineData("routes", """{"name":"x","match":"regex","pattern":"(?=a)","to":{"kind":"service","service":"echo"}}""", "pattern")]
    [InlineData("routes", """{"name":"x","match":"regex","pattern":"(","to":{"kind":"service","service":"echo"}}""", "pattern")]
    [InlineData("routes", """{"name":"x","pattern":"1"}""", "to")]
    [InlineData("routes", """{"name":"x","pattern":"1","to":{"kind":"trunk","group":"nowhere"}}""", "to.group")]
    [InlineData("routes", """{"name":"x","pattern":"1","to":{"kind":"service","service":"echo"},"timeZone":"Mars/Base"}""", "timeZone")]
    [InlineData("routes", """{"name":"x","pattern":"1","to":{"kind":"service","service":"echo"},"when":[{"days":["monday"],"from":"9 am"}]}""", "when[0].from")]
    [InlineData("groups", """{"name":"x","extension":"alice"}""", "extension")]
    [InlineData("groups", """{"name":"x","ringSeconds":1}""", "ringSeconds")]
    [InlineData("groups", """{"name":"x","members":["00000000-0000-0000-0000-000000000001"]}""", "members[0]")]
    [InlineData("widgets", """{"name":"x","to":{"kind":"service","service":"echo"},"origins":["https://shop.example/path"]}""", "origins[0]")]
    [InlineData("widgets", """{"name":"x","to":{"kind":"service","service":"echo"},"origins":["https://*.example"]}""", "origins[0]")]
    [InlineData("widgets", """{"name":"x","to":{"kind":"service","service":"echo"},"requiresSignedVisitor":true}""", "visitorKey")]
    [InlineData("widgets", """{"name":"x","to":{"kind":"service","service":"echo"},"visitorHeaders":["A\r\nB"]}""", "visitorHeaders[0]")]
    public async Task What_does_not_fit_is_named_by_field(string kind, string body, string field)
    {
        using var client = await _host.ApiClientAsync();

        var errors = await (await client.SendAsync("POST", $"/api/v1/{kind}", body)).ProblemAsync(HttpStatusCode.BadRequest);

        Assert.Contains(field, errors.Keys);
        Assert.NotEmpty(errors[field]);
    }

    [Theory]
    [InlineData("accounts", "aliases"), InlineData("trunks", "dids"), InlineData("trunks", "extensions"), InlineData("trunks", "codecs"), InlineData("routes", "when"), InlineData("routes", "sources")]
    [InlineData("groups", "members"), InlineData("widgets", "origins"), InlineData("widgets", "hours"), InlineData("api-keys", "scopes"), InlineData("webhooks", "events")]
    public async Task An_empty_place_in_a_list_is_named(string kind, string field)
    {
        using var client = await _host.ApiClientAsync();

        var list = await (await client.SendAsync("POST", $"/api/v1/{kind}", $$"""{"{{field}}":[null]}""")).ProblemAsync(HttpStatusCode.BadRequest);
        var none = await (await client.SendAsync("POST", $"/api/v1/{kind}", $$"""{"{{field}}":null}""")).ProblemAsync(HttpStatusCode.BadRequest);

        Assert.Contains(field + "[0]", list.Keys);
        Assert.Contains(field, none.Keys);
    }

    [Theory]
    [InlineData("trunks", """{"tls":null}""", "tls"), InlineData("trunks", """{"host":null}""", "host"), InlineData("trunks", """{"name":"x","host":"a.example","dids":[{"number":null,"to":null}]}""", "dids[0].number")]
    [InlineData("accounts", """{"user":null}""", "user"), InlineData("accounts", """{"rights":null}""", "rights"), InlineData("accounts", """{"user":"x1","rights":{"allowedPrefixes":[null]}}""", "rights.allowedPrefixes[0]")]
    [InlineData("trunks", """{"name":"x","host":"a.example","dids":[{"to":{"kind":"service","service":"echo"}}]}""", "dids[0].number")]
    [InlineData("routes", """{"name":"x","pattern":"1","to":{"kind":"forward"}}""", "to.number"), InlineData("routes", """{"name":"x","pattern":"1","to":{"kind":"reject","status":403}}""", "to.reason")]
    [InlineData("calls", """{"from":"alice"}""", "to")]
    public async Task Nothing_where_something_belongs_is_named(string kind, string body, string field)
    {
        using var client = await _host.ApiClientAsync();

        Assert.Contains(field, await (await client.SendAsync("POST", $"/api/v1/{kind}", body)).ProblemAsync(HttpStatusCode.BadRequest));
    }

    [Theory, Threat(22)]
    [InlineData("accounts", "displayName", """{"user":"crlf","displayName":"Eve\r\nVia: x"}""")]
    [InlineData("trunks", "name", """{"name":"a\r\nb","host":"a.example"}""")]
    [InlineData("trunks", "user", """{"name":"crlf","host":"a.example","user":"a\r\nTo: b"}""")]
    [InlineData("trunks", "domain", """{"name":"crlf","host":"a.example","domain":"a\r\nb"}""")]
    [InlineData("routes", "to.number", """{"name":"crlf","pattern":"1","to":{"kind":"forward","number":"1\r\nX: y"}}""")]
    [InlineData("routes", "to.reason", """{"name":"crlf","pattern":"1","to":{"kind":"reject","status":403,"reason":"a\r\nX: y"}}""")]
    [InlineData("widgets", "callerName", """{"name":"crlf","to":{"kind":"service","service":"echo"},"callerName":"a\u0000b"}""")]
    public async Task No_line_end_gets_into_a_sip_header(string kind, string field, string body)
    {
        using var client = await _host.ApiClientAsync();

        var errors = await (await client.SendAsync("POST", $"/api/v1/{kind}", body)).ProblemAsync(HttpStatusCode.BadRequest);

        Assert.Contains(field, errors.Keys);
    }

    [Fact]
    public async Task Lists_come_in_pages_that_neither_skip_nor_repeat()
    {
        await using var host = await WebHost.StartAsync();
        using var client = await host.ApiClientAsync();
        for (var i = 0; i < 7; i++)
        {
            await client.MakeAsync("groups", new { name = $"page {i}" });
        }

        List<string> seen = [];
        string? next = "/api/v1/groups?limit=3";
        while (next is not null)
        {
            var response = await client.GetAsync(next);
            var page = await response.JsonAsync();
            seen.AddRange(page["items"]!.AsArray().Select(item => (string)item!["name"]!));
            var link = response.Headers.TryGetValues("Link", out var links) ? links.Single() : null;
            Assert.Equal(page["next"] is not null, link is not null);
            next = link?.Split('>')[0].TrimStart('<');

            // The list changes while it is read.
            if (seen.Count == 3)
            {
                await client.MakeAsync("groups", new { name = "page 0 and a half" });
            }
        }

        Assert.Equal(Enumerable.Range(0, 7).Select(i => $"page {i}"), seen);
    }

    [Fact]
    public async Task A_change_is_in_force_and_survives_a_restart()
    {
        var data = Directory.CreateTempSubdirectory("gateway-api-").FullName;
        await using (var host = await WebHost.StartAsync("Web:DataFolder=" + data))
        {
            using var client = await host.ApiClientAsync();
            var directory = host.Services.GetRequiredService<ConfigurationDirectory>();

            var trunk = await client.MakeAsync("trunks", new { name = "Carrier", host = "127.0.0.1", port = 9, type = "registering", user = "u", password = "s3cret-word" });

            var live = Assert.Single(directory.Current.Trunks);
            Assert.Equal("s3cret-word", live.Password.Reveal());
            Assert.True((bool)trunk["passwordSet"]!);
            Assert.False(trunk.ContainsKey("password"));

            // An empty secret keeps what stands.
            var kept = await client.SendAsync("PATCH", $"/api/v1/trunks/{trunk.Id()}", """{"weight":7}""", "*", "application/merge-patch+json");
            Assert.Equal(HttpStatusCode.OK, kept.StatusCode);
            Assert.Equal((7, "s3cret-word"), (directory.Current.Trunks[0].Weight, directory.Current.Trunks[0].Password.Reveal()));

            await client.SendAsync("PUT", "/api/v1/numbers", """{"countryCode":"49"}""", "\"0\"");
            Assert.Equal("49", directory.Current.Numbers.CountryCode);
        }

        Assert.DoesNotContain("s3cret-word", await File.ReadAllTextAsync(Path.Combine(data, "gateway.db"), System.Text.Encoding.Latin1), StringComparison.Ordinal);
        await using (var again = await WebHost.StartAsync("Web:DataFolder=" + data))
        {
            var snapshot = again.Services.GetRequiredService<ConfigurationDirectory>().Current;
            var trunk = Assert.Single(snapshot.Trunks);
            Assert.Equal(("Carrier", 7, "s3cret-word", "49"), (trunk.Name, trunk.Weight, trunk.Password.Reveal(), snapshot.Numbers.CountryCode));
        }

        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task What_others_lead_to_does_not_go()
    {
        using var client = await _host.ApiClientAsync();
        var trunk = await client.MakeAsync("trunks", new { name = "needed", host = "192.0.2.9" });
        var route = await client.MakeAsync("routes", new { name = "needs it", pattern = "+1", to = new { kind = "trunk", group = "needed" } });

        var refused = await client.SendAsync("DELETE", $"/api/v1/trunks/{trunk.Id()}", ifMatch: "*");

        await refused.ProblemAsync(HttpStatusCode.Conflict);
        Assert.Contains("needs it", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NoContent, (await client.SendAsync("DELETE", $"/api/v1/routes/{route.Id()}", ifMatch: "*")).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await client.SendAsync("DELETE", $"/api/v1/trunks/{trunk.Id()}", ifMatch: "*")).StatusCode);
    }

    [Fact]
    public async Task An_unknown_address_is_a_problem_not_a_page()
    {
        using var client = await _host.ApiClientAsync();

        await (await client.GetAsync("/api/v1/nothing")).ProblemAsync(HttpStatusCode.NotFound);
        await (await client.SendAsync("DELETE", "/api/v1/trunks", ifMatch: "*")).ProblemAsync(HttpStatusCode.MethodNotAllowed);
    }
}
