using System.Text;
using Gateway.Server.Configuration;
using Gateway.Server.Dispatch;
using Gateway.Sip;

namespace Gateway.Server.Widgets;

/// <summary>
/// What may be said on a widget's socket: one INVITE to the neutral target and what belongs to its dialog. Everything else is
/// refused and counted (THREATS 28).
/// </summary>
internal static class WidgetGate
{
    /// <summary>The one Request-URI: where the call goes stands in the token, not in what the page writes.</summary>
    public const string Target = "sip:call@gateway";

    /// <summary>Status 0 when the request may go on.</summary>
    public static CheckVerdict Check(WidgetVisit visit, SipRequest request, in Flow flow, ConfigurationSnapshot configuration)
    {
        if (visit.Flow.Connection != flow.Connection) return new CheckVerdict(403, "widget_superseded", "Another Connection Has This Call");
        if (!request.ToTag.IsEmpty)
        {
            return request.Method is SipMethod.Invite or SipMethod.Bye or SipMethod.Info or SipMethod.Update or SipMethod.Prack or SipMethod.Options
                ? default
                : new CheckVerdict(403, "widget_method", "A Widget May Only Call");
        }

        if (request.Method != SipMethod.Invite) return new CheckVerdict(403, "widget_method", "A Widget May Only Call");
        if (!IsTarget(request)) return new CheckVerdict(403, "widget_target", "The Destination Is The Gateway's Choice");
        return visit.State switch
        {
            VisitState.Calling => new CheckVerdict(486, "widget_busy"),
            VisitState.Over => new CheckVerdict(403, "widget_spent", "This Session Has Had Its Call"),
            _ => configuration.Widgets.Any(widget => widget.Id == visit.Session.Widget.Id && widget.IsEnabled)
                ? default
                : new CheckVerdict(403, "widget_disabled", "This Widget Is Switched Off"),
        };
    }

    private static bool IsTarget(SipRequest request) =>
        request.TryGetUri(out var uri) && uri.Scheme == SipScheme.Sip && uri.User.SequenceEqual("call"u8) && Ascii.EqualsIgnoreCase(uri.Host, "gateway"u8);
}
