using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Gateway.Interop.Tests.Rig;

/// <summary>The REST API as an administrator's program uses it, signed in through the page. What it made it takes away again.</summary>
internal sealed partial class GatewayApi : IAsyncDisposable
{
    private readonly HttpClient _http;
    private readonly Stack<string> _made = new();

    private GatewayApi(HttpClient http) => _http = http;

    public static async Task<GatewayApi> SignInAsync(GatewayProcess gateway)
    {
        var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator, AllowAutoRedirect = false };
        var http = new HttpClient(handler) { BaseAddress = new Uri(gateway.Url), Timeout = TimeSpan.FromSeconds(20) };
        var page = await http.GetStringAsync(new Uri("/login", UriKind.Relative));
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["_handler"] = "login",
            ["__RequestVerificationToken"] = FormToken().Match(page).Groups[1].Value,
            ["Form.User"] = gateway.Alice.User,
            ["Form.Password"] = gateway.Alice.Password,
        });
        var answer = await http.PostAsync(new Uri("/login", UriKind.Relative), form);
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        http.DefaultRequestHeaders.Add("Origin", gateway.Url);
        return new GatewayApi(http);
    }

    public async Task<JsonNode> GetAsync(string path) =>
        (await _http.GetFromJsonAsync<JsonNode>(new Uri("/api/v1/" + path, UriKind.Relative)))!;

    /// <summary>Makes an object; it is deleted at the end, the newest first. Gives its id.</summary>
    public async Task<string> MakeAsync(string kind, object body) => (string)(await CreateAsync(kind, body))["id"]!;

    /// <summary>As <see cref="MakeAsync"/>, giving the whole answer.</summary>
    /// <param name="isKept">False for what goes by itself, such as a call.</param>
    public async Task<JsonNode> CreateAsync(string kind, object body, bool isKept = true)
    {
        using var content = JsonContent.Create(body);
        var answer = await _http.PostAsync(new Uri("/api/v1/" + kind, UriKind.Relative), content);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.Created, $"{kind}: {(int)answer.StatusCode} {text}");
        var made = JsonNode.Parse(text)!;
        if (isKept)
        {
            _made.Push($"{kind}/{(string)made["id"]!}");
        }

        return made;
    }

    /// <summary>Has something done, and gives the answer.</summary>
    public async Task<JsonNode> DoAsync(string path, object? body = null)
    {
        using var content = body is null ? null : JsonContent.Create(body);
        var answer = await _http.PostAsync(new Uri("/api/v1/" + path, UriKind.Relative), content);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {(int)answer.StatusCode} {text}");
        return text.Length > 0 ? JsonNode.Parse(text)! : new JsonObject();
    }

    public async Task DeleteAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, "/api/v1/" + path);
        request.Headers.TryAddWithoutValidation("If-Match", "*");
        var answer = await _http.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
    }

    public async Task<string> AccountIdAsync((string User, string Password) account) =>
        (string)(await GetAsync("accounts?q=" + account.User))["items"]!.AsArray().First(one => (string)one!["user"]! == account.User)!["id"]!;

    /// <summary>A page or file of the console, as text.</summary>
    public Task<string> TextAsync(string path) => _http.GetStringAsync(new Uri("/" + path, UriKind.Relative));

    /// <summary>Changes some fields of an object, whatever its version.</summary>
    public async Task ChangeAsync(string path, object fields)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, "/api/v1/" + path) { Content = JsonContent.Create(fields, new MediaTypeHeaderValue("application/merge-patch+json")) };
        request.Headers.TryAddWithoutValidation("If-Match", "*");
        var answer = await _http.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
    }

    /// <summary>Takes away what it made.</summary>
    public async Task DeleteAllAsync()
    {
        while (_made.TryPop(out var path))
        {
            await DeleteAsync(path);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await DeleteAllAsync();
        _http.Dispose();
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
    private static partial Regex FormToken();
}
