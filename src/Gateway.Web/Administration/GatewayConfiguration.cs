using Gateway.Web.Api;
using Gateway.Web.Webhooks;

namespace Gateway.Web.Administration;

/// <summary>All that operators configure, one service a kind; reads the store into memory at start.</summary>
internal sealed class GatewayConfiguration(
    TrunkAdministration trunks, RouteAdministration routes, GroupAdministration groups, NumberAdministration numbers, WidgetAdministration widgets,
    ApiKeyAdministration keys, KeyUses uses, WebhookAdministration webhooks)
{
    public async Task LoadAsync(CancellationToken cancel)
    {
        await trunks.LoadAsync(cancel).ConfigureAwait(false);
        await routes.LoadAsync(cancel).ConfigureAwait(false);
        await groups.LoadAsync(cancel).ConfigureAwait(false);
        await numbers.LoadAsync(cancel).ConfigureAwait(false);
        await widgets.LoadAsync(cancel).ConfigureAwait(false);
        await uses.LoadAsync(cancel).ConfigureAwait(false);
        await keys.LoadAsync(cancel).ConfigureAwait(false);
        await webhooks.LoadAsync(cancel).ConfigureAwait(false);
    }
}

/// <summary>The services of this folder.</summary>
internal static class AdministrationServices
{
    public static void AddAdministration(this IServiceCollection services)
    {
        services.AddSingleton<AdministrationCore>();
        services.AddSingleton<GatewayConfiguration>();
        services.AddSingleton<CallCommands>();
        services.AddAdministered<AccountAdministration, AccountResource>();
        services.AddAdministered<TrunkAdministration, TrunkResource>();
        services.AddAdministered<RouteAdministration, RouteResource>();
        services.AddAdministered<GroupAdministration, GroupResource>();
        services.AddAdministered<NumberAdministration, NumbersResource>();
        services.AddAdministered<WidgetAdministration, WidgetResource>();
        services.AddSingleton<KeyUses>();
        services.AddAdministered<ApiKeyAdministration, ApiKeyResource>();
        services.AddSingleton<WebhookHealth>();
        services.AddAdministered<WebhookAdministration, WebhookResource>();
    }

    private static void AddAdministered<TService, TResource>(this IServiceCollection services)
        where TService : class, IAdministered<TResource> where TResource : class, IResource
    {
        services.AddSingleton<TService>();
        services.AddSingleton<IAdministered<TResource>>(provider => provider.GetRequiredService<TService>());
    }
}
