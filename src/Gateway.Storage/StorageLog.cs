using Microsoft.Extensions.Logging;

namespace Gateway.Storage;

/// <summary>What the stores log (ids 3000 to 3099).</summary>
internal static partial class StorageLog
{
    [LoggerMessage(3000, LogLevel.Information, "Storage: {path} is open, {version}, {count} new migrations")]
    public static partial void Opened(ILogger logger, string path, string version, int count);

    [LoggerMessage(3001, LogLevel.Error, "Storage: {count} writes were refused since the last line; kept writes are tried again")]
    public static partial void WriteRefused(ILogger logger, int count, Exception reason);

    [LoggerMessage(3002, LogLevel.Error, "Storage: a statement was refused")]
    public static partial void StatementRefused(ILogger logger, Exception reason);

    [LoggerMessage(3003, LogLevel.Critical, "Storage: a fault of the writer")]
    public static partial void WriterFault(ILogger logger, Exception reason);

    [LoggerMessage(3004, LogLevel.Information, "Storage: {count} bindings restored, {expired} had expired")]
    public static partial void BindingsLoaded(ILogger logger, int count, int expired);

    [LoggerMessage(3005, LogLevel.Warning, "Storage: {count} calls were left open by an earlier run; their ends are estimated")]
    public static partial void OrphansClosed(ILogger logger, int count);
}
