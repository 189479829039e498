using Microsoft.Extensions.Logging;

namespace Gateway.Server.Observability;

/// <summary>What registrar and dispatcher log (ids 2000 to 2099).</summary>
internal static partial class ServerLog
{
    [LoggerMessage(2000, LogLevel.Debug, "Registrations of {aor} changed: {count} bindings")]
    public static partial void RegistrationChanged(ILogger logger, Pii<string> aor, int count);

    [LoggerMessage(2001, LogLevel.Warning, "The store refused a registration of {aor}: the phone was told to come again")]
    public static partial void RegistrationRefused(ILogger logger, Pii<string> aor);

    [LoggerMessage(2002, LogLevel.Warning, "Refused in the last minute: {reasons}")]
    public static partial void Refusals(ILogger logger, string reasons);

    [LoggerMessage(2003, LogLevel.Information, "{count} bindings were restored")]
    public static partial void Restored(ILogger logger, int count);

    [LoggerMessage(2004, LogLevel.Information, "After the restart {count} calls go on; {lost} were not answered yet or cannot")]
    public static partial void CallsRestored(ILogger logger, int count, int lost);

    [LoggerMessage(2010, LogLevel.Information, "Trunk {trunk} is up")]
    public static partial void TrunkUp(ILogger logger, string trunk);

    /// <summary>The reason names users and addresses: it stands in the console.</summary>
    [LoggerMessage(2011, LogLevel.Warning, "Trunk {trunk} is down; the console says why")]
    public static partial void TrunkDown(ILogger logger, string trunk);
}
