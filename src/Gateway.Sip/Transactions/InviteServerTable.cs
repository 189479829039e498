using static Gateway.Sip.TxActions;
using static Gateway.Sip.TxInput;
using static Gateway.Sip.TxState;

namespace Gateway.Sip;

/// <summary>
/// The INVITE server transaction (RFC 3261 §17.2.1 with figure 7 of RFC 6026). A pure table: what is not written here
/// changes nothing.
/// </summary>
public static class InviteServerTable
{
    public static (TxState State, TxActions Actions) Next(TxState state, TxInput input, bool reliable) => (state, input) switch
    {
        (Initial, Start) => (Proceeding, StartTrying | PassUp),

        (Proceeding, Retransmission) => (Proceeding, Send),
        (Proceeding, TimerTrying) => (Proceeding, SendTrying),
        (Proceeding, Provisional) => (Proceeding, StopRetransmit | Send),
        // RFC 6026 §7.1: the user repeats its 2xx; the transaction stays to absorb the INVITE's repeats.
        (Proceeding, Success) => (Accepted, StopRetransmit | Send | StartL),
        (Proceeding, Failure) => (Completed, StopRetransmit | Send | StartH | (reliable ? None : StartG)),
        (Proceeding, Cancel) => (Proceeding, PassUp),

        (Completed, Retransmission) => (Completed, Send),
        (Completed, TimerG) => (Completed, Send | StartG),
        (Completed, TimerH) => (Terminated, NotAcknowledged),
        (Completed, Ack) when reliable => (Terminated, Acknowledged), // timer I is 0
        (Completed, Ack) => (Confirmed, StopRetransmit | StartI | Acknowledged),

        (Confirmed, TimerI) => (Terminated, None),

        (Accepted, Success) => (Accepted, Send),
        (Accepted, Ack) => (Accepted, PassUp),
        (Accepted, TimerL) => (Terminated, None),

        // RFC 6026 §7.1: never destroyed for a failed send, or the next repeat would be a new call.
        (Proceeding or Completed or Accepted, TransportError) => (state, CountTransportError),

        _ => (state, None),
    };
}
