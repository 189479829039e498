using Gateway.Server.Configuration;
using Gateway.Server.Ports;
using Gateway.Server.Widgets;

namespace Gateway.Web.Widgets;

/// <summary>Once after the start: what the call records tell of today counts against each widget's day, so that a restart is no new day.</summary>
internal sealed class WidgetDay(ConfigurationDirectory configuration, ICallLog log, WidgetCounts counts, TimeProvider time, ILogger<WidgetDay> logger) : BackgroundService
{
    /// <summary>Records of one widget that are read; one that had more today has reached any sensible limit.</summary>
    private const int MostRecords = 10_000;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var now = time.GetUtcNow();
        var today = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero);
        try
        {
            foreach (var widget in configuration.Current.Widgets)
            {
                var query = new CallQuery(Limit: Math.Min(widget.MaxCallsPerDay, MostRecords)) { Widget = widget.Id, From = today };
                var records = await log.ListAsync(query, stoppingToken).ConfigureAwait(false);
                if (records.Count > 0) counts.Restore(widget.Id, records.Count, now);
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The day begins at zero then; the caps of calls, which read the records too, hold it.
            WidgetLog.DayUnknown(logger, e.Message);
        }
    }
}
