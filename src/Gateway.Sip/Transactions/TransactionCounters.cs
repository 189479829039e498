namespace Gateway.Sip;

/// <summary>What a transaction layer has counted since it was made; the owner reads copies and turns them into metrics.</summary>
public struct TransactionCounters
{
    public long ClientTransactions { get; set; }

    public long ServerTransactions { get; set; }

    /// <summary>Requests of ours sent again by timers A and E.</summary>
    public long RequestRetransmissions { get; set; }

    /// <summary>Responses of ours sent again, by timer G or because the request came again.</summary>
    public long ResponseRetransmissions { get; set; }

    /// <summary>Requests of peers that came again and were absorbed.</summary>
    public long AbsorbedRequests { get; set; }

    /// <summary>Client transactions that ended without a final response (timers B and F, or 64*T1 after a CANCEL).</summary>
    public long Timeouts { get; set; }

    /// <summary>INVITE server transactions whose non-2xx was never acknowledged (timer H).</summary>
    public long Unacknowledged { get; set; }

    /// <summary>Non-INVITE server transactions that the user left without an answer for 64*T1.</summary>
    public long Unanswered { get; set; }

    public long TransportErrors { get; set; }

    /// <summary>Responses that match no transaction of ours, dropped (RFC 6026 §7.2).</summary>
    public long StrayResponses { get; set; }

    /// <summary>Responses with a branch of ours that came from elsewhere, dropped.</summary>
    public long ForeignResponses { get; set; }

    /// <summary>CANCELs answered 481: nothing to cancel, or not from the INVITE's source.</summary>
    public long UnmatchedCancels { get; set; }

    /// <summary>New requests answered 503 without state.</summary>
    public long Shed { get; set; }

    /// <summary>Requests from a source that cannot be answered (multicast, broadcast, port 0), and RFC 2543 requests that cannot be told apart; dropped.</summary>
    public long Refused { get; set; }

    /// <summary>Answers of the user that RFC 4320 forbids (a 408, or a 1xx above 100 or too early, to a non-INVITE).</summary>
    public long ForbiddenAnswers { get; set; }
}
