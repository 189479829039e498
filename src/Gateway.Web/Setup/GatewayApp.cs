using Gateway.Storage;
using Gateway.Web.Security;
using Gateway.Web.Sip;

namespace Gateway.Web.Setup;

/// <summary>Puts the host together: settings, certificate, database, services, routes. Program runs it; tests run it on free ports.</summary>
internal static class GatewayApp
{
    /// <param name="change">For tests: replaces services before the host is built.</param>
    /// <exception cref="SettingsException">The settings cannot be used, or a port is taken.</exception>
    public static async Task<WebApplication> BuildAsync(string[] args, Action<WebApplicationBuilder>? change = null)
    {
        List<string> complaints = [];
        var given = CommandLine.Read(args, Environment.GetEnvironmentVariable, complaints);
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            // Where the assembly is, not where it was started: assets and settings lie beside it.
            ContentRootPath = AppContext.BaseDirectory,
            ApplicationName = typeof(GatewayApp).Assembly.GetName().Name,
        });
        builder.Configuration.AddInMemoryCollection(given);
        var saved = new SavedSettings(builder.Configuration["Gateway:Web:DataFolder"] ?? new WebOptions().DataFolder);
        SettingsDesk.AddSaved(builder.Configuration, saved);
        builder.Services.AddSingleton(saved);
        var settings = GatewaySettings.Read(builder.Configuration, complaints);
        PortCheck.Run(settings);

        builder.WebHost.UseStaticWebAssets();
        builder.AddLogs();
        CreatePrivateFolder(settings.Web.DataFolder);
        var start = await FirstStart.OpenAsync(settings).ConfigureAwait(false);
        builder.AddGateway(settings, start);
        change?.Invoke(builder);

        var app = builder.Build();
        app.MapGateway();
        return app;
    }

    /// <summary>The database and the keys of cookies are for the gateway's user alone.</summary>
    private static void CreatePrivateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
