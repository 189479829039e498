using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Gateway.Server.Configuration;
using Gateway.Server.Widgets;

namespace Gateway.Web.Widgets;

/// <summary>Who asks, before anything of what is asked is looked at.</summary>
/// <param name="Wss">Where this page will find the widget's WebSocket.</param>
internal sealed record WidgetAsker(string Origin, IPAddress Address, string Wss);

/// <summary>
/// Decides whether a visitor gets a session, in the order that costs us least and tells a visitor most: the widget, the page,
/// the visitor's data, the hours, the room that is left, the captcha, and the counts last, so that only what passes counts.
/// </summary>
internal sealed class WidgetDesk(
    ConfigurationDirectory configuration, WidgetTickets tickets, WidgetCounts counts, WidgetVisits visits, IEnumerable<ICaptchaVerifier> captchas, TimeProvider time)
{
    private const int LongestPage = 200;
    private const int LongestLanguage = 35;

    private static readonly TimeSpan s_resumeSlack = TimeSpan.FromMinutes(3);

    private readonly Dictionary<CaptchaKind, ICaptchaVerifier> _captchas = captchas.ToDictionary(one => one.Kind);

    public Widget? Find(string publicId) => PublicId.IsWellFormed(publicId) ? configuration.Current.Widget(publicId) : null;

    /// <summary>Exactly as the browser sends it (RFC 6454 §7); a wildcard is never stored (<see cref="WidgetCheck"/>).</summary>
    public static bool Admits(Widget widget, string? origin) => !string.IsNullOrEmpty(origin) && widget.Origins.Contains(origin, StringComparer.Ordinal);

    /// <summary>False when this address asks too often, whatever it asks.</summary>
    public WidgetRefusal? Attempt(IPAddress address) =>
        counts.TryAttempt(address, time.GetUtcNow(), out var wait) ? null : WidgetRefusal.TooOften(wait);

    /// <summary>A session for this visitor, or why there is none. The widget and the origin have been checked.</summary>
    public async Task<(WidgetSessionAnswer? Answer, WidgetRefusal? Refusal, Guid Session)> OpenAsync(Widget widget, WidgetAsker asker, WidgetSessionRequest request, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        if (!widget.IsEnabled) return Refused(WidgetRefusal.Disabled);
        if (Visitor(widget, request, now, out var visitor, out var address) is { } untrue) return Refused(untrue);
        if (!OpeningHours.IsOpen(widget.Hours, widget.TimeZone, now)) return Refused(WidgetRefusal.Closed(OpeningHours.NextOpening(widget.Hours, widget.TimeZone, now)));
        if (visits.CountOf(widget.Id) >= widget.MaxCalls) return Refused(WidgetRefusal.Busy);
        if (await CaptchaAsync(widget, asker, request, now, cancel).ConfigureAwait(false) is { } unsolved) return Refused(unsolved);
        switch (counts.TryCount(widget, address ?? asker.Address, now, out var wait))
        {
            case CountVerdict.Address:
                return Refused(WidgetRefusal.AddressLimit(wait));
            case CountVerdict.Day:
                return Refused(WidgetRefusal.DayLimit(wait));
        }

        var ticket = new WidgetTicket
        {
            Use = TicketUse.Call,
            Session = Guid.CreateVersion7(now),
            Widget = widget.Id,
            Origin = asker.Origin,
            Destination = WidgetTicket.FingerprintOf(widget.To),
            MaxSeconds = widget.MaxCallSeconds,
            Expires = (now + WidgetTickets.CallLifetime).ToUnixTimeSeconds(),
            Language = Language(request.Lang),
            Page = Page(request.Page, asker.Origin),
            Visitor = visitor,
        };
        var resume = new WidgetTicket
        {
            Use = TicketUse.Resume,
            Session = ticket.Session,
            Widget = ticket.Widget,
            Origin = ticket.Origin,
            Destination = ticket.Destination,
            MaxSeconds = ticket.MaxSeconds,
            // Until the longest call that it can belong to is over; before that, it ends with its call.
            Expires = (now + WidgetTickets.CallLifetime + TimeSpan.FromSeconds(widget.MaxCallSeconds) + s_resumeSlack).ToUnixTimeSeconds(),
        };
        return (new WidgetSessionAnswer(tickets.Mint(ticket), asker.Wss, [], (int)WidgetTickets.CallLifetime.TotalSeconds, tickets.Mint(resume), PolicyOf(widget)), null, ticket.Session);
    }

    private static (WidgetSessionAnswer?, WidgetRefusal?, Guid) Refused(WidgetRefusal refusal) => (null, refusal, Guid.Empty);

    private static WidgetRefusal? Visitor(Widget widget, WidgetSessionRequest request, DateTimeOffset now, out ImmutableDictionary<string, string> visitor, out IPAddress? address)
    {
        visitor = ImmutableDictionary<string, string>.Empty;
        address = null;
        var said = request.Visitor ?? [];
        if (VisitorData.Complaint(said) is { } complaint) return WidgetRefusal.Invalid(complaint);
        if (request.Signature is null) return widget.RequiresSignedVisitor ? WidgetRefusal.SignatureNeeded : null;
        if (widget.VisitorKey.IsEmpty || request.Timestamp is not { } at || !VisitorData.IsSigned(widget.VisitorKey.Reveal(), at, said, request.Signature))
        {
            return WidgetRefusal.SignatureWrong;
        }

        if (!VisitorData.IsFresh(at, now)) return WidgetRefusal.SignatureExpired;
        visitor = VisitorData.Select(widget.VisitorHeaders, said);
        if (said.TryGetValue(VisitorData.ClientAddress, out var text) && !IPAddress.TryParse(text, out address)) return WidgetRefusal.Invalid("visitor.client-ip is no IP address");
        return null;
    }

    private async Task<WidgetRefusal?> CaptchaAsync(Widget widget, WidgetAsker asker, WidgetSessionRequest request, DateTimeOffset now, CancellationToken cancel)
    {
        if (widget.Captcha == CaptchaKind.None) return null;
        var verifier = _captchas[widget.Captcha];
        if (string.IsNullOrEmpty(request.Captcha)) return WidgetRefusal.CaptchaNeeded(verifier.Challenge(widget, asker.Origin, now));
        return await verifier.VerifyAsync(widget, asker.Origin, request.Captcha, asker.Address, now, cancel).ConfigureAwait(false)
            ? null
            : WidgetRefusal.CaptchaWrong(verifier.Challenge(widget, asker.Origin, now));
    }

    private static WidgetPolicy PolicyOf(Widget widget) => widget.Hours.IsDefaultOrEmpty
        ? new WidgetPolicy(widget.MaxCallSeconds, null, null)
        : new WidgetPolicy(widget.MaxCallSeconds,
            [.. widget.Hours.Select(window => new WidgetHours([.. window.Days.Select(day => (int)day)],
                window.From.ToString("HH:mm", CultureInfo.InvariantCulture), window.To.ToString("HH:mm", CultureInfo.InvariantCulture)))],
            widget.TimeZone);

    /// <summary>A language tag or nothing: it becomes a header field of the call.</summary>
    private static string Language(string? tag) =>
        tag is { Length: > 0 and <= LongestLanguage } && tag.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') ? tag : "";

    /// <summary>Without query and fragment, which may hold what is nobody's business; only of the page's own origin.</summary>
    private static string Page(string? url, string origin)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var page) || page.GetLeftPart(UriPartial.Authority) != origin) return "";
        var path = page.GetLeftPart(UriPartial.Path);
        return path.Length <= LongestPage ? path : path[..LongestPage];
    }
}
