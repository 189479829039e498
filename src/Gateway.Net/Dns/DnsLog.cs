using Microsoft.Extensions.Logging;

namespace Gateway.Net.Dns;

/// <summary>What name resolution logs (ids 1200 to 1219).</summary>
internal static partial class DnsLog
{
    [LoggerMessage(1200, LogLevel.Information, "DNS servers: {servers}")]
    public static partial void Servers(ILogger logger, string servers);

    [LoggerMessage(1201, LogLevel.Warning, "DNS: no server answers ({detail}); answers that have expired are used where there are any")]
    public static partial void Silent(ILogger logger, string detail);

    [LoggerMessage(1202, LogLevel.Information, "DNS answers again")]
    public static partial void Back(ILogger logger);

    [LoggerMessage(1203, LogLevel.Error, "DNS: an error of ours; the search ended without an answer")]
    public static partial void Fault(ILogger logger, Exception fault);
}
