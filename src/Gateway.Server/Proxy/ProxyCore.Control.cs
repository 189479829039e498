using Gateway.Server.Calls;

namespace Gateway.Server.Proxy;

/// <summary>What pages and programs ask of proxied calls.</summary>
public sealed partial class ProxyCore
{
    internal IEnumerable<CallSnapshot> Snapshot() => _calls.Values.Select(static call => call.Snapshot);

    internal CallSnapshot? Find(Guid id) => _calls.Values.FirstOrDefault(call => call.Id == id)?.Snapshot;

    /// <summary>Ends a proxied call that still rings; null when there is none of this id.</summary>
    internal ControlAnswer? HangUp(Guid id, string reason, TimeSpan now)
    {
        if (_calls.Values.FirstOrDefault(call => call.Id == id) is not { } call)
        {
            return null;
        }

        return call.TryHangUp(reason, now)
            ? new ControlAnswer(ControlStatus.Done) { Call = id }
            : new ControlAnswer(ControlStatus.NotNow, "The call is proxied: only its phones can end it.") { Call = id, SipStatus = 491 };
    }

    /// <summary>The gateway stops: records are closed, and phones that talk go on talking.</summary>
    public void Shutdown(TimeSpan now)
    {
        foreach (var call in _calls.Values.ToArray())
        {
            call.Shutdown(now);
        }
    }
}
