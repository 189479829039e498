namespace Gateway.Web.Components.Console;

internal static partial class ConsoleLog
{
    [LoggerMessage(4095, LogLevel.Error, "A change of {kind} made in the console could not be stored")]
    public static partial void ChangeFailed(ILogger logger, string kind, Exception reason);
}
