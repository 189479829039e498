namespace Gateway.Sip;

/// <summary>The states of all four transaction kinds (RFC 3261 figures 5 to 8, RFC 6026 figures 5 and 7).</summary>
public enum TxState : byte
{
    /// <summary>Made, not started: each table's row for <see cref="TxInput.Start"/> leaves it.</summary>
    Initial,
    Calling,
    Trying,
    Proceeding,
    Completed,
    Confirmed,
    Accepted,
    Terminated,
}

/// <summary>What can happen to a transaction. Classes of responses come from the peer on the client side, from the user on the server side.</summary>
public enum TxInput : byte
{
    Start,
    /// <summary>1xx.</summary>
    Provisional,
    /// <summary>2xx.</summary>
    Success,
    /// <summary>3xx to 6xx.</summary>
    Failure,
    /// <summary>The request came again (server side).</summary>
    Retransmission,
    Ack,
    /// <summary>The user wants its INVITE cancelled (client side), or the peer cancels (server side).</summary>
    Cancel,
    TransportError,
    TimerA,
    TimerB,
    TimerD,
    TimerE,
    TimerF,
    TimerG,
    TimerH,
    TimerI,
    TimerJ,
    TimerK,
    TimerL,
    TimerM,
    /// <summary>The user did not answer soon enough: time for a 100 of our own.</summary>
    TimerTrying,
    /// <summary>A non-INVITE request is 64*T1 old and unanswered: its client has given up (RFC 4320 §4.2).</summary>
    TimerAbandon,
    /// <summary>64*T1 after our CANCEL the INVITE has no final response (RFC 3261 §9.1).</summary>
    TimerCancel,
}

/// <summary>What a step asks for. <see cref="TransactionLayer"/> runs the flags in the order of their values; the user hears last.</summary>
[Flags]
public enum TxActions : uint
{
    None = 0,

    /// <summary>Stops the timer that resends or says 100: A, E, G, Trying.</summary>
    StopRetransmit = 1 << 0,
    /// <summary>Stops the timer that ends the state.</summary>
    StopTimeout = 1 << 1,

    /// <summary>Client: the request. Server: the response given, or the last one sent.</summary>
    Send = 1 << 2,
    /// <summary>A 100 of our own (§17.2.1, RFC 4320 §4.1).</summary>
    SendTrying = 1 << 3,
    /// <summary>The ACK of a non-2xx (§17.1.1.3).</summary>
    SendAck = 1 << 4,
    /// <summary>A CANCEL in a transaction of its own (§9.1).</summary>
    SendCancel = 1 << 5,

    /// <summary>T1, then double what it was, without a cap.</summary>
    StartA = 1 << 6,
    StartB = 1 << 7,
    StartD = 1 << 8,
    /// <summary>T1, then double what it was, at most T2.</summary>
    StartE = 1 << 9,
    /// <summary>E again after a 1xx: T2.</summary>
    StartEAtT2 = 1 << 10,
    StartF = 1 << 11,
    /// <summary>T1, then double what it was, at most T2.</summary>
    StartG = 1 << 12,
    StartH = 1 << 13,
    StartI = 1 << 14,
    StartJ = 1 << 15,
    StartK = 1 << 16,
    StartL = 1 << 17,
    StartM = 1 << 18,
    StartTrying = 1 << 19,
    StartAbandon = 1 << 20,
    StartCancel = 1 << 21,

    /// <summary>A failed send that the user is not told of, as it has its outcome or keeps its state; counted.</summary>
    CountTransportError = 1 << 22,
    /// <summary>The response, request, ACK or CANCEL goes to the user.</summary>
    PassUp = 1 << 23,
    FailTimeout = 1 << 24,
    FailTransport = 1 << 25,
    /// <summary>The ACK for our non-2xx came.</summary>
    Acknowledged = 1 << 26,
    /// <summary>The ACK for our non-2xx never came.</summary>
    NotAcknowledged = 1 << 27,
}

internal static class TxActionsExtensions
{
    /// <summary>Enum.HasFlag without the boxes that it makes before the code is optimised.</summary>
    public static bool Has(this TxActions actions, TxActions flag) => (actions & flag) != 0;
}
