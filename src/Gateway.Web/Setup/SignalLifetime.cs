using System.Runtime.InteropServices;

namespace Gateway.Web.Setup;

/// <summary>
/// SIGTERM and SIGINT begin a drain instead of the stop that the framework's own lifetime begins: its stop closes the console's
/// connections first, and the console shows how far the drain is. A second signal stops at once.
/// </summary>
internal sealed class SignalLifetime(Restart restart) : IHostLifetime, IDisposable
{
    private readonly List<PosixSignalRegistration> _signals = [];

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        foreach (var signal in (ReadOnlySpan<PosixSignal>)[PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT])
        {
            _signals.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                restart.Stop();
            }));
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        foreach (var signal in _signals)
        {
            signal.Dispose();
        }
    }
}
