namespace Gateway.Sip;

/// <summary>A header field that a proxy adds.</summary>
/// <param name="Name">Its long name, a token.</param>
/// <param name="Value">Its value; line ends in it become spaces.</param>
public readonly record struct AddedHeader(string Name, string Value);

/// <summary>All that a proxy changes in a request that it forwards (RFC 3261 §16.6). What is not named here is forwarded byte for byte.</summary>
public sealed class RequestEdits
{
    /// <summary>The transport that it leaves by, for our Via.</summary>
    public required SipTransport Transport { get; init; }

    /// <summary>The sent-by of our Via: a host and, unless it is the transport's own, a port.</summary>
    public required string SentBy { get; init; }

    /// <summary>The branch of our Via; <see cref="ProxyBranch"/> makes it.</summary>
    public required string Branch { get; init; }

    /// <summary>Request-URI and Route, from <see cref="ReceivedRoute.Toward"/>.</summary>
    public required OutgoingRoute Route { get; init; }

    /// <summary>Parameters for our Via with their leading semicolon, such as <c>;alias</c> (RFC 5923) or <c>;oc;oc-algo="loss"</c> (RFC 7339).</summary>
    public string ViaParameters { get; init; } = "";

    /// <summary>Where the request came from: received and rport go into the Via below ours (§18.2.1, RFC 3581 §4). Null leaves it as it is.</summary>
    public Flow? Source { get; init; }

    /// <summary>
    /// Record-Route values, each a name-addr with brackets and lr, the topmost first: of a double Record-Route the one of the
    /// side that it leaves by, then the one of the side that it came by (RFC 5658 §5).
    /// </summary>
    public IReadOnlyList<string> RecordRoute { get; init; } = [];

    /// <summary>The Max-Breadth of this branch (RFC 5393 §5.3.3); null leaves what came.</summary>
    public uint? MaxBreadth { get; init; }

    /// <summary>Fields that do not go on; those that routing and transactions need (Via, Route, From, To, Call-ID, CSeq, Max-Forwards, Content-Length) stay whatever it says.</summary>
    public HeaderStrip? Remove { get; init; }

    /// <summary>A protection domain whose credentials were for us: its (Proxy-)Authorization goes no further, and no Bearer token does (§22.3).</summary>
    public string? Realm { get; init; }

    /// <summary>Fields that are added below ours, above all that came.</summary>
    public IReadOnlyList<AddedHeader> Add { get; init; } = [];
}

/// <summary>What a proxy changes in a response beside taking its Via off (RFC 3261 §16.7).</summary>
public sealed class ResponseEdits
{
    /// <summary>Fields that do not go on.</summary>
    public HeaderStrip? Remove { get; init; }

    /// <summary>Fields that are added above all that came.</summary>
    public IReadOnlyList<AddedHeader> Add { get; init; } = [];

    /// <summary>True when it leaves by a stream, where Content-Length must stand (§18.3).</summary>
    public bool ToStream { get; init; }
}
