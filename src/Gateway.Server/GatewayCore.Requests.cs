using Gateway.Server.Accounts;
using Gateway.Server.Calls;
using Gateway.Server.Dispatch;
using Gateway.Server.Observability;
using Gateway.Server.Ports;
using Gateway.Server.Proxy;
using Gateway.Server.Registrar;
using Gateway.Server.Routing;
using Gateway.Server.Trunks;
using Gateway.Server.Widgets;
using Gateway.Sip;

namespace Gateway.Server;

/// <summary>Whose a request is and who handles it: inside a dialog, from a visitor, an account or a trunk.</summary>
public sealed partial class GatewayCore
{
    private void InDialog(ServerTransaction transaction, SipRequest request, TimeSpan now)
    {
        var verdict = RequestChecks.Inside(request, InDialogRequests.IsRelayed(_services, request));
        if (verdict.Status != 0)
        {
            Refuse(transaction, request, verdict, now);
        }
        else if (_guard.Sender(request, transaction.Flow, now) is var sender
            && !Calls.OnInDialog(transaction, request, sender, now) && !Subscriptions.OnInDialog(transaction, request, sender, now))
        {
            // §12.2.2: a tag that names no dialog of ours.
            Refuse(transaction, request, new CheckVerdict(481, "no_dialog"), now);
        }
    }

    /// <summary>The token at the socket's opening was the authentication: who calls, and whom, stands in it.</summary>
    private void FromWidget(ServerTransaction transaction, SipRequest request, WidgetSession session, TimeSpan now)
    {
        if (!_merged.TryAdd(request, now, transaction))
        {
            Refuse(transaction, request, new CheckVerdict(482, "merged"), now);
            return;
        }

        Calls.OnInvite(transaction, request, new Caller.FromWidget(session, $"{session.Widget.PublicId}@{_services.Options.Realm}"), now);
    }

    private void Authenticated(ServerTransaction transaction, SipRequest request, TimeSpan now)
    {
        if (request.Method == SipMethod.Register && !IsOurDomain(request))
        {
            // §10.3 step 1: bindings of other domains are not ours to keep, and we forward nothing.
            Refuse(transaction, request, new CheckVerdict(403, "foreign_domain", "Not Our Domain"), now);
            return;
        }

        var flow = transaction.Flow;
        var match = request.Method == SipMethod.Register ? null : _inbound.Identify(request, flow, now);
        var edge = request.Method == SipMethod.Register ? _inbound.Registering(flow) : null;
        var answer = (match?.Trunk ?? edge) is { } trunk ? _guard.CheckTrunk(request, trunk, flow, now) : _guard.Check(request, flow, now);
        _services.Metrics.Authentication(answer.Label);
        if (answer.Decision != GuardDecision.Accept)
        {
            Deny(transaction, request, answer, now);
            return;
        }

        // Only what is proved is remembered: a stranger cannot fill the table, and a retry after a 401 may keep its CSeq.
        if (!Proxy.MayTake(request, flow) && !_merged.TryAdd(request, now, transaction))
        {
            Refuse(transaction, request, new CheckVerdict(482, "merged"), now);
            return;
        }

        if (edge is not null)
        {
            FromEdge(transaction, request, now);
        }
        else if (match is null)
        {
            Handle(transaction, request, answer.Account!, now);
        }
        else
        {
            HandleTrunk(transaction, request, match, now);
        }
    }

    /// <summary>What a user agent checks and a proxy does not: an INVITE that turned out to be bridged (RFC 3261 §8.2.2).</summary>
    private bool MayBridge(ServerTransaction transaction, SipRequest invite, TimeSpan now)
    {
        if (!Proxy.MayTake(invite, transaction.Flow)) return true;
        var verdict = RequestChecks.AsUserAgent(invite);
        if (verdict.Status == 0 && !_merged.TryAdd(invite, now, transaction)) verdict = new CheckVerdict(482, "merged");
        if (verdict.Status != 0) Refuse(transaction, invite, verdict, now);
        return verdict.Status == 0;
    }

