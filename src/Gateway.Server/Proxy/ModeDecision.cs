using Gateway.Server.Registrar;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Proxy;

/// <summary>What a call became, and why, in words for its record and its trace.</summary>
internal readonly record struct ModeVerdict(CallMode Mode, string Reason);

/// <summary>
/// Decides for one INVITE whether it is proxied or bridged. What cannot be proxied at all is bridged whatever was asked for;
/// what would rather be bridged is, unless the rule or the option says proxy.
/// </summary>
internal static class ModeDecision
{
    public static ModeVerdict Of(ServerOptions options, AddressRealms realms, Caller caller, RoutePlan plan, SipRequest invite, in Flow flow)
    {
        var asked = plan.Rule is { Mode: not CallMode.Auto } rule ? rule.Mode : options.CallMode;
        if (asked == CallMode.Bridge)
        {
            return new ModeVerdict(CallMode.Bridge, plan.Rule is { Mode: CallMode.Bridge } ? "the rule says bridge" : "the gateway is set to bridge");
        }

        if (Impossible(caller, plan, invite, flow) is { } impossible)
        {
            return new ModeVerdict(CallMode.Bridge, impossible);
        }

        if (asked == CallMode.Redirect)
        {
            // Whoever is told an address has to be able to send there, and to be let in there.
            return Unwise(realms, plan, invite, flow) is { } hidden
                ? new ModeVerdict(CallMode.Bridge, hidden)
                : new ModeVerdict(CallMode.Redirect, plan.Rule is { Mode: CallMode.Redirect } ? "the rule says redirect" : "the gateway is set to redirect");
        }

        if (asked == CallMode.Proxy)
        {
            return new ModeVerdict(CallMode.Proxy, plan.Rule is { Mode: CallMode.Proxy } ? "the rule says proxy" : "the gateway is set to proxy");
        }

        return Unwise(realms, plan, invite, flow) is { } unwise
            ? new ModeVerdict(CallMode.Bridge, unwise)
            : new ModeVerdict(CallMode.Proxy, "two plain phones that need nothing of the gateway");
    }

    /// <summary>The contacts that a plan rings; empty for one that rings none of ours.</summary>
    public static IEnumerable<(string Aor, Binding Binding)> ContactsOf(RoutePlan plan) => plan switch
    {
        RoutePlan.ToAccount account => account.Bindings.Select(binding => (account.Aor, binding)),
        RoutePlan.ToGroup group => group.Members.SelectMany(member => member.Bindings.Select(binding => (member.Aor, binding))),
        _ => [],
    };

    private static string? Impossible(Caller caller, RoutePlan plan, SipRequest invite, in Flow flow)
    {
        if (caller is not Caller.FromAccount)
        {
            return caller is Caller.FromWidget ? "the caller is a widget's visitor" : "the caller comes by a trunk";
        }

        if (flow.IsWebSocket)
        {
            return "the caller is on a WebSocket";
        }

        if ((invite.Has(HeaderId.Replaces) || invite.Has(HeaderId.Join)) && !Calls.NamedDialogs.IsOthers(invite))
        {
            return "the call takes another one's place";
        }

        if (caller.Rights is { MaxCalls: > 0 } or { MaxCallSeconds: > 0 } || plan.MaxDuration > TimeSpan.Zero)
        {
            return "the caller's calls are counted or limited";
        }

        if (WantsPrivacy(invite))
        {
            return "the caller asks for privacy";
        }

        return plan switch
        {
            RoutePlan.ToTrunks => "it leaves by a trunk",
            RoutePlan.ToService => "a service of the gateway answers",
            RoutePlan.Reject => "it is refused",
            RoutePlan.ToLocation => "where it goes is looked up elsewhere first",
            RoutePlan.ToGroup { Group.Overflow: not null } => "the group hands unanswered calls on",
            _ when !ContactsOf(plan).Any() => "nobody is registered",
            _ when ContactsOf(plan).Any(static contact => contact.Binding.Flow.IsWebSocket) => "a contact is on a WebSocket",
            _ => null,
        };
    }

    private static string? Unwise(AddressRealms realms, RoutePlan plan, SipRequest invite, in Flow flow)
    {
        if (!PeerAddresses.ContactIsSource(invite, flow))
        {
            return "the caller's Contact is not where its packets come from";
        }

        if (!PeerAddresses.MediaIsAtSource(invite.Body, flow))
        {
            return "the caller's media address is not where its packets come from";
        }

        foreach (var (_, binding) in ContactsOf(plan))
        {
            if (binding.Path.Count > 0)
            {
                return "a contact is behind another proxy";
            }

            if (!PeerAddresses.IsAt(binding.Contact, binding.Flow))
            {
                return "a contact is not where its packets come from";
            }

            if (!realms.Share(flow.Remote.Address, binding.Flow.Remote.Address))
            {
                return "the phones are in different networks";
            }
        }

        return null;
    }

    /// <summary>RFC 3323: who hides is hidden by us, and a proxy changes no From.</summary>
    private static bool WantsPrivacy(SipRequest invite) =>
        (invite.TryGet(HeaderId.Privacy, out var privacy) && !System.Text.Ascii.EqualsIgnoreCase(privacy, "none"u8))
        || (invite.From.TryGetUri(out var from) && System.Text.Ascii.EqualsIgnoreCase(from.Host, "anonymous.invalid"u8));
}
