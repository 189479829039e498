using Gateway.Server.Calls;
using Gateway.Server.Ports;
using Gateway.Sip;

namespace Gateway.Net.Sip;

/// <summary>The loops of this process as they hand calls to each other: by their mailboxes, like everything else.</summary>
internal sealed class Neighbours(SipLoop[] loops, LoopClock clock) : ILoopNeighbours
{
    public bool Post(int loop, Action<CallManager, TimeSpan> work)
    {
        var target = loops[loop];
        return target.Post(() => work(target.Core!.Calls, clock.Now));
    }

    public void Forward(int loop, SipMessage message, in Flow flow)
    {
        if (!loops[loop].Deliver(message, flow))
        {
            message.Return();
        }
    }
}
