using static Gateway.Server.Trunks.RegistrationActions;
using static Gateway.Server.Trunks.RegistrationInput;
using static Gateway.Server.Trunks.RegistrationState;

namespace Gateway.Server.Trunks;

public enum RegistrationState : byte
{
    /// <summary>Not wanted, and nothing of ours stands at the registrar.</summary>
    Idle,
    /// <summary>DNS is asked for the next hops.</summary>
    Locating,
    /// <summary>A REGISTER is under way.</summary>
    Registering,
    Registered,
    /// <summary>It failed; the back-off runs.</summary>
    Waiting,
    /// <summary>Not wanted any more, but a REGISTER is still under way: its answer comes first (RFC 3261 §10.2).</summary>
    Abandoning,
    /// <summary>The binding is being taken out.</summary>
    Leaving,
    /// <summary>Wanted anew, or with other settings, while an older request is still under way.</summary>
    Restarting,
}

public enum RegistrationInput : byte
{
    /// <summary>It is wanted: at once, whatever it waits for.</summary>
    Start,
    Stop,
    Located,
    NotLocated,
    /// <summary>2xx.</summary>
    Granted,
    /// <summary>401 or 407 that can be answered.</summary>
    Challenged,
    /// <summary>423 with an interval that we can ask for.</summary>
    TooBrief,
    /// <summary>This hop does not answer or cannot serve; there is another.</summary>
    HopFailed,
    /// <summary>A final refusal, or the last hop failed.</summary>
    Refused,
    RefreshTimer,
    RetryTimer,
    /// <summary>The connection that it was registered by is gone.</summary>
    FlowLost,
}

[Flags]
public enum RegistrationActions : ushort
{
    None = 0,
    StopTimers = 1 << 0,
    Locate = 1 << 1,
    NextHop = 1 << 2,
    SendRegister = 1 << 3,
    SendUnregister = 1 << 4,
    ArmRefresh = 1 << 5,
    ArmRetry = 1 << 6,
    TellRegistered = 1 << 7,
    TellFailed = 1 << 8,
    TellStopped = 1 << 9,
}

/// <summary>
/// A registration of ours at a trunk (RFC 3261 §10.2): at most one request under way, and what was bound is taken out again.
/// A pure table: what is not written here changes nothing.
/// </summary>
public static class RegistrationTable
{
    /// <param name="bound">The registrar may still hold a binding of ours.</param>
    public static (RegistrationState State, RegistrationActions Actions) Next(RegistrationState state, RegistrationInput input, bool bound) => (state, input) switch
    {
        (Idle, Start) => (Locating, Locate),

        (Locating, Located) => (Registering, SendRegister),
        // Asked anew: the way may have changed with the settings.
        (Locating, Start) => (Locating, Locate),
        (Locating, NotLocated) => (Waiting, ArmRetry | TellFailed),
        (Locating, Stop) when bound => (Leaving, SendUnregister),
        (Locating, Stop) => (Idle, TellStopped),

        (Registering, Granted) => (Registered, ArmRefresh | TellRegistered),
        (Registering, Challenged or TooBrief) => (Registering, SendRegister),
        (Registering, HopFailed) => (Registering, NextHop | SendRegister),
        (Registering, Refused) => (Waiting, ArmRetry | TellFailed),
        (Registering, Stop) => (Abandoning, None),
        (Registering, Start) => (Restarting, None),

        (Registered, RefreshTimer or FlowLost or Start) => (Locating, StopTimers | Locate),
        // The connection ends as soon as it is registered: a back-off, or we would knock as fast as the network allows.
        (Registered, Refused) => (Waiting, StopTimers | ArmRetry | TellFailed),
        (Registered, Stop) => (Leaving, StopTimers | SendUnregister),

        (Waiting, RetryTimer or Start) => (Locating, StopTimers | Locate),
        (Waiting, Stop) when bound => (Leaving, StopTimers | SendUnregister),
        (Waiting, Stop) => (Idle, StopTimers | TellStopped),

        (Abandoning, Granted) => (Leaving, SendUnregister),
        (Abandoning, Challenged or TooBrief or HopFailed or Refused) when bound => (Leaving, SendUnregister),
        (Abandoning, Challenged or TooBrief or HopFailed or Refused) => (Idle, TellStopped),
        (Abandoning, Start) => (Restarting, None),

        (Leaving, Challenged) => (Leaving, SendUnregister),
        // The last binding ends by itself when nobody answers.
        (Leaving, Granted or TooBrief or HopFailed or Refused) => (Idle, TellStopped),
        (Leaving, Start) => (Restarting, None),

        (Restarting, Granted or Challenged or TooBrief or HopFailed or Refused) => (Locating, Locate),
        (Restarting, Stop) => (Abandoning, None),

        _ => (state, None),
    };
}
