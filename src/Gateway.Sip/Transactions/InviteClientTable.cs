using static Gateway.Sip.TxActions;
using static Gateway.Sip.TxInput;
using static Gateway.Sip.TxState;

namespace Gateway.Sip;

/// <summary>
/// The INVITE client transaction (RFC 3261 §17.1.1 with figure 5 of RFC 6026). A pure table: what is not written here
/// changes nothing.
/// </summary>
public static class InviteClientTable
{
    public static (TxState State, TxActions Actions) Next(TxState state, TxInput input, bool reliable) => (state, input) switch
    {
        (Initial, Start) => (Calling, Send | StartB | (reliable ? None : StartA)),

        (Calling, TimerA) => (Calling, Send | StartA),
        // B runs in Calling only: after any 1xx the peer may ring for as long as its user lets it (§17.1.1.2).
        (Calling, TimerB) => (Terminated, FailTimeout),
        (Calling, Provisional) => (Proceeding, StopRetransmit | StopTimeout | PassUp),
        // A CANCEL waits for the first 1xx (§9.1); the layer remembers the wish and comes back with it.
        (Calling, Cancel) => (Calling, None),

        (Proceeding, Provisional) => (Proceeding, PassUp),
        (Proceeding, Cancel) => (Proceeding, SendCancel | StartCancel),
        (Proceeding, TimerCancel) => (Terminated, FailTimeout),

        // RFC 6026 §7.2: stay, so that every 2xx of every fork reaches the user.
        (Calling or Proceeding, Success) => (Accepted, StopRetransmit | StartM | PassUp),
        (Calling or Proceeding, Failure) when reliable => (Terminated, SendAck | PassUp), // timer D is 0
        (Calling or Proceeding, Failure) => (Completed, StopRetransmit | SendAck | StartD | PassUp),
        (Calling or Proceeding, TransportError) => (Terminated, FailTransport),

        (Completed, Failure) => (Completed, SendAck),
        (Completed, TimerD) => (Terminated, None),
        // The figure informs the user here as well; ours has its final response, so a lost ACK is only counted.
        (Completed, TransportError) => (Terminated, CountTransportError),

        (Accepted, Success) => (Accepted, PassUp),
        (Accepted, TimerM) => (Terminated, None),

        _ => (state, None),
    };
}
