using Gateway.Net.Sip;
using Gateway.Server;
using Gateway.Web.Administration;
using Gateway.Web.Sip;

namespace Gateway.Web.Setup;

/// <summary>The order of start and stop: everything listens, then the start page; calls are hung up, then sockets close, then the database.</summary>
internal sealed class GatewayService(GatewaySettings settings, ServerOptions server, FirstStart start, GatewayHost host, SipSockets sockets, GatewayConfiguration configuration) : IHostedLifecycleService
{
    /// <summary>Before anything listens: trunks, routes and widgets are there with the first request.</summary>
    public Task StartingAsync(CancellationToken cancellationToken) => configuration.LoadAsync(cancellationToken);

    public Task StartAsync(CancellationToken cancellationToken) => host.StartAsync(cancellationToken);

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        sockets.Start();
        if (settings.Web.StartPage)
        {
            Console.Out.Write(StartPage.Text(settings, server, start));
            Console.Out.Flush();
        }

        return Task.CompletedTask;
    }

    /// <summary>Before the web host stops: it would wait for sockets that wait for it.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await host.StopAsync(cancellationToken).ConfigureAwait(false);
        sockets.Stop();
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken) => await start.Database.DisposeAsync().ConfigureAwait(false);
}
