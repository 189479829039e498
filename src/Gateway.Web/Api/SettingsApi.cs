using System.Reflection;
using Gateway.Web.Security;
using Gateway.Web.Setup;

namespace Gateway.Web.Api;

/// <summary>The settings that the gateway runs with. They are given at the start (docs/configuration.md) and read here; what changes while it runs has addresses of its own.</summary>
internal static class SettingsApi
{
    /// <summary>Held back: they are or may hold passwords.</summary>
    private static readonly string[] s_secret = ["Storage:ConnectionString", "Web:ResetPassword"];

    public static void MapSettingsApi(this RouteGroupBuilder api) => api.MapGet("/settings", (GatewaySettings settings) => Results.Ok(Read(settings)))
        .RequireAuthorization(Access.Admin).WithTags("settings").WithName("get-settings").WithSummary("The settings that this run was started with, by section; secrets are left out.")
        .Produces<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string?>>>();

    internal static IReadOnlyDictionary<string, IReadOnlyDictionary<string, string?>> Read(GatewaySettings settings) => typeof(GatewaySettings).GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(section => section.PropertyType.IsClass && section.PropertyType.Name.EndsWith("Options", StringComparison.Ordinal))
        .ToDictionary(section => section.Name, section => (IReadOnlyDictionary<string, string?>)Values(section.Name, section.GetValue(settings)!));

    private static Dictionary<string, string?> Values(string section, object options) => options.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(property => property.CanWrite && !s_secret.Contains($"{section}:{property.Name}"))
        .ToDictionary(property => property.Name, property => property.GetValue(options) switch
        {
            null => null,
            string text => text,
            System.Collections.IEnumerable list => string.Join(", ", list.Cast<object>()),
            IFormattable value => value.ToString(null, System.Globalization.CultureInfo.InvariantCulture),
            var value => value.ToString(),
        });
}
