using Gateway.Server.Events;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>The dialog of a leg as subscriptions see it: they live in it as long as it lasts (RFC 5057 §2).</summary>
internal sealed class LegDialog : IEventDialog
{
    private readonly CallLeg _leg;

    public LegDialog(CallLeg leg)
    {
        _leg = leg;
        Subscriptions = new SubscriptionList(this);
    }

    public LoopServices Services => _leg.Services;

    public bool CanSend => _leg is { IsConfirmed: true, IsHungUp: false, CanSend: true };

    public string Contact => _leg.Contact;

    public SubscriptionList Subscriptions { get; }

    public SipWriter Begin(SipMethod method, out string branch) => _leg.Begin(method, out branch);

    public ClientTransaction Send(SipMethod method, string branch, TimeSpan now) => _leg.Send(method, branch, now);

    public void OnEmpty(TimeSpan now)
    {
        // The call is its first usage.
    }
}
