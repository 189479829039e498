using System.Globalization;
using Microsoft.Net.Http.Headers;

namespace Gateway.Web.Setup;

/// <summary>Chooses the language of a page from what the browser asks for. A page's circuit keeps what its first request had.</summary>
internal static class Language
{
    public static CultureInfo English { get; } = CultureInfo.GetCultureInfo("en");

    public static CultureInfo Chinese { get; } = CultureInfo.GetCultureInfo("zh-Hans");

    /// <summary>The language of the page at hand, as HTML names it (BCP 47).</summary>
    public static string Tag => CultureInfo.CurrentUICulture.Equals(Chinese) ? "zh-Hans" : "en";

    public static void UseLanguage(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = Choose(context.Request.GetTypedHeaders().AcceptLanguage);
        return next(context);
    });

    internal static CultureInfo Choose(IList<StringWithQualityHeaderValue> wanted)
    {
        foreach (var language in wanted.OrderByDescending(value => value.Quality ?? 1))
        {
            if (language.Value.StartsWith("zh", StringComparison.OrdinalIgnoreCase))
            {
                return Chinese;
            }

            if (language.Value.StartsWith("en", StringComparison.OrdinalIgnoreCase))
            {
                return English;
            }
        }

        return English;
    }
}
