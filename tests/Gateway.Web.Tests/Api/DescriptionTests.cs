using System.Net;
using System.Text.Json.Nodes;

namespace Gateway.Web.Tests.Api;

/// <summary>The API's description says what is there, in words, and its examples work.</summary>
public sealed class DescriptionTests(WebHostFixture fixture) : IClassFixture<WebHostFixture>
{
    private static readonly string[] s_methods = ["get", "post", "put", "patch", "delete"];

    [Fact]
    public async Task Every_operation_has_a_name_words_and_error_answers()
    {
        var document = await DocumentAsync();
        Assert.StartsWith("3.1", (string)document["openapi"]!, StringComparison.Ordinal);
        var names = new HashSet<string>();
        foreach (var (path, operations) in document["paths"]!.AsObject())
        {
            foreach (var (method, operation) in operations!.AsObject().Where(entry => s_methods.Contains(entry.Key)))
            {
                var where = $"{method} {path}";
                Assert.True(names.Add((string?)operation!["operationId"] ?? ""), where + ": no name of its own");
                Assert.False(string.IsNullOrEmpty((string?)operation["summary"]), where + ": no summary");
                var answers = operation["responses"]!.AsObject().Select(answer => answer.Key).ToList();
                Assert.Contains(answers, answer => answer.StartsWith('2'));
                Assert.Contains("401", answers);
                Assert.Contains("429", answers);
                // A call has no version: it is ended as it is.
                if (method is "put" or "patch" || (method == "delete" && !path.StartsWith("/api/v1/calls/", StringComparison.Ordinal)))
                {
                    Assert.Contains("428", answers);
                    Assert.Contains(operation["parameters"]!.AsArray(), parameter => (string?)parameter!["name"] == "If-Match");
                }
            }
        }
    }

    [Fact]
    public async Task Every_example_can_be_sent_as_it_stands()
    {
        var document = await DocumentAsync();
        using var client = await fixture.Host.ApiClientAsync();
        var sent = 0;
        foreach (var (path, operations) in document["paths"]!.AsObject())
        {
            foreach (var (method, status) in new[] { ("post", HttpStatusCode.Created), ("put", HttpStatusCode.OK) })
            {
                if (path.EndsWith("dry-run", StringComparison.Ordinal) || path is "/api/v1/calls" or "/api/v1/settings/next" || path.Contains('{', StringComparison.Ordinal) || operations![method]?["requestBody"]?["content"]?["application/json"]?["example"] is not { } example)
                {
                    continue;
                }

                var response = await client.SendAsync(method.ToUpperInvariant(), path, example.ToJsonString(), method == "put" ? "*" : null);
                Assert.True(response.StatusCode == status, $"{method} {path}: {response.StatusCode} {await response.Content.ReadAsStringAsync()}");
                sent++;
            }
        }

        Assert.True(sent >= 7, $"{sent} examples");
    }

    [Fact]
    public async Task Secrets_are_described_as_written_only()
    {
        var trunk = (await DocumentAsync())["components"]!["schemas"]!["TrunkResource"]!["properties"]!;

        Assert.True((bool)trunk["password"]!["writeOnly"]!);
        Assert.True((bool)trunk["passwordSet"]!["readOnly"]!);
        Assert.False(string.IsNullOrEmpty((string?)trunk["host"]!["description"]));
    }

    [Theory, InlineData("/openapi/v1.json", HttpStatusCode.Unauthorized), InlineData("/docs/api", HttpStatusCode.Redirect), InlineData("/docs/api/swagger-ui.css", HttpStatusCode.Redirect)]
    public async Task Strangers_see_none_of_it(string path, HttpStatusCode status)
    {
        using var client = fixture.Host.Client();

        Assert.Equal(status, (await client.GetAsync(path)).StatusCode);
    }

    [Fact]
    public async Task The_page_is_served_from_here_and_runs_no_inline_script()
    {
        using var client = await fixture.Host.SignedInAsync();

        var page = await client.GetStringAsync("/docs/api/index.html");

        Assert.Contains("swagger-ui", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http", page.Replace("http-equiv", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("<style", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotMatch("<script(?![^>]*src=)", page);
    }

    private async Task<JsonObject> DocumentAsync()
    {
        using var client = await fixture.Host.SignedInAsync();
        return (await (await client.GetAsync("/openapi/v1.json")).JsonAsync()).AsObject();
    }
}
