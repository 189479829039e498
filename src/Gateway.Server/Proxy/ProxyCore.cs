using System.Text;
using Gateway.Server.Calls;
using Gateway.Server.Dispatch;
using Gateway.Server.Registrar;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Proxy;

/// <summary>
/// The stateful proxy of one loop (RFC 3261 §16): takes INVITEs that need nothing of us, forwards what their dialogs say, and
/// knows the calls among them. The dispatcher calls it.
/// </summary>
public sealed partial class ProxyCore
{
    private readonly HashSet<ResponseContext> _contexts = [];
    private readonly Dictionary<ulong, ProxiedCall> _calls = [];
    private readonly AddressRealms _realms;

    public ProxyCore(LoopServices services)
    {
        ArgumentNullException.ThrowIfNull(services);
        Services = services;
        _realms = new AddressRealms(services.Options.AddressRealms);
    }

    /// <summary>Requests that wait for a final response.</summary>
    public int ContextCount => _contexts.Count;

    /// <summary>Proxied calls that are not over, as far as we see.</summary>
    public int CallCount => _calls.Count;

    /// <summary>Errors of ours that ended a request or a call.</summary>
    public long Faults { get; private set; }

    /// <summary>Hears of every error of ours, for the log.</summary>
    public Action<Exception>? Faulted { get; set; }

    internal LoopServices Services { get; }

    /// <summary>True for an INVITE that its plan may hand to the proxy: what only a user agent checks waits until then.</summary>
    internal bool MayTake(SipRequest request, in Flow flow) =>
        request.Method == SipMethod.Invite && Services.Options.CallMode != CallMode.Bridge && !flow.IsWebSocket
        && ((!request.Has(HeaderId.Replaces) && !request.Has(HeaderId.Join)) || Calls.NamedDialogs.IsOthers(request));

    /// <summary>True when a request was here before exactly so (RFC 3261 §16.3 step 4); it is asked before anybody's password is.</summary>
    internal bool IsLoop(SipRequest request)
    {
        var vias = request.Values(HeaderId.Via);
        return vias.MoveNext() && vias.MoveNext() && LoopDetection.Find(request, Services.Own, LoopDetection.HashOf(request)) == LoopVerdict.Loop;
    }

    /// <summary>What the plan becomes for this INVITE: proxied or bridged, and why.</summary>
    internal RoutePlan Decide(ServerTransaction transaction, SipRequest invite, Caller caller, RoutePlan plan)
    {
        var verdict = ModeDecision.Of(Services.Options, _realms, caller, plan, invite, transaction.Flow);
        if (verdict.Mode == CallMode.Proxy && ReceivedRoute.Read(invite, Services.Own).Rest.Count > 0)
        {
            // THREATS 29: nobody is sent on to a host of the caller's choice; whom he calls is ours, so the Route is not needed.
            verdict = new ModeVerdict(CallMode.Bridge, "the request names proxies of its own");
        }

        return plan with { Mode = verdict.Mode, ModeReason = verdict.Reason };
    }

    /// <summary>Forwards a new INVITE to the contacts that its plan names; its caller has been proved.</summary>
    internal void Place(ServerTransaction transaction, SipRequest invite, Caller caller, RoutePlan plan, string dialled, TimeSpan now)
    {
        if (ProxyChecks.Of(Services, invite) is { Status: not 0 } verdict)
        {
            ProxyChecks.Refuse(Services, transaction, invite, verdict, now);
            return;
        }

        var call = new ProxiedCall(this, NewNumber(), transaction, invite, caller, plan, dialled);
        _calls.Add(call.Number, call);
        Services.Metrics.CallStarted();
        var asked = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var context = new ResponseContext(this, transaction, invite, call)
        {
            Recursion = (context, branch, response) => Follow(asked, context, branch, response),
            Ringing = (Services.Options.SerialRing, RingLimitOf(plan)),
        };
        _contexts.Add(context);
        call.Context = context;
        Services.Events.CallChanged(call.Snapshot);
        context.Guard((context, groups: GroupsOf(invite, plan), breadth: ProxyChecks.BreadthOf(invite)), now,
            static (state, now) => state.context.Start(state.groups, state.breadth, now));
    }

    /// <summary>The caller's CANCEL; false when the INVITE is none of ours.</summary>
    public bool OnCancel(ServerTransaction invite, SipRequest cancel, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(invite);
        if (invite.User is not ResponseContext context)
        {
            return false;
        }

        // One that is over has nothing left to cancel (RFC 3261 §9.2).
        if (_contexts.Contains(context))
        {
            context.Guard((context, cancel), now, static (state, now) => state.context.Cancel(state.cancel, now));
        }

        return true;
    }

    internal void Forget(ResponseContext context) => _contexts.Remove(context);

    internal void Forget(ProxiedCall call) => _calls.Remove(call.Number);

    internal void Fault(Exception error)
    {
        Faults++;
        Faulted?.Invoke(error);
    }

    /// <summary>The contacts of a plan in the groups that are asked one after another (RFC 3261 §16.5, RFC 3841).</summary>
    private static List<IEnumerable<ProxyTarget>> GroupsOf(ReceivedRoute route, RoutePlan plan, CallerPreferences preferences)
    {
        // A group rings at once, whatever its members prefer among their own devices.
        if (plan is RoutePlan.ToGroup group)
        {
            return [group.Members.SelectMany(member => TargetSet.Of(member.Bindings, preferences).All.Select(target => TargetOf(route, member.Aor, target, 0)!))];
        }

        return plan is RoutePlan.ToAccount account
            ? [.. TargetSet.Of(account.Bindings, preferences).Groups.Select(targets => targets.Select(target => TargetOf(route, account.Aor, target, 0)!))]
            : [];
    }

    private List<IEnumerable<ProxyTarget>> GroupsOf(SipRequest request, RoutePlan plan) =>
        GroupsOf(ReceivedRoute.Read(request, Services.Own), plan, CallerPreferences.Of(request));

    /// <summary>A device by its best flow, the others behind it (RFC 5626 §7).</summary>
    private static ProxyTarget? TargetOf(ReceivedRoute route, string aor, Target device, int flow) => flow >= device.Flows.Length ? null : new ProxyTarget
    {
        Route = route.Toward(device.Flows[flow].TargetOf(isSips: false)!.ToString(), device.Flows[flow].Path),
        Flow = device.Flows[flow].Flow,
        Aor = aor,
        Binding = device.Flows[flow],
        Fallback = TargetOf(route, aor, device, flow + 1),
    };

    private TimeSpan RingLimitOf(RoutePlan plan) =>
        plan is RoutePlan.ToGroup { Group.RingSeconds: > 0 and var seconds } ? TimeSpan.FromSeconds(seconds) : Services.Options.RingLimit;

    private ulong NewNumber()
    {
        Span<byte> random = stackalloc byte[8];
        ulong number;
        do
        {
            Services.Random.GetBytes(random);
            number = BitConverter.ToUInt64(random);
        }
        while (_calls.ContainsKey(number));
        return number;
    }
}
