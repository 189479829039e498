using Gateway.Storage;

namespace Gateway.Web.Setup;

/// <summary>Once an hour, removes call records and audit entries that are older than they may be kept.</summary>
internal sealed class RecordRetention(FirstStart start, GatewaySettings settings, TimeProvider time, ILogger<RecordRetention> logger) : BackgroundService
{
    private static readonly TimeSpan s_interval = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (settings.Storage.KeepRecords == TimeSpan.Zero)
        {
            return;
        }

        using var timer = new PeriodicTimer(s_interval, time);
        do
        {
            try
            {
                var removed = await start.Database.PurgeAsync(time.GetUtcNow() - settings.Storage.KeepRecords, stoppingToken).ConfigureAwait(false);
                if (removed > 0)
                {
                    RetentionLog.Removed(logger, removed, settings.Storage.KeepRecords.TotalDays);
                }
            }
            catch (StorageException e)
            {
                RetentionLog.Failed(logger, e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
    }
}

internal static partial class RetentionLog
{
    [LoggerMessage(4090, LogLevel.Information, "{count} call records and audit entries were older than {days} days and are removed")]
    public static partial void Removed(ILogger logger, int count, double days);

    [LoggerMessage(4091, LogLevel.Warning, "Old call records could not be removed; tried again in an hour")]
    public static partial void Failed(ILogger logger, Exception reason);
}
