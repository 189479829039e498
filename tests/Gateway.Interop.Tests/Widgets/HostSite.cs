using System.Net;
using System.Text;
using Gateway.Interop.Tests.Rig;

namespace Gateway.Interop.Tests.Widgets;

/// <summary>Somebody's web site, on an origin of its own and under a policy that lets it do nothing but load the widget.</summary>
internal sealed class HostSite : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Func<string> _body;
    private readonly string _policy;
    private readonly Task _serving;

    /// <param name="gateway">host:port of the gateway, or of the wire before it.</param>
    /// <param name="body">What stands in the page's body, asked at each load.</param>
    public HostSite(string gateway, Func<string> body)
    {
        _body = body;
        var port = FreePorts.Take();
        Origin = $"http://localhost:{port}";
        _policy = $"default-src 'none'; script-src https://{gateway}; connect-src https://{gateway} wss://{gateway}; media-src blob:; style-src 'none'; base-uri 'none'; form-action 'none'; "
            + "require-trusted-types-for 'script'; trusted-types gw-call";
        _listener.Prefixes.Add(Origin + "/");
        _listener.Start();
        _serving = ServeAsync();
    }

    public string Origin { get; }

    /// <summary>Cookies that requests to this site carried.</summary>
    public string Cookies { get; private set; } = "";

    public static string Snippet(string gateway, string publicId, string attributes = "", string path = "/widget/v1/gw-call.js", string integrity = "") => $"""
        <script type="module" src="{gateway}{path}" {(integrity.Length > 0 ? $"integrity=\"{integrity}\"" : "")} crossorigin="anonymous"></script>
        <gw-call widget-id="{publicId}" {attributes}></gw-call>
        """;

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving;
        _listener.Close();
    }

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }

            Cookies += context.Request.Headers["Cookie"];
            var direction = context.Request.QueryString["dir"] == "rtl" ? "rtl" : "ltr";
            var page = $"""
                <!DOCTYPE html><html lang="en" dir="{direction}"><head><meta charset="utf-8"><title>A shop</title><meta name="viewport" content="width=device-width, initial-scale=1"></head>
                <body><main><h1>A shop</h1><p>It sells things.</p>{_body()}</main></body></html>
                """;
            context.Response.Headers["Content-Security-Policy"] = _policy;
            context.Response.Headers["Permissions-Policy"] = "microphone=(self)";
            context.Response.ContentType = "text/html; charset=utf-8";
            try
            {
                await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(page));
                context.Response.Close();
            }
            catch (HttpListenerException)
            {
                // The browser went on to the next page.
            }
        }
    }
}
