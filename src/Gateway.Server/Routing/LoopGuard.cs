using System.Collections.Concurrent;

namespace Gateway.Server.Routing;

/// <summary>
/// Knows the calls that are on their way out, so that one which comes back is not sent out again (THREATS 31). Thread-safe,
/// shared by all loops.
/// </summary>
/// <remarks>
/// A proxy that sends our INVITE back leaves its Call-ID as it was: the same Call-ID with the same goal is a loop; with another
/// goal it is a spiral (RFC 3261 §6), which a PBX makes whenever one of its extensions calls another. A back-to-back user agent
/// starts anew with everything, Max-Forwards too: there only the number of equal calls that nobody has answered tells.
/// </remarks>
public sealed class LoopGuard
{
    /// <summary>Unanswered calls from trunks to trunks with one caller and one number; more go round in a circle.</summary>
    public const int MostAlike = 30;

    private readonly ConcurrentDictionary<string, string> _goals = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Caller, string Number), int> _alike = new();

    /// <summary>Dialogs out that are watched.</summary>
    public int Count => _goals.Count;

    /// <param name="callId">Of the INVITE that leaves.</param>
    /// <param name="goal">user@domain of an account, or the number that a trunk is asked for.</param>
    public void Leaves(string callId, string goal) => _goals[callId] = goal;

    public void Over(string callId) => _goals.TryRemove(callId, out _);

    /// <summary>True when this INVITE left here before for where the plan would send it again.</summary>
    public bool HasPassed(string callId, RoutePlan plan) => _goals.TryGetValue(callId, out var goal) && plan switch
    {
        RoutePlan.ToTrunks to => to.Number == goal,
        RoutePlan.ToAccount to => to.Aor.Equals(goal, StringComparison.OrdinalIgnoreCase),
        RoutePlan.ToGroup to => to.Members.Any(member => member.Aor.Equals(goal, StringComparison.OrdinalIgnoreCase)),
        _ => false,
    };

    /// <summary>Counts a call from a trunk to a trunk until it is answered or over; false when too many are alike.</summary>
    public bool TryCross(string caller, string number)
    {
        if (_alike.AddOrUpdate((caller, number), 1, static (_, count) => count + 1) <= MostAlike) return true;
        Crossed(caller, number);
        return false;
    }

    public void Crossed(string caller, string number)
    {
        var key = (caller, number);
        while (_alike.TryGetValue(key, out var count))
        {
            if (count <= 1 ? _alike.TryRemove(new KeyValuePair<(string, string), int>(key, count)) : _alike.TryUpdate(key, count - 1, count)) return;
        }
    }
}
