using static Gateway.Sip.TxActions;
using static Gateway.Sip.TxInput;
using static Gateway.Sip.TxState;

namespace Gateway.Sip;

/// <summary>
/// The non-INVITE client transaction (RFC 3261 §17.1.2, figure 6). A pure table: what is not written here changes nothing.
/// </summary>
public static class NonInviteClientTable
{
    public static (TxState State, TxActions Actions) Next(TxState state, TxInput input, bool reliable) => (state, input) switch
    {
        (Initial, Start) => (Trying, Send | StartF | (reliable ? None : StartE)),

        (Trying, TimerE) => (Trying, Send | StartE),
        // Unlike an INVITE this goes on being sent after a 1xx, every T2 (§17.1.2.2).
        (Proceeding, TimerE) => (Proceeding, Send | StartEAtT2),
        (Trying or Proceeding, Provisional) => (Proceeding, PassUp),

        (Trying or Proceeding, Success or Failure) when reliable => (Terminated, PassUp), // timer K is 0
        (Trying or Proceeding, Success or Failure) => (Completed, StopRetransmit | StartK | PassUp),
        (Trying or Proceeding, TimerF) => (Terminated, FailTimeout),
        (Trying or Proceeding, TransportError) => (Terminated, FailTransport),

        (Completed, TimerK) => (Terminated, None),

        _ => (state, None),
    };
}
