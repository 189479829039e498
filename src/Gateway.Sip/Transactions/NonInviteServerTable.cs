using static Gateway.Sip.TxActions;
using static Gateway.Sip.TxInput;
using static Gateway.Sip.TxState;

namespace Gateway.Sip;

/// <summary>
/// The non-INVITE server transaction (RFC 3261 §17.2.2, figure 8, with RFC 4320 and RFC 6026 §8.8). A pure table: what is
/// not written here changes nothing.
/// </summary>
public static class NonInviteServerTable
{
    public static (TxState State, TxActions Actions) Next(TxState state, TxInput input, bool reliable) => (state, input) switch
    {
        (Initial, Start) => (Trying, StartTrying | StartAbandon | PassUp),

        // RFC 4320 §4.1: on an unreliable transport no 100 before the client's timer E has reached T2; ours comes then.
        (Trying, Provisional) when reliable => (Proceeding, StopRetransmit | Send),
        (Trying, TimerTrying) => (Proceeding, SendTrying),

        (Proceeding, Provisional) => (Proceeding, Send),
        (Proceeding, Retransmission) => (Proceeding, Send),

        (Trying or Proceeding, Success or Failure) when reliable => (Terminated, Send), // timer J is 0
        (Trying or Proceeding, Success or Failure) => (Completed, StopRetransmit | Send | StartJ),
        // RFC 4320 §4.2: nobody waits for an answer any more, least of all for a 408.
        (Trying or Proceeding, TimerAbandon) => (Terminated, None),

        (Completed, Retransmission) => (Completed, Send),
        (Completed, TimerJ) => (Terminated, None),

        // RFC 6026 §8.8 replaces the "Terminated" of figure 8.
        (Trying or Proceeding or Completed, TransportError) => (state, CountTransportError),

        _ => (state, None),
    };
}
