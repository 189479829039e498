using System.Net;
using System.Text;
using Gateway.Server.Dispatch;
using Gateway.Server.Ports;
using Gateway.Sip;

namespace Gateway.Server.Proxy;

/// <summary>
/// Requests inside proxied dialogs (RFC 3261 §16.4, §16.12): they come because our Record-Route asked for it, and its token
/// says where they go. Nobody is sent anywhere else (THREATS 29), and nobody but the two sides is served (THREATS 32).
/// </summary>
public sealed partial class ProxyCore
{
    /// <summary>The AOR that a flow has proved to speak for; null when it proved nothing.</summary>
    internal Func<SipRequest, Flow, TimeSpan, string?>? Sender { get; init; }

    /// <summary>Takes a request with a To tag that came by a Route of ours; false when it is for someone else here.</summary>
    public bool TryForward(ServerTransaction transaction, SipRequest request, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        ArgumentNullException.ThrowIfNull(request);
        if (!MayCarryToken(request))
        {
            return false;
        }

        var route = ReceivedRoute.Read(request, Services.Own);
        var kind = TryToken(route, out var token);
        if (kind != TokenKind.Ours)
        {
            if (kind == TokenKind.Forged)
            {
                ProxyChecks.Refuse(Services, transaction, request, new CheckVerdict(403, "route_token", "Not Our Route"), now);
            }

            return kind == TokenKind.Forged;
        }

        if (IsFromSide(request, transaction.Flow, token, now) is not { } isFromCaller)
        {
            ProxyChecks.Refuse(Services, transaction, request, new CheckVerdict(481, "stranger"), now);
            return true;
        }

        if (ProxyChecks.Of(Services, request) is { Status: not 0 } verdict)
        {
            ProxyChecks.Refuse(Services, transaction, request, verdict, now);
            return true;
        }

        var next = Next(route);
        if (WayTo(token, isFromCaller, route, next) is not { } way)
        {
            // RFC 5626 §5.3.1: the flow is gone (430); nobody but us knows of it.
            ProxyChecks.Refuse(Services, transaction, request, new CheckVerdict(480, "flow_lost", "Flow Is Gone"), now);
            return true;
        }

        Services.Metrics.Proxy.Forwarded(request.Method);
        var call = _calls.GetValueOrDefault(token.Call);
        call?.OnRequest(request, isFromCaller, now);
        var context = new ResponseContext(this, transaction, request, new InDialogOwner(call, request.Method));
        _contexts.Add(context);
        var target = new ProxyTarget { Route = next, Flow = way };
        context.Guard((context, target, breadth: ProxyChecks.BreadthOf(request)), now,
            static (state, now) => state.context.Start([[state.target]], state.breadth, now));
        return true;
    }

    /// <summary>The ACK of a 2xx goes on without a transaction (RFC 3261 §16.11); false when it came by no Route of ours.</summary>
    public bool TryForwardAck(SipRequest ack, in Flow flow, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(ack);
        if (!MayCarryToken(ack))
        {
            return false;
        }

        var route = ReceivedRoute.Read(ack, Services.Own);
        var kind = TryToken(route, out var token);
        if (kind != TokenKind.Ours)
        {
            return kind == TokenKind.Forged;
        }

        // Nothing of an ACK is answered: what does not pass is dropped.
        if (IsFromSide(ack, flow, token, now) is not { } isFromCaller || ProxyChecks.Of(Services, ack).Status != 0)
        {
            Services.Metrics.Refused("ack");
            return true;
        }

        var next = Next(route);
        if (WayTo(token, isFromCaller, route, next) is { } way)
        {
            ForwardedMessage.Write(Services.Writer, ack, new RequestEdits
            {
                Transport = way.Transport,
                SentBy = Services.Transport.SentBy(way),
                Branch = ProxyBranch.Make(Services.Transactions.NewBranch(), LoopDetection.HashOf(ack)),
                Route = next,
                Source = flow,
                Realm = Services.Options.Realm,
            });
            Services.Metrics.Proxy.Forwarded(SipMethod.Ack);
            Services.Transactions.SendStateless(Services.Writer.Written, way);
        }

        return true;
    }

    /// <summary>A strict router leaves our value in the request line (RFC 3261 §16.4).</summary>
    private static bool MayCarryToken(SipRequest request) =>
        request.Has(HeaderId.Route) && (Names(request) || HasTokenRoute(request));

    private static bool Names(SipRequest request) => request.TryGetUri(out var uri) && RouteToken.LooksLikeOne(uri.User);

