namespace Gateway.Web.Widgets;

/// <summary>What of widgets is written down: which widget, which visit, why. Never a token, a signature or what a visitor said.</summary>
internal static partial class WidgetLog
{
    [LoggerMessage(4101, LogLevel.Information, "Widget {Widget}: session {Session} given to a page of {Origin}")]
    public static partial void Given(ILogger logger, string widget, Guid session, string origin);

    [LoggerMessage(4102, LogLevel.Information, "Widget {Widget}: a page of {Origin} was refused a session: {Code}")]
    public static partial void Refused(ILogger logger, string widget, string origin, string code);

    [LoggerMessage(4103, LogLevel.Information, "Widget {Widget}: session {Session} connected")]
    public static partial void Connected(ILogger logger, string widget, Guid session);

    [LoggerMessage(4104, LogLevel.Warning, "A widget's socket from a page of {Origin} was refused: {Reason}")]
    public static partial void SocketRefused(ILogger logger, string origin, string reason);

    [LoggerMessage(4106, LogLevel.Warning, "How often widgets were used today could not be read: {Reason}")]
    public static partial void DayUnknown(ILogger logger, string reason);

    [LoggerMessage(4105, LogLevel.Information, "Widget {Widget}: session {Session} went on over a new connection")]
    public static partial void Resumed(ILogger logger, string widget, Guid session);
}
