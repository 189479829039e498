using System.Text;

namespace Gateway.Sip;

/// <summary>
/// What the Request-URI and the Route of a received request mean once our own values are off them (RFC 3261 §16.4): whom the
/// request is for, which of our Record-Route values brought it here, and which routers are still to be visited.
/// </summary>
public sealed class ReceivedRoute
{
    private ReceivedRoute(string requestUri, bool isRewritten, List<string> own, List<string> rest, int skipped, bool lastTaken)
    {
        RequestUri = requestUri;
        IsRewritten = isRewritten;
        Own = own;
        Rest = rest;
        Skipped = skipped;
        LastTaken = lastTaken;
    }

    /// <summary>The Request-URI to go on with; another than the received one when a strict router or a maddr of ours was undone.</summary>
    public string RequestUri { get; }

    /// <summary>True when <see cref="RequestUri"/> is not the one that came.</summary>
    public bool IsRewritten { get; }

    /// <summary>
    /// The URIs of ours that were taken off, in the order in which they were reached: with a double Record-Route two of them
    /// (RFC 5658 §5). Tokens that we minted into them are read from here.
    /// </summary>
    public IReadOnlyList<string> Own { get; }

    /// <summary>The Route values that are left, as they came.</summary>
    public IReadOnlyList<string> Rest { get; }

    /// <summary>How many of the received Route values were taken off the head.</summary>
    internal int Skipped { get; }

    /// <summary>True when the last received Route value became the Request-URI.</summary>
    internal bool LastTaken { get; }

    /// <summary>Reads a received request. Nothing in it is changed.</summary>
    public static ReceivedRoute Read(SipRequest request, OwnAddresses own)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(own);
        var values = new List<string>();
        foreach (var value in request.Values(HeaderId.Route))
        {
            values.Add(Encoding.UTF8.GetString(value));
        }
        var reached = new List<string>();
        var target = Encoding.UTF8.GetString(request.UriBytes);
        var received = values.Count;

        // A strict router sent this: our Record-Route value stands where the target belongs, and the target is the last Route.
        var lastTaken = received > 0 && request.TryGetUri(out var uri) && own.OwnsRoute(uri) && TryUriOf(values[^1], out _);
        if (lastTaken)
        {
            reached.Add(target);
            TryUriOf(values[^1], out var last);
            target = InRequestLine(last.UriBytes);
            values.RemoveAt(received - 1);
        }
        var plain = WithoutMaddr(target, own);

        var head = 0;
        while (head < values.Count && TryUriOf(values[head], out var address) && address.TryGetUri(out var route) && own.Owns(route))
        {
            reached.Add(Encoding.UTF8.GetString(address.UriBytes));
            head++;
        }
        return new ReceivedRoute(plain, lastTaken || !ReferenceEquals(plain, target), reached, values[head..], head, lastTaken);
    }

    /// <summary>
    /// Where a copy of the request goes (§16.6 steps 2, 6 and 7): the target, the routers to visit before it, and the
    /// reformatting that a strict router needs.
    /// </summary>
    /// <param name="target">The Request-URI of the copy; null for the received one.</param>
    /// <param name="pushed">Route values to visit first, each a name-addr with brackets: a Path (RFC 3327), a configured hop.</param>
    public OutgoingRoute Toward(string? target = null, IReadOnlyList<string>? pushed = null)
    {
        target = target is null ? RequestUri : InRequestLine(Encoding.UTF8.GetBytes(target));
        pushed ??= [];
        var first = pushed.Count > 0 ? pushed[0] : Rest.Count > 0 ? Rest[0] : null;
        if (first is null || !TryUriOf(first, out var address))
        {
            return new OutgoingRoute(target, target, pushed, Skipped, LastTaken, null);
        }
        if (!address.TryGetUri(out var uri) || uri.HasParameter("lr"u8))
        {
            return new OutgoingRoute(target, Encoding.UTF8.GetString(address.UriBytes), pushed, Skipped, LastTaken, null);
        }
        var strict = InRequestLine(address.UriBytes);
        var ownFirst = pushed.Count > 0;
        return new OutgoingRoute(strict, strict, ownFirst ? [.. pushed.Skip(1)] : pushed, ownFirst ? Skipped : Skipped + 1, LastTaken, $"<{target}>");
    }

    /// <summary>A URI as it may stand in a request line: as it came, unless it holds a method or headers (§19.1.1 table 1).</summary>
    private static string InRequestLine(ReadOnlySpan<byte> uri) =>
        SipUriView.TryParse(uri, out var view) && (!view.Headers.IsEmpty || view.HasParameter("method"u8))
            ? view.ToUri().WithoutRequestParts().ToString()
            : Encoding.UTF8.GetString(uri);

    /// <summary>§16.4: a maddr that names us is stripped, with the port and the transport that belonged to it.</summary>
    private static string WithoutMaddr(string target, OwnAddresses own)
    {
        if (!target.Contains("maddr", StringComparison.OrdinalIgnoreCase)
            || !SipUri.TryParse(target, out var uri)
            || !uri.TryGetParameter("maddr", out var address)
            || !own.OwnsHost(Encoding.UTF8.GetBytes(address)))
        {
            return target;
        }
        var bare = uri.WithoutParameter("maddr").WithoutParameter("transport");
        return new SipUri(bare.Scheme, bare.User, bare.Host, null, bare.Parameters, bare.Headers).ToString();
    }

    private static bool TryUriOf(string value, out NameAddressView address) => NameAddressView.TryParse(Encoding.UTF8.GetBytes(value), out address);
}

/// <summary>Request-URI and Route of one copy of a request, and the URI whose address it goes to (RFC 3261 §16.6 steps 6 and 7).</summary>
public sealed class OutgoingRoute
{
    internal OutgoingRoute(string requestUri, string nextHop, IReadOnlyList<string> pushed, int skipped, bool lastTaken, string? appended)
    {
        RequestUri = requestUri;
        NextHop = nextHop;
        Pushed = pushed;
        Skipped = skipped;
        LastTaken = lastTaken;
        Appended = appended;
    }

    /// <summary>What stands in the request line: the target, or a strict router on the way to it.</summary>
    public string RequestUri { get; }

    /// <summary>The URI that the procedures of RFC 3263 are applied to.</summary>
    public string NextHop { get; }

    /// <summary>Route values to write above those that came.</summary>
    internal IReadOnlyList<string> Pushed { get; }

    /// <summary>How many of the received values are left out at the head.</summary>
    internal int Skipped { get; }

    /// <summary>True when the last received value is left out.</summary>
    internal bool LastTaken { get; }

    /// <summary>The target behind all routers, for a strict one; or null.</summary>
    internal string? Appended { get; }
}
