using System.Collections.Immutable;
using Gateway.Server.Routing;
using Gateway.Server.Trunks;
using Gateway.Server.Widgets;

namespace Gateway.Server.Configuration;

/// <summary>All that operators configure, as it stands now. Immutable: a reader takes it once and sees one state.</summary>
public sealed record ConfigurationSnapshot
{
    public static ConfigurationSnapshot Empty { get; } = new();

    public ImmutableArray<Trunk> Trunks { get; init; } = [];

    /// <summary>In the order they are tried.</summary>
    public ImmutableArray<DialRule> Rules { get; init; } = [];

    public ImmutableArray<RingGroup> Groups { get; init; } = [];

    public ImmutableArray<Widget> Widgets { get; init; } = [];

    public NumberPlan Numbers { get; init; } = NumberPlan.Default;

    public Trunk? Trunk(Guid id) => Trunks.FirstOrDefault(trunk => trunk.Id == id);

    public RingGroup? Group(Guid id) => Groups.FirstOrDefault(group => group.Id == id);

    public Widget? Widget(string publicId) => Widgets.FirstOrDefault(widget => string.Equals(widget.PublicId, publicId, StringComparison.Ordinal));
}
