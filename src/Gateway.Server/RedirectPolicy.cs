namespace Gateway.Server;

/// <summary>What becomes of a call that a phone answers with 300, 301 or 302.</summary>
public enum RedirectPolicy
{
    /// <summary>It goes where the phone says, as far as the phone's own account may call there.</summary>
    Follow,

    /// <summary>The phone counts as not reachable.</summary>
    Off,
}
