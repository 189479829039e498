using System.Text;
using Gateway.Server.Dispatch;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Events;

/// <summary>SUBSCRIBE outside and inside a dialog, and what else is said inside the dialogs of subscriptions (RFC 6665 §4.2.1).</summary>
public sealed partial class SubscriptionManager
{
    /// <summary>A SUBSCRIBE without a To tag.</summary>
    /// <param name="watcher">As authentication proved it.</param>
    public void OnSubscribe(ServerTransaction transaction, SipRequest request, Caller watcher, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(watcher);
        if (Read(request, out var package, out var id, out var type) is { Status: not 0 } bad)
        {
            Refuse(transaction, request, bad, now);
        }
        else if (TimeOf(request, package!) is not { } lasts)
        {
            Refuse(transaction, request, new(423, "too_brief"), now, package);
        }
        else if (!request.TryGetUri(out var target))
        {
            Refuse(transaction, request, new(416, "scheme"), now);
        }
        else if (package!.Authorise(watcher, target) is var verdict && verdict.Decision == EventDecision.Refused)
        {
            Refuse(transaction, request, new(verdict.Status, "not_allowed", verdict.Reason), now);
        }
        else if (!Services.Subscriptions.TryAdd(watcher.Id, Services.Options.MaxSubscriptions, Services.Options.MaxSubscriptionsPerAccount))
        {
            Refuse(transaction, request, new(503, "too_many"), now);
        }
        else if (!Dialog.TryCreateUas(request, transaction.Tag, transaction.Flow, out var dialog))
        {
            Services.Subscriptions.Remove(watcher.Id);
            Refuse(transaction, request, new(400, "contact", "Bad Contact Header Field"), now);
        }
        else
        {
            dialog!.Confirm(null);
            Begin(new EventDialog(this, dialog, watcher.Aor), new Subscribing(transaction, request, lasts), package, id, type, watcher, verdict, now);
        }
    }

    /// <summary>Any request inside the dialog of a subscription. False when there is none such: 481.</summary>
    /// <param name="sender">The AOR that its flow is proved for, or null.</param>
    public bool OnInDialog(ServerTransaction transaction, SipRequest request, string? sender, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        ArgumentNullException.ThrowIfNull(request);
        if (FindDialog(request.ToTag) is not { } dialog || !dialog.Owns(request, transaction.Flow, sender)) return false;
        if (!dialog.Takes(request, transaction.Flow, now))
        {
            // RFC 3261 §12.2.2.
            Refuse(transaction, request, new(500, "out_of_order", "CSeq Is Out Of Order"), now);
            return true;
        }
        Run(dialog, (transaction, request), now, static (dialog, state, now) =>
        {
            switch (state.request.Method)
            {
                case SipMethod.Subscribe:
                    dialog.Manager.OnSubscribeInside(dialog, state.transaction, state.request, null, now);
                    break;
                case SipMethod.Options:
                    dialog.Manager.AnswerOptions(state.transaction, state.request, now);
                    break;
                default:
                    // No call is here to be ended or changed (RFC 5057 §5.2), and nothing that we subscribed to.
                    dialog.Manager.Refuse(state.transaction, state.request, new(481, "no_usage"), now);
                    break;
            }
        });
        return true;
    }

    /// <summary>A SUBSCRIBE inside a dialog: it prolongs or ends a subscription of it, or makes one more.</summary>
    /// <param name="watcher">Who the peer of a call's dialog is; null in a dialog of subscriptions, where the first one told.</param>
    internal void OnSubscribeInside(IEventDialog dialog, ServerTransaction transaction, SipRequest request, Caller? watcher, TimeSpan now)
    {
        if (!request.TryGet(HeaderId.Event, out var value) || !EventView.TryParse(value, out var asked))
        {
            Refuse(transaction, request, new(489, "event"), now);
            return;
        }
        if (dialog.Subscriptions.Find(asked) is { } known)
        {
            Prolong(known, transaction, request, now);
            return;
        }
        watcher ??= (dialog as EventDialog)?.Watcher;
        if (Find(asked) is null)
        {
            Refuse(transaction, request, new(489, "event"), now);
        }
        else if (watcher is null || dialog.Subscriptions.Count >= EventLimits.PerDialog)
        {
            Refuse(transaction, request, new(watcher is null ? 403 : 503, "too_many"), now);
        }
        else
        {
            Share(dialog, transaction, request, watcher, now);
        }
    }

    internal void Refuse(ServerTransaction transaction, SipRequest request, CheckVerdict verdict, TimeSpan now) => Refuse(transaction, request, verdict, now, null);

    /// <summary>One more subscription in a dialog that is there (RFC 6665 §4.5.2).</summary>
    private void Share(IEventDialog dialog, ServerTransaction transaction, SipRequest request, Caller watcher, TimeSpan now)
    {
        if (Read(request, out var package, out var id, out var type) is { Status: not 0 } bad)
        {
            Refuse(transaction, request, bad, now);
        }
        else if (TimeOf(request, package!) is not { } lasts)
        {
            Refuse(transaction, request, new(423, "too_brief"), now, package);
        }
        else if (!request.To.TryGetUri(out var target) || package!.Authorise(watcher, target) is not { Decision: not EventDecision.Refused } verdict)
        {
            Refuse(transaction, request, new(403, "not_allowed"), now);
        }
        else if (!Services.Subscriptions.TryAdd(watcher.Id, Services.Options.MaxSubscriptions, Services.Options.MaxSubscriptionsPerAccount))
        {
            Refuse(transaction, request, new(503, "too_many"), now);
        }
        else
        {
            Begin(dialog, new Subscribing(transaction, request, lasts), package, id, type, watcher, verdict, now);
        }
    }

