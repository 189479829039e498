using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>One place that a redirection names.</summary>
/// <param name="Quality">q of its Contact, 0 to 1000; 1000 when it has none (RFC 3261 §20.10).</param>
internal readonly record struct RedirectTarget(SipUri Uri, int Quality);

/// <summary>Reads 3xx answers: where else the callee may be found, the best first (RFC 3261 §8.1.3.4, §21.3).</summary>
internal static class Redirection
{
    /// <summary>Targets of one answer that are looked at.</summary>
    private const int MostTargets = 10;

    /// <summary>
    /// The targets of a 300, 301 or 302. A 305 names a proxy and a 380 another service (§21.3.4, §21.3.5): neither is another place
    /// for the same request, so they have none.
    /// </summary>
    public static IReadOnlyList<RedirectTarget> Read(SipResponse response)
    {
        if (response.StatusCode is not (300 or 301 or 302))
        {
            return [];
        }

        var targets = new List<RedirectTarget>();
        foreach (var value in response.Values(HeaderId.Contact))
        {
            if (targets.Count == MostTargets
                || !NameAddressView.TryParse(value, out var contact)
                || !SipUri.TryParse(contact.UriBytes, out var uri))
            {
                continue;
            }

            // §19.1.5: what the URI would have us send (method, header fields) is not taken from a stranger (THREATS 22).
            var plain = uri.WithoutRequestParts();
            if (!targets.Exists(known => known.Uri.Equals(plain)))
            {
                targets.Add(new RedirectTarget(plain, contact.TryGetParameter("q"u8, out var q) ? Thousandths(q) : 1000));
            }
        }

        // Stable: among equals the order of the answer stays.
        return [.. targets.OrderByDescending(target => target.Quality)];
    }

    // qvalue = "0" [ "." 0*3DIGIT ] / "1" [ "." 0*3("0") ]; anything else is not wished for.
    private static int Thousandths(ReadOnlySpan<byte> q)
    {
        if (q.IsEmpty || q.Length > 5 || q[0] is not ((byte)'0' or (byte)'1') || (q.Length > 1 && q[1] != (byte)'.'))
        {
            return 0;
        }

        var value = (q[0] - '0') * 1000;
        var unit = 100;
        foreach (var digit in q.Length > 2 ? q[2..] : [])
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return 0;
            }

            value += (digit - '0') * unit;
            unit /= 10;
        }

        return Math.Min(value, 1000);
    }
}
