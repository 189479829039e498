using Microsoft.Extensions.Logging;

namespace Gateway.Net.Location;

/// <summary>What location sources log (ids 1220 to 1239). Never a number or a user.</summary>
internal static partial class LocationLog
{
    [LoggerMessage(1220, LogLevel.Warning, "Location source {source} failed again and again and is left alone for a while: {detail}")]
    public static partial void Left(ILogger logger, string source, string detail);

    [LoggerMessage(1221, LogLevel.Information, "Location source {source} answers again")]
    public static partial void Back(ILogger logger, string source);

    [LoggerMessage(1222, LogLevel.Error, "Location source {source}: an error of ours; the question was not answered")]
    public static partial void Fault(ILogger logger, string source, Exception fault);
}
