using System.Collections.Immutable;
using Gateway.Server.Ports;
using Gateway.Server.Trunks;
using Gateway.Sip;

namespace Gateway.Server.Routing;

/// <summary>The sources of the location service in the order they are asked, and which domains elsewhere they may lead to. Thread-safe.</summary>
/// <param name="asksUnknown">Whatever has no other answer is asked for; false: only where a rule says so.</param>
/// <param name="openDomains">Domains that may be called without a trunk: example.com, *.example.com, or * for all (THREATS 29).</param>
public sealed class LocationSources(ImmutableArray<ILocationSource> sources, bool asksUnknown, IReadOnlyList<string> openDomains)
{
    /// <summary>All calls to open domains count against, and are known by, this one trunk that stands in no configuration.</summary>
    public static readonly Guid OpenTrunk = new("0f3a1c5e-6116-4000-8000-000000000001");

    public static LocationSources None { get; } = new([], asksUnknown: false, []);

    public bool AsksUnknown => asksUnknown && sources.Length > 0;

    /// <summary>Those of the names that are there and can know an answer, in the order of the names; all of them without names.</summary>
    public ImmutableArray<ILocationSource> For(LocationQuestion question, ImmutableArray<string> names)
    {
        var meant = names.IsDefaultOrEmpty
            ? sources
            : [.. names.SelectMany(name => sources.Where(source => source.Name.Equals(name, StringComparison.OrdinalIgnoreCase))).Distinct()];
        return [.. meant.Where(source => source.Takes(question))];
    }

    /// <summary>The way to a host without a trunk of its own; null when it is not among the open domains.</summary>
    /// <param name="port">0 when the address has none.</param>
    public Trunk? Open(string host, int port, SipTransport? transport, Guid domain) => !IsOpen(host) ? null : new Trunk
    {
        Id = OpenTrunk, DomainId = domain, Name = host, Host = host, Port = port, Transport = transport, Reliable = ReliableProvisional.Off,
        Identity = IdentityForm.From, QualifySeconds = 0,
    };

    private bool IsOpen(string host)
    {
        foreach (var domain in openDomains)
        {
            if (domain == "*" || domain.Equals(host, StringComparison.OrdinalIgnoreCase)
                || (domain.StartsWith("*.", StringComparison.Ordinal) && host.EndsWith(domain[1..], StringComparison.OrdinalIgnoreCase)))
            {
                return true;
            }
        }

        return false;
    }
}