    private void Begin(IEventDialog dialog, Subscribing asked, IEventPackage package, string id, string type, Caller watcher, EventVerdict verdict, TimeSpan now)
    {
        if (dialog is EventDialog own) own.Watcher = watcher;
        var one = new EventSubscription(this, dialog, package, id, verdict.Resource, watcher.Id, package.Open(verdict.Resource, watcher, type));
        dialog.Subscriptions.Add(one);
        Remember(one);
        var input = asked.Expires == TimeSpan.Zero ? NotifierInput.Fetched
            : verdict.Decision == EventDecision.Pending ? NotifierInput.Asked
            : NotifierInput.Granted;
        Run(one, (one, input, asked), now, static (state, now) => state.one.Take(state.input, now, state.asked));
    }

    private void Prolong(EventSubscription known, ServerTransaction transaction, SipRequest request, TimeSpan now)
    {
        if (TimeOf(request, known.Package) is not { } lasts)
        {
            Refuse(transaction, request, new(423, "too_brief"), now, known.Package);
            return;
        }
        var asked = new Subscribing(transaction, request, lasts);
        var input = lasts == TimeSpan.Zero ? NotifierInput.Unsubscribed : NotifierInput.Refreshed;
        Run(known, (known, input, asked), now, static (state, now) => state.known.Take(state.input, now, state.asked));
    }

    /// <summary>What is asked for, as far as it can be read and is served.</summary>
    private CheckVerdict Read(SipRequest request, out IEventPackage? package, out string id, out string type)
    {
        (package, id, type) = (null, "", "");
        // §4.2.1.1: without Event, RFC 3265's "no event" stands, which nobody serves.
        if (!request.TryGet(HeaderId.Event, out var value) || !EventView.TryParse(value, out var asked) || (package = Find(asked)) is null) return new(489, "event");
        if (asked.Id.Length > EventLimits.EventId || !Ascii.IsValid(asked.Id)) return new(400, "event", "Bad Event Header Field");
        id = Encoding.ASCII.GetString(asked.Id);
        return (type = TypeFor(request, package)).Length == 0 ? new(406, "accept") : default;
    }

    /// <summary>The first type of the package that Accept allows; empty when it allows none.</summary>
    private static string TypeFor(SipRequest request, IEventPackage package)
    {
        if (!request.Has(HeaderId.Accept)) return package.Types[0];
        foreach (var type in package.Types)
        {
            var slash = type.IndexOf('/', StringComparison.Ordinal);
            var looked = 0;
            foreach (var value in request.Values(HeaderId.Accept))
            {
                if (++looked > EventLimits.Accepted) break;
                var end = value.IndexOf((byte)';');
                var range = (end < 0 ? value : value[..end]).Trim(" \t"u8);
                if (Ascii.EqualsIgnoreCase(range, type) || range.SequenceEqual("*/*"u8)
                    || (range.EndsWith("/*"u8) && Ascii.EqualsIgnoreCase(range[..^2], type.AsSpan(0, slash)))) return type;
            }
        }
        return "";
    }

    /// <summary>The time that is granted; null when it is too short (423).</summary>
    private static TimeSpan? TimeOf(SipRequest request, IEventPackage package)
    {
        if (!request.TryGetNumber(HeaderId.Expires, out var seconds)) return package.DefaultExpires;
        var wanted = TimeSpan.FromSeconds(seconds);
        if (seconds == 0) return wanted;
        if (wanted < package.MinExpires && wanted < EventLimits.NeverTooShort) return null;
        return wanted > package.MaxExpires ? package.MaxExpires : wanted;
    }

    private void Refuse(ServerTransaction transaction, SipRequest request, CheckVerdict verdict, TimeSpan now, IEventPackage? package)
    {
        Services.Metrics.Refused($"subscription_{verdict.Label}");
        SipResponses.Begin(Services.Writer, request, transaction.Flow, verdict.Status, verdict.Reason, transaction.Tag);
        if (verdict.Status == 489) Services.Writer.Header(HeaderId.AllowEvents, AllowEvents);
        if (verdict.Status == 423) Services.Writer.Header(HeaderId.MinExpires, (uint)package!.MinExpires.TotalSeconds);
        if (verdict.Status == 503) Services.Writer.Header(HeaderId.RetryAfter, EventLimits.RetryAfter);
        if (verdict.Status == 406 && Asked(request) is { } asked) Services.Writer.Header(HeaderId.Accept, string.Join(", ", asked.Types));
        Services.Writer.NoBody();
        Services.Transactions.Respond(transaction, Services.Writer.Written, now);
    }

    private IEventPackage? Asked(SipRequest request) =>
        request.TryGet(HeaderId.Event, out var value) && EventView.TryParse(value, out var asked) ? Find(asked) : null;

    private void AnswerOptions(ServerTransaction transaction, SipRequest request, TimeSpan now)
    {
        SipResponses.Begin(Services.Writer, request, transaction.Flow, 200);
        Services.Writer.Header(HeaderId.Allow, Capabilities.Allow);
        Services.Writer.Header(HeaderId.AllowEvents, AllowEvents);
        Services.Writer.NoBody();
        Services.Transactions.Respond(transaction, Services.Writer.Written, now);
    }
}
