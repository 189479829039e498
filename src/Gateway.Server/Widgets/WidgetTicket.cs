using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using Gateway.Server.Routing;

namespace Gateway.Server.Widgets;

/// <summary>What a widget's token says and signs: one visitor, one page, one destination, one call.</summary>
public sealed record WidgetTicket
{
    public required TicketUse Use { get; init; }

    /// <summary>Names the visit, and is the token's one-use id.</summary>
    public required Guid Session { get; init; }

    public required Guid Widget { get; init; }

    public required string Origin { get; init; }

    /// <summary>Fingerprint of where the widget led when it was minted: a token does not survive a change of destination.</summary>
    public required string Destination { get; init; }

    public required int MaxSeconds { get; init; }

    /// <summary>Unix seconds.</summary>
    public required long Expires { get; init; }

    public string Language { get; init; } = "";

    public string Page { get; init; } = "";

    /// <summary>What the host page's server signed and the widget lets through.</summary>
    public ImmutableDictionary<string, string> Visitor { get; init; } = ImmutableDictionary<string, string>.Empty;

    public static string FingerprintOf(Destination to) =>
        Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(to)))[..16];
}

public enum TicketUse : byte
{
    /// <summary>Admits to a socket, once.</summary>
    Call,
    /// <summary>Carries an admitted visit over to another socket, as often as needed while its call lives.</summary>
    Resume,
}
