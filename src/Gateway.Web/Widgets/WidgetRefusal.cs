using System.Text.Json.Serialization;

namespace Gateway.Web.Widgets;

/// <summary>Why a widget gets no session. The code is stable: pages and the counter of refusals go by it.</summary>
/// <param name="Code">Label of the counter, from the closed set below.</param>
/// <param name="Detail">For the people of the host page, in English; visitors read the widget's own words.</param>
internal sealed record WidgetRefusal(int Status, string Code, string Detail)
{
    /// <summary>When it opens next; for <c>closed</c>.</summary>
    public DateTimeOffset? Opens { get; init; }

    /// <summary>When it is worth asking again; for limits.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>What is to be solved; for <c>captcha-needed</c> and <c>captcha-wrong</c>.</summary>
    public object? Captcha { get; init; }

    public static WidgetRefusal UnknownWidget { get; } = new(404, "unknown-widget", "There is no widget with this id.");

    public static WidgetRefusal Origin { get; } = new(403, "origin", "This widget is not for pages of this origin: add the exact origin to the widget.");

    public static WidgetRefusal Disabled { get; } = new(403, "disabled", "This widget is switched off.");

    public static WidgetRefusal Busy { get; } = new(503, "busy", "As many visitors talk as this widget may have at once.") { RetryAfter = TimeSpan.FromSeconds(30) };

    public static WidgetRefusal SignatureNeeded { get; } = new(403, "signature-needed", "This widget takes visitors only whose data the page's server has signed.");

    public static WidgetRefusal SignatureWrong { get; } = new(403, "signature-wrong", "The signature does not fit the visitor data, the timestamp and the widget's key.");

    public static WidgetRefusal SignatureExpired { get; } = new(403, "signature-expired", "The signature is older than five minutes, or the page's server clock is wrong.");

    public static WidgetRefusal Closed(DateTimeOffset? opens) => new(403, "closed", "It is outside the hours of this widget.") { Opens = opens };

    public static WidgetRefusal TooOften(TimeSpan wait) => new(429, "too-often", "This address asks too often.") { RetryAfter = wait };

    public static WidgetRefusal AddressLimit(TimeSpan wait) => new(429, "limit-address", "This address has had its calls of the hour.") { RetryAfter = wait };

    public static WidgetRefusal DayLimit(TimeSpan wait) => new(429, "limit-day", "This widget has had its calls of the day.") { RetryAfter = wait };

    public static WidgetRefusal Invalid(string what) => new(400, "invalid", $"The request cannot be read: {what}.");

    public static WidgetRefusal CaptchaNeeded(object? challenge) => new(403, "captcha-needed", "Solve the captcha first.") { Captcha = challenge };

    public static WidgetRefusal CaptchaWrong(object? challenge) => new(403, "captcha-wrong", "The captcha was not solved, is too old, or was used before.") { Captcha = challenge };
}

/// <summary>What the page sends to get a session.</summary>
/// <param name="Visitor">Text fields; believed only when signed.</param>
/// <param name="Signature">Lower-case hex, see docs/widget.md.</param>
/// <param name="Timestamp">Unix seconds that the signature was made at.</param>
/// <param name="Captcha">The solution.</param>
/// <param name="Lang">Language of the page (BCP 47).</param>
/// <param name="Page">URL of the page.</param>
internal sealed record WidgetSessionRequest(
    Dictionary<string, string>? Visitor = null, string? Signature = null, long? Timestamp = null, string? Captcha = null, string? Lang = null, string? Page = null);

/// <summary>What the page gets.</summary>
/// <param name="Token">Admits to the WebSocket, once.</param>
/// <param name="Expires">Seconds that the token is good for.</param>
/// <param name="Resume">Carries the call over to another WebSocket.</param>
internal sealed record WidgetSessionAnswer(string Token, string Wss, IReadOnlyList<object> IceServers, int Expires, string Resume, WidgetPolicy Policy);

/// <param name="MaxSeconds">The longest that the call may last.</param>
internal sealed record WidgetPolicy(int MaxSeconds, IReadOnlyList<WidgetHours>? Hours, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? TimeZone);

/// <param name="Days">0 is Sunday; empty for every day.</param>
internal sealed record WidgetHours(IReadOnlyList<int> Days, string From, string To);
