namespace Gateway.Web.Security;

/// <summary>Headers that keep a page from doing what ours never do: foreign scripts, frames, and devices other than the microphone.</summary>
internal static class SecurityHeaders
{
    public static void UseSecurityHeaders(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        var headers = context.Response.Headers;
        // connect-src names the WebSockets of this host too: older browsers do not count them as 'self'.
        headers.ContentSecurityPolicy =
            $"default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self' blob:; connect-src 'self' wss://{Host(context)}; "
            + "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "microphone=(self), speaker-selection=(self), camera=(), geolocation=(), display-capture=()";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        return next(context);
    });

    /// <summary>The Host header is the client's own text: only what can be a host goes into a header of ours.</summary>
    private static string Host(HttpContext context)
    {
        var host = context.Request.Host.Value ?? "";
        return host.Length is > 0 and < 256 && host.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or ':' or '[' or ']') ? host : "localhost";
    }
}
