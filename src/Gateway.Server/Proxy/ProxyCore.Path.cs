using Gateway.Sip;

namespace Gateway.Server.Proxy;

/// <summary>Whether we stay in the path of a dialog, and how its requests find the far side through us.</summary>
public sealed partial class ProxyCore
{
    internal RouteVerdict PathOf(SipRequest invite, in Flow from, ProxyTarget target, in Flow to) =>
        RecordRouteDecision.Of(Services.Options, _realms, invite, from, target, to);

    /// <summary>
    /// Our Record-Route values, the topmost first: one where both sides reach us at the same place, else one for each side
    /// (RFC 5658 §5). Both carry the same token.
    /// </summary>
    internal IReadOnlyList<string> RecordRouteOf(RouteToken token, in Flow to)
    {
        var user = token.Write(Services.RouteKey, Services.Loop);
        var there = RouteUri(user, to);
        var here = RouteUri(user, token.Caller.Flow);
        return there == here ? [there] : [there, here];
    }

    private string RouteUri(string user, in Flow flow)
    {
        var transport = flow.Transport switch
        {
            SipTransport.Tcp => ";transport=tcp",
            SipTransport.Tls => ";transport=tls",
            SipTransport.Ws or SipTransport.Wss => ";transport=ws",
            _ => "",
        };
        return $"<sip:{user}@{Services.Transport.SentBy(flow)}{transport};lr>";
    }

    private enum TokenKind : byte
    {
        None,
        Ours,
        /// <summary>It has the form of ours, and we did not write it.</summary>
        Forged,
    }

    /// <summary>The token in the Route values of ours that brought a request here.</summary>
    private TokenKind TryToken(ReceivedRoute route, out RouteToken token)
    {
        token = null!;
        var kind = TokenKind.None;
        foreach (var own in route.Own)
        {
            if (!SipUriView.TryParse(System.Text.Encoding.UTF8.GetBytes(own), out var uri) || uri.User.IsEmpty)
            {
                continue;
            }

            if (RouteToken.TryRead(uri.User, Services.RouteKey, out token))
            {
                return TokenKind.Ours;
            }

            kind = RouteToken.LooksLikeOne(uri.User) ? TokenKind.Forged : kind;
        }

        return kind;
    }
}
