using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;

namespace Gateway.Sip;

/// <summary>What is to be reached, from a SIP or SIPS URI or a trunk's settings.</summary>
/// <param name="Host">A name or an address literal (RFC 3263 §4: TARGET).</param>
/// <param name="Port">0 when none was given.</param>
/// <param name="Transport">Null when none was given.</param>
/// <param name="IsSecure">A sips URI: only TLS will do.</param>
public sealed record HopQuery(string Host, int Port = 0, SipTransport? Transport = null, bool IsSecure = false);

/// <summary>Which addresses this host can send to, and which it likes better (RFC 7984 §3).</summary>
public sealed record HopRules(bool UsesIPv4 = true, bool UsesIPv6 = true, bool PrefersIPv6 = true);

public readonly record struct Hop(SipTransport Transport, IPEndPoint Remote);

/// <param name="Hops">In the order to be tried; empty when there are none.</param>
/// <param name="Error">Why there are none, in words, without a full stop.</param>
/// <param name="Steps">How it was found, a line for each thing looked up or decided.</param>
public sealed record HopResult(ImmutableArray<Hop> Hops, string Error, ImmutableArray<string> Steps);

/// <summary>What a search wants next: answers to questions, or nothing more.</summary>
/// <param name="Questions">To be asked at the same time, besides those asked before.</param>
/// <param name="Result">Set when the search has ended.</param>
public readonly record struct HopStep(ImmutableArray<DnsQuestion> Questions, HopResult? Result);

/// <summary>
/// Locates the servers for a request (RFC 3263 §4) from DNS answers that somebody else fetches. The search has no state but
/// the answers: each step goes from the top as far as they reach, so answers may come in any order.
/// </summary>
public sealed class HopSearch(HopQuery query, HopRules rules, RandomNumberGenerator random)
{
    /// <param name="known">All answers so far. A question that will get none counts as answered with a failure.</param>
    public HopStep Next(IReadOnlyDictionary<DnsQuestion, DnsAnswer> known)
    {
        var pass = new HopPass(query, rules, random, known);
        var result = pass.Run();
        return result is not null ? new HopStep([], result) : new HopStep(pass.Missing, null);
    }
}
