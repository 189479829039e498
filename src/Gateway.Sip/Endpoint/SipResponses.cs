namespace Gateway.Sip;

/// <summary>Answers built from the request they answer (RFC 3261 §8.2.6).</summary>
public static class SipResponses
{
    /// <summary>
    /// Status line, Via (all), From, To (with <paramref name="toTag"/> when it has none and the status is not 100), Call-ID
    /// and CSeq, into the writer; the caller adds headers and ends the message. received and rport are added to the top
    /// Via from <paramref name="flow"/> (RFC 3581 §4).
    /// </summary>
    public static void Begin(SipWriter writer, SipRequest request, in Flow flow, int statusCode, string? reason = null, string? toTag = null)
        => throw new NotImplementedException();
}
