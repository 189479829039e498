using System.Collections.Concurrent;
using Gateway.Server.Trunks;

namespace Gateway.Server.Routing;

/// <summary>
/// Counts what accounts, trunks and widgets use: calls at once, new calls a second, minutes a day (UTC). Thread-safe, shared by
/// all loops.
/// </summary>
public sealed class CallCaps
{
    private readonly ConcurrentDictionary<Guid, int> _calls = new();

    /// <summary>Calls at once of an account, trunk or widget.</summary>
    public int Calls(Guid owner) => _calls.GetValueOrDefault(owner);

    /// <summary>Counts a call of this caller in; null when it may be placed, else why not. <see cref="End"/> counts it out.</summary>
    public RoutePlan.Reject? TryBegin(Caller caller, DateTimeOffset utcNow) => throw new NotImplementedException();

    /// <param name="onTrunk">How long it talked over a trunk; zero when it did not.</param>
    public void End(Caller caller, TimeSpan onTrunk, DateTimeOffset utcNow) => throw new NotImplementedException();

    /// <summary>Counts one call on the trunk, in or out; false when its channels or its calls a second are used up.</summary>
    public bool TryEnterTrunk(Trunk trunk, TimeSpan now) => throw new NotImplementedException();

    public void LeaveTrunk(Guid trunk) => throw new NotImplementedException();
}
