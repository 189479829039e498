using System.Text;
using Gateway.Server.Trunks;
using Gateway.Sip;

namespace Gateway.Server.Accounts;

/// <summary>The challenge that a trunk's calls may be asked to answer beside coming from its address: one user, one password.</summary>
public sealed partial class DigestGuard
{
    /// <summary>
    /// Accepts when the trunk asks for nothing, or the request answers a challenge of ours with the trunk's inbound login.
    /// Wrong answers count as everybody's do.
    /// </summary>
    public GuardAnswer CheckTrunk(SipRequest request, Trunk trunk, in Flow flow, TimeSpan now)
    {
        if (trunk.InboundUser.Length == 0)
        {
            return new GuardAnswer(GuardDecision.Accept);
        }

        var looked = 0;
        foreach (var field in request.Fields)
        {
            if (field.Id is HeaderId.Authorization or HeaderId.ProxyAuthorization && ++looked <= MostCredentials
                && DigestCredentials.TryParse(field.Value, out var credentials) && IsOurRealm(credentials.Realm))
            {
                return CheckTrunk(request, trunk, flow, credentials, now);
            }
        }

        var wait = _services.Failures.Wait(flow.Remote.Address, trunk.InboundUser, now);
        return wait > TimeSpan.Zero ? new GuardAnswer(GuardDecision.Wait, RetryAfter: wait) : new GuardAnswer(GuardDecision.Challenge);
    }

    private GuardAnswer CheckTrunk(SipRequest request, Trunk trunk, in Flow flow, in DigestCredentials credentials, TimeSpan now)
    {
        var user = Encoding.UTF8.GetString(credentials.Username);
        var source = flow.Remote.Address;
        if (_services.Failures.Wait(source, user, now) is var wait && wait > TimeSpan.Zero)
        {
            return new GuardAnswer(GuardDecision.Wait, RetryAfter: wait);
        }

        // The work is the same for a wrong user (THREATS 25); an empty password never opens.
        var ha1 = Digest.Ha1(credentials.Algorithm, trunk.InboundUser, _services.Options.Realm, trunk.InboundPassword.Reveal());
        if (!credentials.Verify(ha1, request.MethodToken) || user != trunk.InboundUser || trunk.InboundPassword.IsEmpty)
        {
            _services.Failures.Failed(source, user, now);
            return new GuardAnswer(GuardDecision.Challenge);
        }

        if (!IsRequestUri(credentials.Uri, request))
        {
            return new GuardAnswer(GuardDecision.WrongUri);
        }

        if (!_nonces.Accept(credentials.Nonce, credentials.NonceCount, now))
        {
            return new GuardAnswer(GuardDecision.Stale);
        }

        _services.Failures.Succeeded(source, user, now);
        return new GuardAnswer(GuardDecision.Accept);
    }
}
