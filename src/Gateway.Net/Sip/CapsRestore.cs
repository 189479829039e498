using Gateway.Server.Accounts;
using Gateway.Server.Configuration;
using Gateway.Server.Ports;
using Gateway.Server.Routing;

namespace Gateway.Net.Sip;

/// <summary>
/// Reads the day's records after a start, so that minutes and calls of today stay used up over a restart. Nothing is read where
/// nobody has a daily limit.
/// </summary>
internal static class CapsRestore
{
    private const int PageSize = 500;

    /// <summary>A node that places more calls in a day counts from the newest of them.</summary>
    private const int MostPages = 200;

    public static async Task RunAsync(CallCaps caps, ICallLog log, AccountDirectory accounts, ConfigurationSnapshot configuration, DateTimeOffset utcNow, CancellationToken cancel)
    {
        if (!accounts.All.Any(static account => account.Rights.MaxMinutesPerDay > 0)
            && !configuration.Trunks.Any(static trunk => trunk.Rights.MaxMinutesPerDay > 0)
            && !configuration.Widgets.Any(static widget => widget.MaxCallsPerDay > 0))
        {
            return;
        }

        var query = new CallQuery(Limit: PageSize) { From = new DateTimeOffset(utcNow.UtcDateTime.Date, TimeSpan.Zero) };
        for (var page = 0; page < MostPages; page++)
        {
            var records = await log.ListAsync(query, cancel).ConfigureAwait(false);
            caps.Restore(records, accounts, utcNow);
            if (records.Count < PageSize)
            {
                return;
            }

            query = query with { Before = records[^1].StartedAt, BeforeId = records[^1].Id };
        }
    }
}
