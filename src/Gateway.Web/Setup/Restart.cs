using Gateway.Net.Sip;

namespace Gateway.Web.Setup;

/// <summary>
/// How a run of the host ends: first the running calls get their time, then everything stops. Asked for a second time, it stops
/// at once. After a restart another run begins in the same process; registrations stay.
/// </summary>
internal sealed class Restart(IHostApplicationLifetime lifetime, GatewayHost host, ILogger<Restart> logger) : IDisposable
{
    private readonly CancellationTokenSource _enough = new();
    private int _asked;

    /// <summary>Another run is wanted after this one.</summary>
    public bool IsWanted { get; private set; }

    /// <summary>Null while the gateway takes calls.</summary>
    public DrainProgress? Progress => host.Drain;

    /// <summary>Ends this run and begins another.</summary>
    public void Request()
    {
        IsWanted = true;
        Stop();
    }

    /// <summary>Ends this run: a drain first, at once when it is asked for again.</summary>
    public void Stop()
    {
        if (Interlocked.Increment(ref _asked) == 1)
        {
            _ = Task.Run(StopAsync);
        }
        else
        {
            _enough.Cancel();
        }
    }

    public void Dispose() => _enough.Dispose();

    private async Task StopAsync()
    {
        try
        {
            await host.DrainAsync(_enough.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Whatever went wrong, who asked us to stop must not wait for ever.
            RestartLog.DrainFailed(logger, e);
        }

        lifetime.StopApplication();
    }
}

internal static partial class RestartLog
{
    [LoggerMessage(4096, LogLevel.Error, "Waiting for the running calls failed; the gateway stops now")]
    public static partial void DrainFailed(ILogger logger, Exception fault);
}
