using System.Text;
using Gateway.Server.Calls;
using Gateway.Server.Registrar;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Proxy;

/// <summary>
/// A phone answers 3xx: users of ours whom its own account may call are asked beside the rest (RFC 3261 §16.5, §16.7 step 4). What
/// leads elsewhere is the caller's to follow, who gets the 3xx then.
/// </summary>
public sealed partial class ProxyCore
{
    /// <param name="asked">The AORs that this request has been sent to: none of them twice.</param>
    private IReadOnlyList<ProxyTarget> Follow(HashSet<string> asked, ResponseContext context, ContextBranch branch, SipResponse response)
    {
        asked.Add(branch.Target.Aor);
        if (Services.Options.FollowRedirects == RedirectPolicy.Off
            || asked.Count > CallLimits.Redirects
            || !Services.Accounts.TryGetAor(branch.Target.Aor, out var account)
            || !account.IsEnabled)
        {
            return [];
        }

        var by = new Caller.FromAccount(account, branch.Target.Aor, account.DisplayName);
        var route = ReceivedRoute.Read(context.Request, Services.Own);
        foreach (var target in Redirection.Read(response))
        {
            // A browser has to be bridged, which this request no longer can be.
            if (SipUriView.TryParse(Encoding.UTF8.GetBytes(target.Uri.ToString()), out var uri)
                && new RoutePlanner(Services).Plan(by, uri, Services.Now()) is RoutePlan.ToAccount found
                && found.Bindings.Where(static binding => !binding.Flow.IsWebSocket).ToList() is { Count: > 0 } contacts
                && asked.Add(found.Aor))
            {
                return [.. TargetSet.Of(contacts, CallerPreferences.Of(context.Request)).All.Select(device => TargetOf(route, found.Aor, device, 0)!)];
            }
        }

        return [];
    }
}
