using Gateway.Server.Dispatch;
using Gateway.Sip;

namespace Gateway.Server.Proxy;

/// <summary>The validation of a request that is to be forwarded (RFC 3261 §16.3 steps 2 to 5; RFC 5393 §5.3.3).</summary>
internal static class ProxyChecks
{
    /// <summary>More branches at once are worth nobody's while (THREATS 31).</summary>
    public const uint MostBreadth = 60;

    public static CheckVerdict Of(LoopServices services, SipRequest request)
    {
        if (!request.TryGetUri(out _))
        {
            // §16.3 step 2: a scheme that we cannot route.
            return new CheckVerdict(416, "scheme");
        }

        var hasHops = request.TryGetNumber(HeaderId.MaxForwards, out var hops);
        if (hasHops ? hops > SipLimits.MaxForwards : request.Has(HeaderId.MaxForwards))
        {
            return new CheckVerdict(400, "max_forwards", "Bad Max-Forwards Header Field");
        }

        if (hasHops && hops == 0)
        {
            return new CheckVerdict(483, "max_forwards");
        }

        if (request.Has(HeaderId.MaxBreadth) && BreadthOf(request) == 0)
        {
            // RFC 5393 §5.3.1: a positive integer.
            return new CheckVerdict(400, "max_breadth", "Bad Max-Breadth Header Field");
        }

        if (LoopDetection.Find(request, services.Own, LoopDetection.HashOf(request)) == LoopVerdict.Loop)
        {
            return new CheckVerdict(482, "loop");
        }

        // §16.3 step 5: there is none that we know.
        return request.Has(HeaderId.ProxyRequire) ? new CheckVerdict(420, "proxy_require") : CheckVerdict.Pass;
    }

    /// <summary>Answers a request that does not pass.</summary>
    public static void Refuse(LoopServices services, ServerTransaction transaction, SipRequest request, CheckVerdict verdict, TimeSpan now)
    {
        services.Metrics.Refused(verdict.Label);
        SipResponses.Begin(services.Writer, request, transaction.Flow, verdict.Status, verdict.Reason, transaction.Tag);
        if (verdict.Status == 420)
        {
            foreach (var tag in request.Values(HeaderId.ProxyRequire))
            {
                services.Writer.Header(HeaderId.Unsupported, tag);
            }
        }

        services.Writer.NoBody();
        services.Transactions.Respond(transaction, services.Writer.Written, now);
    }

    /// <summary>How many branches at once the request may still become; 60 when it does not say.</summary>
    public static uint BreadthOf(SipRequest request) =>
        request.Has(HeaderId.MaxBreadth)
            ? request.TryGetNumber(HeaderId.MaxBreadth, out var breadth) ? Math.Min(breadth, MostBreadth) : 0
            : MostBreadth;
}
