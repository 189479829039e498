using System.Text;
using Gateway.Server.Accounts;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>Commands from the console and the API. They run on this loop like everything else; who may give them is checked before.</summary>
public sealed partial class CallManager
{
    /// <summary>Ends a call, ringing or answered.</summary>
    /// <param name="reason">What the phones may show.</param>
    public ControlAnswer HangUp(Guid id, string reason, TimeSpan now) => Proxy?.HangUp(id, reason, now) ?? With(id, call =>
    {
        Run(call, (call, reason), now, static (state, now) => state.call.HangUp(state.reason, now));
        return new ControlAnswer(ControlStatus.Done) { Call = id };
    });

    /// <summary>Holds an answered call on one side's behalf, or takes it off hold.</summary>
    public ControlAnswer Hold(Guid id, CallSide side, bool hold, TimeSpan now) => With(id, call =>
    {
        var held = false;
        Run(call, call, now, (call, now) => held = call.TryHold(side, hold, now));
        return held ? new ControlAnswer(ControlStatus.Done) { Call = id } : NotNow(id, "The call has not been answered by both sides.");
    });

    /// <summary>Hands the other side on to a target, as a blind transfer by REFER does.</summary>
    /// <param name="by">The side that hands on and leaves.</param>
    /// <param name="target">A number, a user, or a SIP URI.</param>
    /// <param name="rights">With whose rights and at whose cost; null for those of the side that hands on.</param>
    public ControlAnswer Transfer(Guid id, CallSide by, string target, Account? rights, TimeSpan now) => With(id, call =>
    {
        if (!call.MayTransfer || call.Side(by) is not { } leg) return NotNow(id, "The call has not been answered by both sides, or is being transferred.");
        var party = rights is not null ? CallerOf(rights) : leg.Party is Caller.FromWidget ? null : leg.Party;
        if (party is null) return Refused(id, new RoutePlan.Reject(403, "This side has no right to transfer"));
        var plan = PlanOf(party, target, now);
        if (ReferRequests.Refusal(call, party, plan) is { } refused) return Refused(id, refused);
        Run(call, (call, leg, party, plan), now, static (state, now) => state.call.StartTransfer(state.leg, state.party, state.plan, null, now));
        return new ControlAnswer(ControlStatus.Done) { Call = id };
    });

    /// <summary>Click-to-dial: rings the contacts of an account, and when one answers, calls the target for it (RFC 3725).</summary>
    /// <param name="target">A number, a user, or a SIP URI, with the account's rights.</param>
    public ControlAnswer Originate(Account account, string target, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(account);
        ArgumentNullException.ThrowIfNull(target);
        var caller = CallerOf(account);
        var plan = PlanOf(caller, target, now);
        if (!account.IsEnabled) return Refused(default, new RoutePlan.Reject(403, "The account is disabled"));
        if (plan is RoutePlan.Reject reject) return Refused(default, reject);
        if (Services.Bindings.Published.Get(caller.Aor).Count == 0) return Refused(default, new RoutePlan.Reject(480, "No phone of the account is registered"));
        if (IsFull) return Refused(default, new RoutePlan.Reject(503, "The gateway is full"));
        var (dialled, display) = plan switch
        {
            RoutePlan.ToAccount to => (to.Aor, to.Account.DisplayName),
            RoutePlan.ToGroup group => ($"{group.Group.Extension}@{Services.Options.Realm}", group.Group.Name),
            RoutePlan.ToTrunks trunks => ($"{trunks.Number}@{Services.Options.Realm}", ""),
            RoutePlan.ToService service => ($"{service.Name}@{Services.Options.Realm}", ""),
            _ => ($"unknown@{Services.Options.Realm}", ""),
        };
        var call = new Call(this, caller, plan, dialled, display);
        _calls.Add(call.Id, call);
        Services.Metrics.CallStarted();
        Run(call, call, now, static (call, now) => call.Originate(now));
        return new ControlAnswer(ControlStatus.Done) { Call = call.Id };
    }

    private ControlAnswer With(Guid id, Func<Call, ControlAnswer> command) =>
        _calls.TryGetValue(id, out var call) && call.State < CallState.Ending ? command(call) : new ControlAnswer(ControlStatus.NoCall, "There is no such call now.") { Call = id, SipStatus = 404 };

    private static ControlAnswer NotNow(Guid id, string reason) => new(ControlStatus.NotNow, reason) { Call = id, SipStatus = 491 };

    private static ControlAnswer Refused(Guid id, RoutePlan.Reject refused) => new(ControlStatus.Refused, refused.Reason) { Call = id, SipStatus = refused.Status };

    private Caller.FromAccount CallerOf(Account account) => new(account, account.AorIn(Services.Options.Realm), account.DisplayName);

    private RoutePlan PlanOf(Caller caller, string target, TimeSpan now)
    {
        target = target.Trim();
        if (target.Length is 0 or > 200) return new RoutePlan.Reject(404, "Nobody is named");
        if (!target.StartsWith("sip:", StringComparison.OrdinalIgnoreCase) && !target.StartsWith("sips:", StringComparison.OrdinalIgnoreCase)
            && !target.StartsWith("tel:", StringComparison.OrdinalIgnoreCase)) return Routes.Plan(caller, target);
        return SipUriView.TryParse(Encoding.UTF8.GetBytes(target), out var uri) ? Routes.Plan(caller, uri, now) : new RoutePlan.Reject(400, "This is no SIP address");
    }
}
