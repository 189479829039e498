namespace Gateway.Server.Proxy;

/// <summary>What we know of a proxied call.</summary>
public enum ProxiedCallState : byte
{
    Trying,
    Ringing,
    /// <summary>Answered, and its later requests pass us.</summary>
    Connected,
    Ended,
}

public enum ProxiedCallInput : byte
{
    /// <summary>101 to 199.</summary>
    Progress,
    /// <summary>The first 2xx; we stay in the path.</summary>
    AnswerAndStay,
    /// <summary>The first 2xx; nothing more will pass us.</summary>
    AnswerAndLeave,
    /// <summary>The caller got another final response.</summary>
    Refused,
    /// <summary>A BYE of either side went by.</summary>
    Bye,
    /// <summary>A session that was to be refreshed was not (RFC 4028 §10).</summary>
    SessionExpired,
    /// <summary>Nothing was heard of it for longer than any call lasts.</summary>
    TooLong,
    Shutdown,
    Fault,
}

[Flags]
public enum ProxiedCallActions : byte
{
    None = 0,
    StartRecord = 1,
    WatchSession = 2,
    /// <summary>The record ends with what was seen.</summary>
    EndRecord = 4,
    /// <summary>The record ends without its end: it is not known.</summary>
    EndUnobserved = 8,
}

/// <summary>The life of a proxied call as its record tells it.</summary>
public static class ProxiedCallTable
{
    public static (ProxiedCallState State, ProxiedCallActions Actions) Next(ProxiedCallState state, ProxiedCallInput input) => (state, input) switch
    {
        (ProxiedCallState.Trying, ProxiedCallInput.Progress) => (ProxiedCallState.Ringing, ProxiedCallActions.None),
        (ProxiedCallState.Trying or ProxiedCallState.Ringing, ProxiedCallInput.AnswerAndStay)
            => (ProxiedCallState.Connected, ProxiedCallActions.StartRecord | ProxiedCallActions.WatchSession),
        (ProxiedCallState.Trying or ProxiedCallState.Ringing, ProxiedCallInput.AnswerAndLeave)
            => (ProxiedCallState.Ended, ProxiedCallActions.StartRecord | ProxiedCallActions.EndUnobserved),
        (ProxiedCallState.Trying or ProxiedCallState.Ringing, ProxiedCallInput.Refused or ProxiedCallInput.Fault or ProxiedCallInput.Shutdown)
            => (ProxiedCallState.Ended, ProxiedCallActions.EndRecord),
        (ProxiedCallState.Connected, ProxiedCallInput.Bye or ProxiedCallInput.SessionExpired) => (ProxiedCallState.Ended, ProxiedCallActions.EndRecord),
        (ProxiedCallState.Connected, ProxiedCallInput.TooLong or ProxiedCallInput.Shutdown or ProxiedCallInput.Fault)
            => (ProxiedCallState.Ended, ProxiedCallActions.EndUnobserved),
        _ => (state, ProxiedCallActions.None),
    };
}
