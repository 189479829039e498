using System.Globalization;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>The plain answers of calls: a status line, at most a few headers, no body.</summary>
internal static class Replies
{
    public static void Send(LoopServices services, ServerTransaction transaction, SipRequest request, int status, TimeSpan now, string? phrase = null, string? tag = null)
    {
        Begin(services, transaction, request, status, phrase, tag);
        if (status is 405) services.Writer.Header(HeaderId.Allow, HeaderPolicy.Allow);
        if (status is 415) services.Writer.Header(HeaderId.Accept, Capabilities.Accept);
        End(services, transaction, now);
    }

    public static void RetryLater(LoopServices services, ServerTransaction transaction, SipRequest request, int status, uint seconds, TimeSpan now, string? phrase = null, string? tag = null)
    {
        Begin(services, transaction, request, status, phrase, tag);
        services.Writer.Header(HeaderId.RetryAfter, seconds);
        End(services, transaction, now);
    }

    /// <summary>RFC 4028 §9: the session timer that was asked for is shorter than any may be.</summary>
    public static void SessionTooShort(LoopServices services, ServerTransaction transaction, SipRequest request, TimeSpan now)
    {
        Begin(services, transaction, request, 422, null, null);
        services.Writer.Header(HeaderId.MinSE, SessionRules.Least);
        End(services, transaction, now);
    }

    /// <summary>A refusal with a Warning that says why (RFC 3261 §20.43); the agent that warns is our own host.</summary>
    public static void Warn(LoopServices services, ServerTransaction transaction, SipRequest request, int status, int code, string text, TimeSpan now, string? tag = null)
    {
        Begin(services, transaction, request, status, null, tag);
        if (code > 0) services.Writer.Header(HeaderId.Warning, Warning(services, transaction.Flow, code, text));
        End(services, transaction, now);
    }

    public static string Warning(LoopServices services, in Flow flow, int code, string text) =>
        string.Create(CultureInfo.InvariantCulture, $"{code} {services.Transport.SentBy(flow)} \"{text.Replace("\"", "'", StringComparison.Ordinal)}\"");

    private static void Begin(LoopServices services, ServerTransaction transaction, SipRequest request, int status, string? phrase, string? tag) =>
        SipResponses.Begin(services.Writer, request, transaction.Flow, status, phrase, tag);

    private static void End(LoopServices services, ServerTransaction transaction, TimeSpan now)
    {
        services.Writer.NoBody();
        services.Transactions.Respond(transaction, services.Writer.Written, now);
    }
}
