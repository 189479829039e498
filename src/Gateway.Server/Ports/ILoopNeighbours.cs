using Gateway.Server.Calls;
using Gateway.Sip;

namespace Gateway.Server.Ports;

/// <summary>The other loops of this process. What is handed over is done there in the order in which it was handed over.</summary>
public interface ILoopNeighbours
{
    /// <summary>Runs work on another loop, with that loop's calls and time; false when it has ended.</summary>
    bool Post(int loop, Action<CallManager, TimeSpan> work);

    /// <summary>Leads a message after a dialog that has moved; the lease goes with it, whatever becomes of it.</summary>
    void Forward(int loop, SipMessage message, in Flow flow);
}
