using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gateway.Web.Tests.Api;

/// <summary>What the tests of the API do often: requests as a page of ours sends them, and problems read back.</summary>
internal static class ApiRig
{
    /// <summary>A signed-in client whose requests carry the Origin of the gateway's pages.</summary>
    public static async Task<HttpClient> ApiClientAsync(this WebHost host, string user = "alice")
    {
        var client = await host.SignedInAsync(user);
        client.DefaultRequestHeaders.Add("Origin", host.Url.GetLeftPart(UriPartial.Authority));
        return client;
    }

    public static Task<HttpResponseMessage> SendAsync(this HttpClient client, string method, string path, object? body = null, string? ifMatch = null, string type = "application/json")
    {
        var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new StringContent(body as string ?? JsonSerializer.Serialize(body, JsonSerializerOptions.Web), Encoding.UTF8);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
        }

        // A long body waits for the word to go on: a refusal comes before it.
        request.Headers.ExpectContinue = request.Content?.Headers.ContentLength > 64 * 1024;
        if (ifMatch is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        }

        return client.SendAsync(request);
    }

    public static async Task<JsonObject> JsonAsync(this HttpResponseMessage response) =>
        (await response.Content.ReadFromJsonAsync<JsonNode>())!.AsObject();

    /// <summary>The status is this, and the body a problem document; its errors by field.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> ProblemAsync(this HttpResponseMessage response, HttpStatusCode status)
    {
        Assert.Equal((status, "application/problem+json"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        var problem = await response.JsonAsync();
        Assert.Equal((int)status, (int)problem["status"]!);
        return problem["errors"]?.AsObject().ToDictionary(error => error.Key, error => (string)error.Value![0]!) ?? [];
    }

    public static async Task<JsonObject> MakeAsync(this HttpClient client, string kind, object body)
    {
        var response = await client.SendAsync("POST", $"/api/v1/{kind}", body);
        Assert.True(response.StatusCode == HttpStatusCode.Created, $"{response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
        return await response.JsonAsync();
    }

    public static string Id(this JsonObject resource) => (string)resource["id"]!;
}
