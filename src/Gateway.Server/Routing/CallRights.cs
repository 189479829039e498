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

    /// <summary>Calls at once; 0 for no limit.</summary>
    public int MaxCalls { get; init; }

    /// <summary>Minutes a day (UTC) to trunks; 0 for no limit.</summary>
    public int MaxMinutesPerDay { get; init; }

    /// <summary>Seconds that one call may last; 0 for no limit.</summary>
    public int MaxCallSeconds { get; init; }
}
