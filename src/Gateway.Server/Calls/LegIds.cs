using Gateway.Server.Ports;

namespace Gateway.Server.Calls;

/// <summary>Mints the ids of media legs: the loop in the upper bits, so that loops never meet, and a count below.</summary>
internal sealed class LegIds(int loop)
{
    private long _last;

    public LegId Next() => new(((long)loop << 48) | ++_last);
}