    private static bool HasTokenRoute(SipRequest request)
    {
        foreach (var value in request.Values(HeaderId.Route))
        {
            if (NameAddressView.TryParse(value, out var address) && address.TryGetUri(out var uri) && RouteToken.LooksLikeOne(uri.User))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Which side sent it: from where that side was, or by a flow that is signed in as it; null for a stranger.</summary>
    private bool? IsFromSide(SipRequest request, in Flow flow, RouteToken token, TimeSpan now)
    {
        if (token.IsFromCaller(request) is not { } isFromCaller)
        {
            return null;
        }

        var side = (isFromCaller ? token.Caller : token.Callee).Flow;
        var isThere = side.Connection != 0 && side.Connection == flow.Connection
            || (!side.IsWebSocket && !flow.IsWebSocket && IsSameHost(side, flow));
        if (isThere)
        {
            return isFromCaller;
        }

        var sender = Sender?.Invoke(request, flow, now);
        if (sender is null)
        {
            return null;
        }

        // After a restart nobody remembers whose call it was: who has the token and an account may use it.
        var known = _calls.GetValueOrDefault(token.Call) is { } call ? isFromCaller ? call.CallerAor : call.CalleeAor : "";
        return known.Length == 0 || known.Equals(sender, StringComparison.OrdinalIgnoreCase) ? isFromCaller : null;
    }

    /// <summary>
    /// The way to the far side: where its Contact says, as long as that is at its address; else its flow, or the one that its
    /// device has registered by since.
    /// </summary>
    private Flow? WayTo(RouteToken token, bool isFromCaller, ReceivedRoute route, OutgoingRoute next)
    {
        var far = isFromCaller ? token.Callee : token.Caller;
        var flow = far.Flow;
        if (!SipUri.TryParse(Encoding.UTF8.GetBytes(next.NextHop), out var uri))
        {
            return Services.IsOpen(flow) ? flow : null;
        }

        if (flow.Transport != SipTransport.Udp && Services.IsOpen(flow))
        {
            return flow;
        }

        var known = _calls.GetValueOrDefault(token.Call) is { } call ? isFromCaller ? call.CalleeAor : call.CallerAor : "";
        var isDirect = far.IsDirect && route.Rest.Count == 0 && PeerAddresses.IsAt(uri, flow);
        if (flow.Transport == SipTransport.Udp && isDirect && Direct(uri, flow) is { } direct)
        {
            return direct;
        }

        // What it registered by since is surer than a new connection to where it says that it listens.
        return Registered(uri, known) ?? (isDirect ? Direct(uri, flow) : null) ?? (Services.IsOpen(flow) ? flow : null);
    }

    /// <summary>A phone at its own address, by the port and transport that its Contact names.</summary>
    private Flow? Direct(SipUri uri, in Flow flow)
    {
        var transport = flow.Transport;
        if (uri.TryGetParameter("transport", out var named) && !Enum.TryParse(named, ignoreCase: true, out transport))
        {
            return null;
        }

        var hop = new NextHop(transport, new IPEndPoint(flow.Remote.Address, uri.Port ?? 5060), "");
        return transport switch
        {
            SipTransport.Udp when flow.Transport == SipTransport.Udp => flow with { Remote = hop.Remote },
            SipTransport.Udp or SipTransport.Tcp => Services.Connector?.Open(hop),
            // Over TLS a phone has no name that its certificate could be checked for.
            _ => null,
        };
    }

    /// <summary>The flow that the device of a Request-URI is registered by now, where it is named as it registered, but for its port.</summary>
    /// <param name="aor">Whose device it is; empty when nobody remembers, and its user part has to tell.</param>
    private Flow? Registered(SipUri uri, string aor)
    {
        if (aor.Length == 0 && uri.User is not null && Services.Accounts.TryGet(uri.User, out var account))
        {
            aor = account.AorIn(Services.Options.Realm);
        }

        foreach (var binding in Services.Bindings.Published.Get(aor))
        {
            if (binding.Contact.User == uri.User && binding.Contact.Host == uri.Host && !binding.Flow.IsWebSocket && Services.IsOpen(binding.Flow))
            {
                return binding.Flow;
            }
        }

        return null;
    }

    private static bool IsSameHost(in Flow a, in Flow b) => a.Remote.Address.Equals(b.Remote.Address);

    /// <summary>Hears for the call what becomes of one request inside it.</summary>
    private sealed class InDialogOwner(ProxiedCall? call, SipMethod method) : IContextOwner
    {
        public IReadOnlyList<string> RecordRoute(ContextBranch branch, in Flow to, TimeSpan now) => [];

        public void OnForwarded(ContextBranch branch, SipResponse response, TimeSpan now)
        {
            if (response.IsSuccess && method is SipMethod.Invite or SipMethod.Update)
            {
                call?.OnRefreshed(response, now);
            }
        }

        public void OnBranchFailed(ContextBranch branch, int status, SipResponse? response, TimeSpan now)
        {
        }

        public void OnRefused(int status, bool isCancelled, TimeSpan now)
        {
        }

        public void OnAborted(TimeSpan now)
        {
        }
    }
}
