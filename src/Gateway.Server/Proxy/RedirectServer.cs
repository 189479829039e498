using System.Globalization;
using System.Text;
using Gateway.Server.Calls;
using Gateway.Server.Registrar;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Proxy;

/// <summary>
/// A redirect server (RFC 3261 §8.3): answers a request for a user of ours with where he is, and has nothing to do with it any
/// more. It never forwards.
/// </summary>
internal static class RedirectServer
{
    /// <summary>True when the plan names contacts that somebody else can reach: a browser's is reached through us alone (RFC 7118 §5.4).</summary>
    public static bool CanAnswer(RoutePlan plan) => ModeDecision.ContactsOf(plan).Any(static contact => !contact.Binding.Flow.IsWebSocket);

    /// <summary>302 with the contacts, the best first; else the refusal that says why there are none.</summary>
    public static void Answer(LoopServices services, ServerTransaction transaction, SipRequest request, RoutePlan plan, TimeSpan now)
    {
        var contacts = plan switch
        {
            RoutePlan.ToGroup group => [.. group.Members.SelectMany(member => Reachable(member.Bindings, request))],
            RoutePlan.ToAccount account => Reachable(account.Bindings, request),
            _ => [],
        };
        if (contacts.Count == 0)
        {
            var (status, reason) = plan switch
            {
                RoutePlan.Reject refused => (refused.Status, refused.Reason),
                RoutePlan.ToAccount or RoutePlan.ToGroup => (480, null),
                // Trunks and services are reached through us, and this server carries nothing.
                _ => (404, (string?)null),
            };
            services.Metrics.CallRefused("redirect_nobody");
            Replies.Send(services, transaction, request, status, now, reason, tag: transaction.Tag);
            return;
        }

        services.Metrics.CallRefused("redirected");
        var writer = services.Writer;
        SipResponses.Begin(writer, request, transaction.Flow, 302, null, transaction.Tag);
        foreach (var binding in contacts)
        {
            writer.Header(HeaderId.Contact, ContactOf(binding, services.UtcNow()));
        }

        writer.NoBody();
        services.Transactions.Respond(transaction, writer.Written, now);
    }

    private static List<Binding> Reachable(IReadOnlyList<Binding> bindings, SipRequest request) =>
        [.. TargetSet.Of([.. bindings.Where(static binding => !binding.Flow.IsWebSocket)], CallerPreferences.Of(request)).All.Select(static target => target.First)];

    /// <summary>The registered contact with its q, good for as long as the registration (§21.3.3). A Path becomes the Route that leads there (§19.1.5).</summary>
    private static string ContactOf(Binding binding, DateTimeOffset utcNow)
    {
        var uri = binding.Contact.WithoutRequestParts().ToString();
        var route = binding.Path.Count == 0 ? "" : "?Route=" + Uri.EscapeDataString(string.Join(',', binding.Path));
        var left = Math.Max(0, (long)(binding.ExpiresAt - utcNow).TotalSeconds);
        return string.Create(CultureInfo.InvariantCulture, $"<{uri}{route}>;q={binding.Q:0.###};expires={left}");
    }
}
