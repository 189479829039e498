using System.Text;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// Follows what a phone answers with 3xx (RFC 3261 §8.1.3.4): it may send the call where its own account may call, and the call
/// counts against that account as well (THREATS 28, 42).
/// </summary>
internal sealed partial class Call
{
    private readonly HashSet<string> _sentTo = new(StringComparer.OrdinalIgnoreCase);
    private (RoutePlan Plan, Caller By, Diverted From)? _redirect;
    private Caller? _redirectedBy;
    private int _redirects;

    /// <summary>A phone names other places for the call. Users of ours ring there at once; anything else is tried when nobody is left who rings.</summary>
    /// <returns>The account to ring beside the others; null when there is none.</returns>
    public RoutePlan.ToAccount? OnRedirected(OutboundLeg leg, LegFailure failure, TimeSpan now)
    {
        if (Services.Options.FollowRedirects == RedirectPolicy.Off || State is not (CallState.Trying or CallState.Ringing) || leg.Party is not Routing.Caller.FromAccount by)
        {
            return null;
        }

        _sentTo.Add(leg.Aor);
        foreach (var target in failure.Targets)
        {
            if (_redirects >= CallLimits.Redirects || _invitation.MaxForwards <= 1)
            {
                Services.Metrics.CallRefused("redirect_loop");
                return null;
            }

            if (PlanOf(by, target.Uri, now) is not { } plan)
            {
                continue;
            }

            _redirects++;
            TellForwarded(leg, now);
            if (plan is RoutePlan.ToAccount account)
            {
                return account;
            }

            _redirect ??= (plan, by, Diverted.By(by, failure.HasRung));
            return null;
        }

        return null;
    }

    /// <summary>Where a target leads for the one who redirects; null when it may not call there, nobody is there, or the call was there before.</summary>
    private RoutePlan? PlanOf(Caller.FromAccount by, SipUri target, TimeSpan now)
    {
        var text = target.ToString();
        if (!SipUriView.TryParse(Encoding.UTF8.GetBytes(text), out var view))
        {
            return null;
        }

        var plan = Manager.Routes.Plan(by, view, now);
        var goal = plan switch
        {
            RoutePlan.ToAccount account => account.Aor,
            RoutePlan.ToTrunks trunks => trunks.Number,
            _ => text,
        };
        var refused = plan switch
        {
            RoutePlan.Reject reject => reject,
            RoutePlan.ToAccount { Bindings.Count: 0 } or RoutePlan.ToGroup { IsNobodyThere: true } => new RoutePlan.Reject(480, "Not Registered") { Label = "redirect_nobody" },
            RoutePlan.ToLocation => new RoutePlan.Reject(480, "Not Followed") { Label = "redirect_nobody" },
            _ when !_sentTo.Add(goal) => new RoutePlan.Reject(482, "Loop Detected") { Label = "redirect_loop" },
            // What goes out goes at the cost of who sent it there, and not round and round.
            RoutePlan.ToTrunks => Charge(by, plan) ?? Crossing(plan),
            _ => null,
        };
        if (refused is null)
        {
            return plan;
        }

        Services.Metrics.CallRefused(refused.Label);
        return null;
    }

    private RoutePlan.Reject? Crossing(RoutePlan plan)
    {
        if (_by is not Routing.Caller.FromTrunk || plan is not RoutePlan.ToTrunks { Number: var number } || _crossing is not null)
        {
            return null;
        }

        if (!Services.Loops.TryCross(_by.Aor, number))
        {
            return new RoutePlan.Reject(482, "Loop Detected") { Label = "loop_transit" };
        }

        _crossing = number;
        return null;
    }

    /// <summary>Nobody rings any more, and a phone had named another place: the call goes there.</summary>
    private bool TryRedirect(TimeSpan now)
    {
        if (_redirect is not { } redirect || State is not (CallState.Trying or CallState.Ringing))
        {
            return false;
        }

        _redirect = null;
        StopRinging(now);
        _plan = redirect.Plan;
        _redirectedBy = redirect.By;
        _invitation = _invitation with { Caller = redirect.By, MaxForwards = _invitation.MaxForwards - 1, Diversions = [.. _invitation.Diversions, redirect.From] };
        Fire(_plan is RoutePlan.ToService ? CallInput.ServicePlaced : CallInput.HandedOn, now);
        return true;
    }

    /// <summary>RFC 3261 §21.1.3: the caller hears that the call goes elsewhere.</summary>
    private void TellForwarded(OutboundLeg leg, TimeSpan now)
    {
        if (!leg.HasEarlyMedia) OnProgress(leg, 181, now);
    }
}
