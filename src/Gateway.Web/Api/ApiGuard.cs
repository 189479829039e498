using Gateway.Web.Security;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication.Cookies;

namespace Gateway.Web.Api;

/// <summary>
/// Who comes with a cookie and wants to change something must come from a page of ours: the browser says so itself (Origin),
/// or the page does by its form token. API keys are not sent by browsers on their own, and need neither (THREATS 40).
/// </summary>
internal static class ApiGuard
{
    public static async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var context = invocation.HttpContext;
        context.Response.Headers.CacheControl = "no-store";
        return await IsOurOwnAsync(context).ConfigureAwait(false)
            ? await next(invocation).ConfigureAwait(false)
            : Problems.Of(StatusCodes.Status403Forbidden, "foreign-page", "A request with a cookie must come from a page of this gateway. Programs use an API key: Authorization: Bearer gwk_….");
    }

    private static async Task<bool> IsOurOwnAsync(HttpContext context)
    {
        var request = context.Request;
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || context.User.Identity?.AuthenticationType != CookieAuthenticationDefaults.AuthenticationScheme)
        {
            return true;
        }

        var origin = request.Headers.Origin.ToString();
        return origin.Length > 0
            ? string.Equals(origin, $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase)
            : await context.RequestServices.GetRequiredService<IAntiforgery>().IsRequestValidAsync(context).ConfigureAwait(false);
    }
}
