using System.Collections.Immutable;
using System.Net;
using Gateway.Server.Trunks;
using Gateway.Sip;

namespace Gateway.Server.Ports;

/// <summary>Finds the next hops of a host by DNS (RFC 3263), away from the loop. Answers come on the loop.</summary>
public interface INextHops
{
    /// <summary>
    /// <paramref name="done"/> runs on <paramref name="loop"/>, within two seconds even when no server answers; at once for
    /// addresses and cached names, but never inside this call.
    /// </summary>
    void Find(NextHopQuery query, ILoopScheduler loop, Action<NextHops> done);

    /// <summary>A request to this hop failed: no answer, no way there, or 503. For a while it is given last (RFC 3263 §4.3, RFC 4321 §1.3).</summary>
    /// <param name="retryAfter">What its 503 asked for; null when it did not say.</param>
    void Failed(NextHop hop, TimeSpan? retryAfter = null)
    {
    }

    /// <summary>It has answered something: it takes its place again.</summary>
    void Answered(NextHop hop)
    {
    }
}

/// <param name="Host">A name or an address literal (IPv6 without brackets).</param>
/// <param name="Port">0 when none was given.</param>
/// <param name="Transport">Null when none was given.</param>
/// <param name="IsSecure">A sips URI: only TLS will do.</param>
public sealed record NextHopQuery(string Host, int Port = 0, SipTransport? Transport = null, bool IsSecure = false);

/// <param name="Hops">In the order to be tried (§4.3: SRV priority and weight drawn anew for each query); empty when there are none.</param>
/// <param name="Error">Why there are none, in words: no such name, no answer from the DNS servers…</param>
public sealed record NextHops(ImmutableArray<NextHop> Hops, string Error = "")
{
    /// <summary>The steps of the look-up, for "test this trunk".</summary>
    public ImmutableArray<string> Steps { get; init; } = [];
}

/// <summary>Where a request goes and how.</summary>
/// <param name="Name">The name that was asked for: SNI, and what a TLS certificate must carry (RFC 5922 §7.2: the original domain, not the SRV target).</param>
public sealed record NextHop(SipTransport Transport, IPEndPoint Remote, string Name)
{
    /// <summary>The trunk whose TLS settings apply, null for the gateway's own. Connections are shared only within the same.</summary>
    public Guid? Trunk { get; init; }

    /// <summary>TLS settings to use instead of those the trunk has: for a test of what is not saved yet. Such a connection is not shared.</summary>
    public TrunkTls? Tls { get; init; }
}

/// <summary>Opens ways out. Never blocks and never throws.</summary>
public interface IConnector
{
    /// <summary>
    /// The flow to a next hop: an open connection to the same address, transport, name and trunk is used again (RFC 3261 §18.1.1,
    /// RFC 5922 §7), else one is begun. What is sent before it stands is queued; when it cannot be made, the flow's end is heard
    /// as that of any connection (<see cref="GatewayCore.FlowClosed"/>), with the reason from <see cref="WhyClosed"/>.
    /// </summary>
    Flow Open(NextHop hop);

    /// <summary>The same, but a new connection is begun only when something is sent on the flow: for a way back that may never be needed.</summary>
    Flow Later(NextHop hop) => Open(hop);

    /// <summary>
    /// A flow to the peer of one that has closed, as by <see cref="Later"/>, for dialogs and bindings that outlive the connection
    /// they began on: to the same next hop when it was ours, to where the peer listens when it was the peer's. Null when ours never
    /// came about, and when the peer listens nowhere.
    /// </summary>
    Flow? Again(in Flow closed, NextHop? listens) => null;

    /// <summary>Why a connection ended, in words: refused, timed out, certificate has another name…; null when unknown.</summary>
    string? WhyClosed(in Flow flow);

    /// <summary>A UDP flow on which we are registered somewhere is kept open for so long; zero ends that.</summary>
    void Keep(in Flow flow, TimeSpan time)
    {
    }

    /// <summary>The address that we would send from toward a remote (its route), for Contact and SDP.</summary>
    IPAddress? LocalAddress(in Flow flow);
}
