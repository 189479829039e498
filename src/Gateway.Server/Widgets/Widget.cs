using System.Collections.Immutable;
using Gateway.Server.Configuration;
using Gateway.Server.Routing;

namespace Gateway.Server.Widgets;

/// <summary>A click-to-call button on somebody's web page. The page knows the public id only; where the call goes is decided here.</summary>
public sealed record Widget : IConfigured
{
    public static string Kind => "widgets";

    public required Guid Id { get; init; }

    public required Guid DomainId { get; init; }

    public required string Name { get; init; }

    /// <summary>w_ and 16 characters; stands in the page.</summary>
    public required string PublicId { get; init; }

    public bool IsEnabled { get; init; } = true;

    public required Destination To { get; init; }

    /// <summary>Exact origins (https://shop.example, no path, no wildcard) that may use it.</summary>
    public ImmutableArray<string> Origins { get; init; } = [];

    /// <summary>Shown to the called side as the caller's name.</summary>
    public string CallerName { get; init; } = "Web visitor";

    public int MaxCallSeconds { get; init; } = 1800;

    /// <summary>Calls at once.</summary>
    public int MaxCalls { get; init; } = 5;

    public int MaxCallsPerDay { get; init; } = 200;

    /// <summary>Of one visitor's address (an IPv6 /64 counts as one).</summary>
    public int MaxCallsPerAddressPerHour { get; init; } = 6;

    /// <summary>When it takes calls; empty for always.</summary>
    public ImmutableArray<TimeWindow> Hours { get; init; } = [];

    public string TimeZone { get; init; } = "UTC";

    public CaptchaKind Captcha { get; init; }

    /// <summary>Secret of the captcha's verifier, where it has one.</summary>
    public SecretText CaptchaSecret { get; init; }

    /// <summary>HMAC-SHA256 key of the host page's server: signed visitor data becomes X-headers and part of the call record.</summary>
    public SecretText VisitorKey { get; init; }

    /// <summary>Names of visitor data that may become X- headers, e.g. Order-Id (sent as X-Order-Id).</summary>
    public ImmutableArray<string> VisitorHeaders { get; init; } = [];

    /// <summary>Only pages whose server signed the visitor data may call.</summary>
    public bool RequiresSignedVisitor { get; init; }

    public string Label { get; init; } = "";
}

public enum CaptchaKind : byte
{
    None,
    /// <summary>A proof of work that the visitor's browser does by itself; no third party.</summary>
    ProofOfWork,
}

/// <summary>One admitted visitor: what the token was minted for. It names the only call that its socket may make.</summary>
public sealed record WidgetSession
{
    public required Guid Id { get; init; }

    public required Widget Widget { get; init; }

    public required string Origin { get; init; }

    /// <summary>Signed by the host page's server and let through by the widget; named as the widget names them, sent on as X-Name.</summary>
    public ImmutableDictionary<string, string> Visitor { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Of the visitor's page (BCP 47), sent on as Accept-Language; may be empty.</summary>
    public string Language { get; init; } = "";

    /// <summary>The page that the visitor calls from, as far as his browser tells; unsigned, for the record only.</summary>
    public string Page { get; init; } = "";

    /// <summary>The longest that the call may last.</summary>
    public int MaxSeconds { get; init; }

    /// <summary>What the call record keeps of the visitor.</summary>
    public ImmutableDictionary<string, string> Recorded => Page.Length == 0 || Visitor.Keys.Any(name => VisitorData.Plain(name) == "page") ? Visitor : Visitor.SetItem("Page", Page);
}
