using Gateway.Server.Accounts;
using Gateway.Server.Calls;
using Gateway.Server.Dispatch;
using Gateway.Server.Observability;
using Gateway.Server.Ports;
using Gateway.Server.Registrar;
using Gateway.Server.Routing;
using Gateway.Server.Trunks;
using Gateway.Server.Widgets;
using Gateway.Sip;

namespace Gateway.Server;

/// <summary>The answers that the dispatcher gives by itself: challenges, capabilities and refusals.</summary>
public sealed partial class GatewayCore
{
    private void Deny(ServerTransaction transaction, SipRequest request, GuardAnswer answer, TimeSpan now)
    {
        if (!_unproved.Take(transaction.Flow.Remote.Address, now))
        {
            Refuse(transaction, request, new CheckVerdict(503, "rate"), now);
            return;
        }

        switch (answer.Decision)
        {
            case GuardDecision.Impostor:
                Refuse(transaction, request, new CheckVerdict(403, "impostor", "That Identity Is Not Yours"), now);
                break;
            case GuardDecision.Wait:
                Refuse(transaction, request, new CheckVerdict(403, "slowed_down", "Too Many Wrong Passwords"), now, answer.RetryAfter);
                break;
            case GuardDecision.WrongUri:
                Refuse(transaction, request, new CheckVerdict(400, "digest_uri", "Digest Is For Another URI"), now);
                break;
            default:
                Begin(transaction, request, 401);
                _guard.WriteChallenges(_services.Writer, request, answer.Decision == GuardDecision.Stale, now);
                _services.Writer.NoBody();
                Transactions.RespondStateless(transaction, _services.Writer.Written);
                break;
        }
    }

    /// <summary>§11.2: what we can do. The answer to a stranger is as short as the one to a friend.</summary>
    private void AnswerOptions(ServerTransaction transaction, SipRequest request, bool stateless, TimeSpan now, bool isKnown = false)
    {
        if (!_options.Take(transaction.Flow.Remote.Address, now))
        {
            Refuse(transaction, request, new CheckVerdict(503, "rate"), now);
            return;
        }

        // §11.2: answered as an INVITE would be; who answers is a user agent (RFC 4475 §3.3.5).
        if (RequestChecks.AsUserAgent(request) is { Status: not 0 } asked)
        {
            Refuse(transaction, request, asked, now);
            return;
        }

        var known = isKnown || IsForUs(request) || (request.TryGetUri(out var uri) && Calls.Routes.Plan(s_nobody, uri, now) is not (RoutePlan.Reject or RoutePlan.ToLocation { Otherwise: RoutePlan.Reject }));
        Begin(transaction, request, known ? 200 : 404);
        _services.Writer.Header(HeaderId.Allow, Capabilities.Allow);
        _services.Writer.Header(HeaderId.AllowEvents, Subscriptions.AllowEvents);
        _services.Writer.Header(HeaderId.Accept, Capabilities.Accept);
        _services.Writer.Header(HeaderId.AcceptEncoding, "identity");
        _services.Writer.Header(HeaderId.AcceptLanguage, "en");
        _services.Writer.Header(HeaderId.Supported, Capabilities.Supported);
        _services.Writer.NoBody();
        if (stateless)
        {
            Transactions.RespondStateless(transaction, _services.Writer.Written);
        }
        else
        {
            Transactions.Respond(transaction, _services.Writer.Written, now);
        }
    }

    private static readonly Caller s_nobody = new Caller.FromAccount(
        new Account { Id = default, DomainId = default, User = "", Ha1Md5 = "", Ha1Sha256 = "", PasswordHash = "" }, "", "");

    /// <summary>A refusal ends what it answers: but for an INVITE, whose ACK is waited for, no state stays.</summary>
    private void Refuse(ServerTransaction transaction, SipRequest request, CheckVerdict verdict, TimeSpan now, TimeSpan retryAfter = default)
    {
        _services.Metrics.Refused(verdict.Label);
        _refusals.Add(verdict.Label, now);
        Begin(transaction, request, verdict.Status, verdict.Reason);
        RequestChecks.WriteHelp(_services.Writer, request, verdict.Status);
        if (retryAfter > TimeSpan.Zero || verdict.Status == 503)
        {
            _services.Writer.Header(HeaderId.RetryAfter, Math.Max(RetryAfterSeconds, (uint)Math.Ceiling(retryAfter.TotalSeconds)));
        }

        _services.Writer.NoBody();
        if (verdict.Status == 503)
        {
            Transactions.RespondStateless(transaction, _services.Writer.Written);
        }
        else
        {
            Transactions.Respond(transaction, _services.Writer.Written, now);
        }
    }

    /// <summary>So that not all come back in the same second.</summary>
    private TimeSpan Spread()
    {
        Span<byte> random = stackalloc byte[1];
        _services.Random.GetBytes(random);
        return TimeSpan.FromSeconds(3 + (random[0] % 10));
    }

    private void Begin(ServerTransaction transaction, SipRequest request, int status, string? reason = null) =>
        SipResponses.Begin(_services.Writer, request, transaction.Flow, status, reason, transaction.Tag);

    /// <summary>The Request-URI is the server itself, not a user of it.</summary>
    private bool IsForUs(SipRequest request) =>
        request.TryGetUri(out var uri) && uri.Scheme != SipScheme.Tel && uri.User.IsEmpty && _services.Hosts.Contains(uri.Host);

    private bool IsOurDomain(SipRequest request) => request.TryGetUri(out var uri) && _services.Hosts.Contains(uri.Host);
}
