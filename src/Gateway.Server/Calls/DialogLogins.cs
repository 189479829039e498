using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// Challenges to requests inside a dialog that we began at a trunk (a BYE, a re-INVITE): the same request goes out again with
/// the trunk's login. On a call that came from a peer, or went to a user, nothing is ever answered (THREATS 23).
/// </summary>
internal sealed class DialogLogins(CallLeg leg)
{
    private Dictionary<ClientTransaction, TargetLogin>? _repeated;

    /// <summary>The request once more, with credentials; null when the answer stands.</summary>
    public ClientTransaction? Repeat(ClientTransaction transaction, SipResponse response, TimeSpan now)
    {
        if (response.IsProvisional) return null;
        if (_repeated?.Remove(transaction, out var login) != true) login = response.StatusCode is 401 or 407 ? leg.BeginLogin() : null;
        if (login is null || leg.Dialog is not { } dialog || !login.MayRepeat(response)) return null;
        var services = leg.Services;
        if (!new SipParser().TryParse(transaction.Request.Span, stream: false, out var message, out _)) return null;
        try
        {
            if (message is not SipRequest request) return null;
            var branch = services.Transactions.NewBranch();
            var uri = System.Text.Encoding.UTF8.GetString(request.UriBytes);
            SipRequests.BeginRepeat(services.Writer, request, transaction.Flow.Transport, services.Transport.SentBy(transaction.Flow), branch, dialog.NextSequence(request.Method));
            login.Write(services.Writer, request.Method, uri);
            services.Writer.BodyOnly(request.Body);
            var again = services.Transactions.Send(request.Method, branch, services.Writer.Written, transaction.Flow, leg, now);
            (_repeated ??= []).Add(again, login);
            return again;
        }
        finally
        {
            message?.Return();
        }
    }

    public void Forget(ClientTransaction transaction) => _repeated?.Remove(transaction);
}
