using System.Collections.Immutable;
using Gateway.Sip;

namespace Gateway.Server.Ports;

/// <summary>
/// Somebody outside who may know where a number or user is: ENUM, a directory (ROWS 52, 57). Asked when the accounts and the dial
/// plan have no answer, or where a rule says so. Thread-safe, shared by all loops.
/// </summary>
public interface ILocationSource
{
    /// <summary>As settings and rules call it: enum, ldap.</summary>
    string Name { get; }

    /// <summary>False for what it can never know, such as a name for ENUM: it is not asked then.</summary>
    bool Takes(LocationQuestion question);

    /// <summary>
    /// <paramref name="done"/> runs on <paramref name="loop"/>, never inside this call, and at the latest when the question's
    /// time is over: a source that is slow, dead or has too much to do answers that it failed.
    /// </summary>
    void Ask(LocationQuestion question, ILoopScheduler loop, Action<LocationAnswer> done);
}

/// <summary>"Where is this number or user?"</summary>
/// <param name="User">As dialled.</param>
/// <param name="E164">+ and digits; null for what has no such form.</param>
/// <param name="Domain">The domain that it was dialled in.</param>
/// <param name="Caller">user@domain of who wants to know; answers do not depend on it.</param>
public sealed record LocationQuestion(string User, string? E164, string Domain, string Caller)
{
    /// <summary>+ and digits, else as dialled.</summary>
    public string Number => E164 ?? User;
}

public enum LocationOutcome : byte
{
    Found,
    /// <summary>It knows no such number or user.</summary>
    NotFound,
    /// <summary>It could not say: dead, slow, broken, or asked too much.</summary>
    Failed,
}

/// <param name="Targets">In the order to be tried; empty unless found.</param>
/// <param name="Detail">Of a failure: why, in words. Else empty.</param>
public sealed record LocationAnswer(LocationOutcome Outcome, ImmutableArray<LocationTarget> Targets, string Detail = "")
{
    /// <summary>What was looked at, a line for each, for the call's trace.</summary>
    public ImmutableArray<string> Steps { get; init; } = [];

    /// <summary>How long the asking took; zero from memory.</summary>
    public TimeSpan Took { get; init; }

    /// <summary>It was asked before; nobody was asked now.</summary>
    public bool IsRemembered { get; init; }

    /// <summary>It has expired, and the source does not answer.</summary>
    public bool IsStale { get; init; }

    /// <summary>How long it may be remembered; null for as long as the settings say.</summary>
    public TimeSpan? Lifetime { get; init; }

    public static LocationAnswer NotFound { get; } = new(LocationOutcome.NotFound, []);

    public static LocationAnswer Failure(string detail) => new(LocationOutcome.Failed, [], detail);
}

/// <summary>Where a source says that somebody is.</summary>
public abstract record LocationTarget
{
    /// <summary>A sip, sips or tel URI. A host that is not ours is called by a trunk there, or where open domains allow it.</summary>
    public sealed record Address(SipUri Uri) : LocationTarget
    {
        public override string ToString() => Uri.ToString();
    }

    /// <summary>A number or user that the dial plan is asked for once more.</summary>
    public sealed record Number(string Value) : LocationTarget
    {
        public override string ToString() => Value;
    }
}
