using System.Reflection;
using Gateway.Web.Administration;
using Gateway.Web.Security;
using Gateway.Web.Setup;

namespace Gateway.Web.Api;

/// <summary>The settings that the gateway runs with. They are given at the start (docs/configuration.md) and read here; what changes while it runs has addresses of its own.</summary>
internal static class SettingsApi
{
    /// <summary>Held back: they are or may hold passwords.</summary>
    private static readonly string[] s_secret = ["Storage:ConnectionString", "Web:ResetPassword"];

    public static void MapSettingsApi(this RouteGroupBuilder api)
    {
        api.MapGet("/settings", (GatewaySettings settings) => Results.Ok(Read(settings)))
            .RequireAuthorization(Access.Admin).WithTags("settings").WithName("get-settings").WithSummary("The settings that this run was started with, by section; secrets are left out.")
            .Produces<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string?>>>();

        api.MapGet("/settings/next", (SettingsDesk desk) => Results.Ok(desk.List()))
            .RequireAuthorization(Access.Admin).WithTags("settings").WithName("get-next-settings").WithSummary("The settings that can be changed here, as the next start will have them.")
            .Produces<IReadOnlyList<EditableSetting>>();

        api.MapPost("/settings/next", async (HttpContext context, SettingsDesk desk, AdministrationCore core) =>
            {
                var (wanted, refusal) = await ApiBody.ReadAsync<Dictionary<string, string>>(context);
                if (wanted is null)
                {
                    return refusal!;
                }

                if (wanted.FirstOrDefault(pair => pair.Value is null).Key is { } empty)
                {
                    return Problems.Field(empty, "A text; an empty one takes the setting back to its default.");
                }

                if (desk.List() is var known && wanted.Keys.FirstOrDefault(key => !known.Any(setting => setting.Key == key && !setting.IsFixed)) is { } other)
                {
                    return Problems.Field(other, known.Any(setting => setting.Key == other)
                        ? "A flag or an environment variable of the gateway says it, and wins: change it there."
                        : $"It cannot be changed here. There are {string.Join(", ", known.Select(setting => setting.Key))}.");
                }

                if (desk.Save(wanted) is { Count: > 0 } complaints)
                {
                    // A complaint begins with its key.
                    return Problems.Of(StatusCodes.Status400BadRequest, "invalid", "The gateway would not start with that.",
                        [.. complaints.Select(complaint => new FieldError(wanted.Keys.FirstOrDefault(key => complaint.StartsWith(key, StringComparison.OrdinalIgnoreCase)) ?? "", complaint))]);
                }

                await core.LogAsync(ObjectsApi.ActorOf(context), "update", "settings", "", string.Join("; ", wanted.Select(pair => $"{pair.Key}: {pair.Value}")), context.RequestAborted);
                return Results.Ok(desk.List());
            })
            .RequireAuthorization(Access.Admin).WithTags("settings").WithName("change-settings").WithSummary("Changes settings of the next start: checked as a start would, by key; an empty text takes one back to its default.")
            .Accepts<Dictionary<string, string>>("application/json").WithMetadata(new ApiExample("""{"Gateway:Web:SignInLifetime":"08:00:00"}""")).Produces<IReadOnlyList<EditableSetting>>().ProducesProblem(400);
    }

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
