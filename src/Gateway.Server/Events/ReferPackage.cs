using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Events;

/// <summary>The refer event package (RFC 3515 §3): subscriptions that a REFER makes, prolonged and ended by SUBSCRIBE in its dialog.</summary>
internal sealed class ReferPackage(ServerOptions options) : IEventPackage
{
    public const string DocumentType = "message/sipfrag;version=2.0";

    public string Name => "refer";

    public IReadOnlyList<string> Types { get; } = ["message/sipfrag"];

    /// <summary>As long as a transfer may take.</summary>
    public TimeSpan DefaultExpires { get; } = TimeSpan.FromSeconds(60) + options.RingLimit;

    public TimeSpan MinExpires { get; } = TimeSpan.FromSeconds(1);

    public TimeSpan MaxExpires { get; } = TimeSpan.FromSeconds(60) + options.RingLimit;

    public TimeSpan Interval => TimeSpan.Zero;

    /// <summary>§3.3: only a REFER makes one.</summary>
    public EventVerdict Authorise(Caller watcher, in SipUriView target) => EventVerdict.Refuse(403, "Only REFER Makes It");

    public IEventView Open(string resource, Caller watcher, string type) => throw new InvalidOperationException("a REFER brings its own view");
}
