using System.Collections.Immutable;

namespace Gateway.Server.Routing;

/// <summary>What kind of number was dialled.</summary>
public enum NumberClass : byte
{
    /// <summary>An account, a ring group, a service: stays inside.</summary>
    Internal,
    Emergency,
    /// <summary>A short code that the number plan names.</summary>
    Short,
    National,
    International,
    Premium,
}

/// <summary>What becomes of a REFER inside a call.</summary>
public enum ReferPolicy : byte
{
    /// <summary>We call the target, in the name and with the rights of whoever refers, and put it in that side's place.</summary>
    Execute,
    /// <summary>The other side of the call gets it and calls the target itself; one that does not know REFER is spared, and it is carried out here. With Replaces it always is.</summary>
    Pass,
    Refuse,
}

/// <summary>What an account, a trunk or a widget may call, and how much of it. International and premium are off by default (THREATS 28).</summary>
public sealed record CallRights
{
    public static CallRights Default { get; } = new();

    /// <summary>Everything stays inside.</summary>
    public static CallRights InternalOnly { get; } = new() { National = false, Short = false };

    /// <summary>What a trunk may reach beyond its DIDs unless its rights say more.</summary>
    public static CallRights Nothing { get; } = new() { Internal = false, Emergency = false, Short = false, National = false };

    public bool Internal { get; init; } = true;

    public bool Emergency { get; init; } = true;

    public bool Short { get; init; } = true;

    public bool National { get; init; } = true;

    public bool International { get; init; }

    public bool Premium { get; init; }

    /// <summary>Numbers in E.164 form, by prefix, that are allowed whatever their class.</summary>
    public ImmutableArray<string> AllowedPrefixes { get; init; } = [];

    /// <summary>Numbers in E.164 form, by prefix, that are refused whatever their class.</summary>
    public ImmutableArray<string> DeniedPrefixes { get; init; } = [];

    /// <summary>What becomes of its REFERs.</summary>
    public ReferPolicy Refer { get; init; }

    /// <summary>It may take over the calls of others (INVITE with Replaces), ringing ones as well.</summary>
    public bool PickUp { get; init; }

    /// <summary>Calls at once; 0 for no limit.</summary>
    public int MaxCalls { get; init; }

    /// <summary>Minutes a day (UTC) to trunks; 0 for no limit.</summary>
    public int MaxMinutesPerDay { get; init; }

    /// <summary>Seconds that one call may last; 0 for no limit.</summary>
    public int MaxCallSeconds { get; init; }
}
