using System.Collections.Concurrent;
using Gateway.Server.Calls;
using Gateway.Server.Ports;

namespace Gateway.Web.Live;

/// <summary>
/// What happens in the gateway, for the pages: the calls that are on, and a word when something changed. The loops tell it and
/// go on; a page asks for what it shows when it has time.
/// </summary>
internal sealed class GatewayEvents : IGatewayEvents
{
    private readonly ConcurrentDictionary<Guid, CallSnapshot> _calls = new();

    /// <summary>Something changed. Comes on any thread and often; listeners mark themselves and return.</summary>
    public event Action? Changed;

    public IReadOnlyCollection<CallSnapshot> Calls => [.. _calls.Values.OrderByDescending(call => call.StartedAt)];

    public void RegistrationChanged(string aor) => Changed?.Invoke();

    public void CallChanged(CallSnapshot call)
    {
        if (string.Equals(call.State, "ended", StringComparison.OrdinalIgnoreCase) || string.Equals(call.State, "terminated", StringComparison.OrdinalIgnoreCase))
        {
            _calls.TryRemove(call.Id, out _);
        }
        else
        {
            _calls[call.Id] = call;
        }

        Changed?.Invoke();
    }
}
