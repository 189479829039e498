namespace Gateway.Sip.Tests.Transactions;

/// <summary>
/// The four transaction machines written down by hand from the figures of the RFCs, as data: state, input, then next state
/// and actions on an unreliable transport and, behind the bar, on a reliable one where they differ.
/// </summary>
internal static class TransactionTables
{
    /// <summary>RFC 6026 figure 5 with RFC 3261 §17.1.1.2; the CANCEL rows are §9.1, errors in Proceeding §17.1.4.</summary>
    public const string InviteClient = """
        Initial     Start           Calling     Send StartA StartB              | Calling Send StartB
        Calling     TimerA          Calling     Send StartA
        Calling     TimerB          Terminated  FailTimeout
        Calling     TransportError  Terminated  FailTransport
        Calling     Provisional     Proceeding  StopRetransmit StopTimeout PassUp
        Calling     Success         Accepted    StopRetransmit StartM PassUp
        Calling     Failure         Completed   StopRetransmit SendAck StartD PassUp | Terminated SendAck PassUp
        Calling     Cancel          Calling     None
        Proceeding  Provisional     Proceeding  PassUp
        Proceeding  Success         Accepted    StopRetransmit StartM PassUp
        Proceeding  Failure         Completed   StopRetransmit SendAck StartD PassUp | Terminated SendAck PassUp
        Proceeding  TransportError  Terminated  FailTransport
        Proceeding  Cancel          Proceeding  SendCancel StartCancel
        Proceeding  TimerCancel     Terminated  FailTimeout
        Completed   Failure         Completed   SendAck
        Completed   TimerD          Terminated  None
        Completed   TransportError  Terminated  CountTransportError
        Accepted    Success         Accepted    PassUp
        Accepted    TimerM          Terminated  None
        """;

    /// <summary>RFC 3261 figure 6 and §17.1.2.2.</summary>
    public const string NonInviteClient = """
        Initial     Start           Trying      Send StartE StartF              | Trying Send StartF
        Trying      TimerE          Trying      Send StartE
        Trying      TimerF          Terminated  FailTimeout
        Trying      TransportError  Terminated  FailTransport
        Trying      Provisional     Proceeding  PassUp
        Trying      Success         Completed   StopRetransmit StartK PassUp    | Terminated PassUp
        Trying      Failure         Completed   StopRetransmit StartK PassUp    | Terminated PassUp
        Proceeding  TimerE          Proceeding  Send StartEAtT2
        Proceeding  TimerF          Terminated  FailTimeout
        Proceeding  TransportError  Terminated  FailTransport
        Proceeding  Provisional     Proceeding  PassUp
        Proceeding  Success         Completed   StopRetransmit StartK PassUp    | Terminated PassUp
        Proceeding  Failure         Completed   StopRetransmit StartK PassUp    | Terminated PassUp
        Completed   TimerK          Terminated  None
        """;

    /// <summary>RFC 6026 figure 7 with RFC 3261 §17.2.1; the CANCEL row is §9.2.</summary>
    public const string InviteServer = """
        Initial     Start           Proceeding  StartTrying PassUp
        Proceeding  TimerTrying     Proceeding  SendTrying
        Proceeding  Retransmission  Proceeding  Send
        Proceeding  Provisional     Proceeding  StopRetransmit Send
        Proceeding  Success         Accepted    StopRetransmit Send StartL
        Proceeding  Failure         Completed   StopRetransmit Send StartG StartH | Completed StopRetransmit Send StartH
        Proceeding  Cancel          Proceeding  PassUp
        Proceeding  TransportError  Proceeding  CountTransportError
        Completed   Retransmission  Completed   Send
        Completed   TimerG          Completed   Send StartG
        Completed   TimerH          Terminated  NotAcknowledged
        Completed   Ack             Confirmed   StopRetransmit StartI Acknowledged | Terminated Acknowledged
        Completed   TransportError  Completed   CountTransportError
        Confirmed   TimerI          Terminated  None
        Accepted    Success         Accepted    Send
        Accepted    Ack             Accepted    PassUp
        Accepted    TimerL          Terminated  None
        Accepted    TransportError  Accepted    CountTransportError
        """;

    /// <summary>RFC 3261 figure 8 with RFC 4320 §4 (1xx, no 408) and RFC 6026 §8.8 (transport errors).</summary>
    public const string NonInviteServer = """
        Initial     Start           Trying      StartTrying StartAbandon PassUp
        Trying      Provisional     Trying      None                            | Proceeding StopRetransmit Send
        Trying      TimerTrying     Proceeding  SendTrying
        Trying      Success         Completed   StopRetransmit Send StartJ      | Terminated Send
        Trying      Failure         Completed   StopRetransmit Send StartJ      | Terminated Send
        Trying      TimerAbandon    Terminated  None
        Trying      TransportError  Trying      CountTransportError
        Proceeding  Provisional     Proceeding  Send
        Proceeding  Retransmission  Proceeding  Send
        Proceeding  Success         Completed   StopRetransmit Send StartJ      | Terminated Send
        Proceeding  Failure         Completed   StopRetransmit Send StartJ      | Terminated Send
        Proceeding  TimerAbandon    Terminated  None
        Proceeding  TransportError  Proceeding  CountTransportError
        Completed   Retransmission  Completed   Send
        Completed   TimerJ          Terminated  None
        Completed   TransportError  Completed   CountTransportError
        """;

    public delegate (TxState State, TxActions Actions) Table(TxState state, TxInput input, bool reliable);

    public static (string Name, string Source, string Rows, Table Next)[] All { get; } =
    [
        ("INVITE client", "RFC 3261 §17.1.1, RFC 6026 figure 5", InviteClient, InviteClientTable.Next),
        ("Non-INVITE client", "RFC 3261 §17.1.2, figure 6", NonInviteClient, NonInviteClientTable.Next),
        ("INVITE server", "RFC 3261 §17.2.1, RFC 6026 figure 7", InviteServer, InviteServerTable.Next),
        ("Non-INVITE server", "RFC 3261 §17.2.2, figure 8; RFC 4320; RFC 6026 §8.8", NonInviteServer, NonInviteServerTable.Next),
    ];

    /// <summary>One row read back: what goes in, and what must come out on either kind of transport.</summary>
    public static (TxState State, TxInput Input, (TxState, TxActions) Unreliable, (TxState, TxActions) Reliable) Read(string row)
    {
        var halves = row.Split('|');
        var words = halves[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var unreliable = ReadOutcome(words.AsSpan(2));
        var reliable = halves.Length == 1 ? unreliable : ReadOutcome(halves[1].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        return (Enum.Parse<TxState>(words[0]), Enum.Parse<TxInput>(words[1]), unreliable, reliable);
    }

    private static (TxState, TxActions) ReadOutcome(ReadOnlySpan<string> words)
    {
        var actions = TxActions.None;
        foreach (var word in words[1..])
        {
            actions |= Enum.Parse<TxActions>(word);
        }

        return (Enum.Parse<TxState>(words[0]), actions);
    }
}
