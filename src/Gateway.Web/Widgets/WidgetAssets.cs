using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Text.Unicode;
using Gateway.Server.Widgets;

namespace Gateway.Web.Widgets;

/// <summary>What the build wrote into wwwroot/widget/integrity.json: the loader's versioned address and the hash of its bytes.</summary>
internal sealed record WidgetManifest(string Version, WidgetFile Loader, WidgetFile Floating, WidgetFile Core);

internal sealed record WidgetFile(string Path, string? Integrity = null);

/// <summary>
/// The widget's own files: the headers that let other sites load and check them, and the snippet that an operator puts into a
/// page. Versioned files never change; /widget/v1/ follows the releases.
/// </summary>
internal sealed partial class WidgetAssets(IWebHostEnvironment environment)
{
    /// <summary>Labels stay readable in every script.</summary>
    private static readonly HtmlEncoder s_html = HtmlEncoder.Create(UnicodeRanges.All);

    /// <summary>Null when the client was not built (no Node at build time).</summary>
    public WidgetManifest? Manifest()
    {
        var file = environment.WebRootFileProvider.GetFileInfo("widget/integrity.json");
        if (!file.Exists) return null;
        using var stream = file.CreateReadStream();
        return JsonSerializer.Deserialize<WidgetManifest>(stream, JsonSerializerOptions.Web);
    }

    /// <summary>The two lines of HTML for a page; null when the client was not built.</summary>
    /// <param name="gateway">Origin of this gateway as pages reach it, e.g. https://gw.example.</param>
    /// <param name="attributes">Further attributes of the element, each with its value.</param>
    public string? Snippet(Widget widget, string gateway, params IEnumerable<(string Name, string Value)> attributes)
    {
        if (Manifest() is not { } manifest) return null;
        var more = string.Concat(attributes.Select(one => $" {one.Name}=\"{s_html.Encode(one.Value)}\""));
        return $"""
            <script type="module" src="{s_html.Encode(gateway)}{manifest.Loader.Path}"
              integrity="{manifest.Loader.Integrity}" crossorigin="anonymous"></script>
            <gw-call widget-id="{widget.PublicId}"{(widget.Label.Length > 0 ? $" label=\"{s_html.Encode(widget.Label)}\"" : "")}{more}></gw-call>
            """;
    }

    /// <summary>For files of the widget only: every site may load them (they hold no secret), and caches keep them as long as is right.</summary>
    public static void UseHeaders(IApplicationBuilder app) => app.Use((context, next) =>
    {
        if (context.Request.Path.StartsWithSegments("/widget", StringComparison.Ordinal))
        {
            var isFixed = VersionedPath().IsMatch(context.Request.Path.Value!);
            context.Response.OnStarting(() =>
            {
                if (context.Response.StatusCode is StatusCodes.Status200OK or StatusCodes.Status304NotModified)
                {
                    var headers = context.Response.Headers;
                    headers.AccessControlAllowOrigin = "*";
                    headers["Cross-Origin-Resource-Policy"] = "cross-origin";
                    headers.CacheControl = isFixed ? "public, max-age=31536000, immutable" : "public, max-age=300";
                }

                return Task.CompletedTask;
            });
        }

        return next(context);
    });

    [GeneratedRegex(@"^/widget/\d+\.\d+\.\d+/", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex VersionedPath();
}