    /// <summary>An edge proxy has asked the phone for its password: only whether there is such an account is left to see (§10.3 step 5).</summary>
    private void FromEdge(ServerTransaction transaction, SipRequest request, TimeSpan now)
    {
        if (request.To.TryGetUri(out var to) && _services.Hosts.Owns(to) && DialledNumber.TryFind(_services.Accounts, to, out var account) && account.IsEnabled)
        {
            _registrar.OnRegister(transaction, request, account, now);
        }
        else
        {
            Refuse(transaction, request, new CheckVerdict(404, "no_account"), now);
        }
    }

    private void Handle(ServerTransaction transaction, SipRequest request, Account account, TimeSpan now)
    {
        if (_services.Options.Role == ServerRole.Redirect && Redirected(transaction, request, account, now))
        {
            return;
        }

        switch (request.Method)
        {
            case SipMethod.Register:
                _registrar.OnRegister(transaction, request, account, now);
                break;
            case SipMethod.Invite:
                Calls.OnInvite(transaction, request, new Caller.FromAccount(account, _guard.AorOf(account), account.DisplayName), now);
                break;
            default:
                HandleOther(transaction, request, new Caller.FromAccount(account, _guard.AorOf(account), account.DisplayName), isKnown: false, now);
                break;
        }
    }

    /// <summary>A redirect server carries no calls and no messages: it says where they belong (RFC 3261 §8.3).</summary>
    private bool Redirected(ServerTransaction transaction, SipRequest request, Account account, TimeSpan now)
    {
        if (request.Method is SipMethod.Register or SipMethod.Subscribe or SipMethod.Invite || IsForUs(request) || !request.TryGetUri(out var target))
        {
            return false;
        }

        RedirectServer.Answer(_services, transaction, request, Calls.Routes.Plan(new Caller.FromAccount(account, _guard.AorOf(account), account.DisplayName), target, now), now);
        return true;
    }

    private void HandleTrunk(ServerTransaction transaction, SipRequest request, TrunkMatch match, TimeSpan now)
    {
        if (request.Method != SipMethod.Invite)
        {
            HandleOther(transaction, request, TrunkInbound.CallerOf(match, request), isKnown: true, now);
        }
        else if (!_inbound.IsForUs(match, request))
        {
            // THREATS 29: a trunk reaches its numbers here, and no host elsewhere through us.
            Refuse(transaction, request, new CheckVerdict(403, "trunk_relay", "Not Our Domain"), now);
        }
        else
        {
            Calls.OnInvite(transaction, request, TrunkInbound.CallerOf(match, request), now, match.Dialled);
        }
    }

    private bool Relayed(ServerTransaction transaction, SipRequest request, Caller.FromAccount by, TimeSpan now)
    {
        if (_relayed.Take(transaction.Flow.Remote.Address, now))
        {
            return Proxy.Relay(transaction, request, by, now);
        }

        Refuse(transaction, request, new CheckVerdict(503, "rate"), now);
        return true;
    }

    /// <param name="isKnown">A trunk asks for its own Contact, or for a number of which its routes would know.</param>
    private void HandleOther(ServerTransaction transaction, SipRequest request, Caller by, bool isKnown, TimeSpan now)
    {
        if (by is Caller.FromAccount account && ProxyCore.MayRelay(request) && !IsForUs(request) && Relayed(transaction, request, account, now))
        {
            return;
        }

        switch (request.Method)
        {
            case SipMethod.Options:
                AnswerOptions(transaction, request, stateless: false, now, isKnown);
                break;
            case SipMethod.Refer:
                Calls.OnRefer(transaction, request, by, now);
                break;
            case SipMethod.Subscribe:
                Subscriptions.OnSubscribe(transaction, request, by, now);
                break;
            case SipMethod.Notify:
                // RFC 6665 §4.1.3: we subscribed to nothing.
                Refuse(transaction, request, new CheckVerdict(481, "no_subscription"), now);
                break;
            default:
                Refuse(transaction, request, new CheckVerdict(405, "method"), now);
                break;
        }
    }
}
