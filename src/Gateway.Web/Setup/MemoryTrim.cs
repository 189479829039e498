using Gateway.Web.Live;

namespace Gateway.Web.Setup;

/// <summary>
/// Gives memory back after a busy time: the collector keeps what a load needed until the next load. It works only while no
/// call is on, because a full collection stops every thread for some milliseconds.
/// </summary>
internal sealed class MemoryTrim(GatewayEvents events, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(10);

    /// <summary>Fewer young collections than this between two looks is a quiet time.</summary>
    private const int QuietCollections = 2;

    /// <summary>Less allocated since the last trim is not worth a stop.</summary>
    private const long WorthTrimming = 16 << 20;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_look, time);
        var (collections, trimmedAt) = (GC.CollectionCount(0), GC.GetTotalAllocatedBytes());
        while (await NextAsync(timer, stoppingToken).ConfigureAwait(false))
        {
            var now = GC.CollectionCount(0);
            var isQuiet = now - collections < QuietCollections && events.Calls.Count == 0;
            collections = now;
            if (isQuiet && GC.GetTotalAllocatedBytes() - trimmedAt > WorthTrimming)
            {
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                (collections, trimmedAt) = (GC.CollectionCount(0), GC.GetTotalAllocatedBytes());
            }
        }
    }

    private static async Task<bool> NextAsync(PeriodicTimer timer, CancellationToken stoppingToken)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
