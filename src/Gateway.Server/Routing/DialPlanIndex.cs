using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Gateway.Server.Configuration;
using Gateway.Server.Trunks;

namespace Gateway.Server.Routing;

/// <summary>What a call's way is looked up in, made once for each state of the configuration. Thread-safe.</summary>
internal sealed class DialPlanIndex
{
    private static readonly ConditionalWeakTable<ConfigurationSnapshot, DialPlanIndex> s_known = [];

    private DialPlanIndex(ConfigurationSnapshot snapshot)
    {
        Snapshot = snapshot;
        Numbers = NumberNormaliser.For(snapshot.Numbers);
        Rules = [.. snapshot.Rules.Where(static rule => rule.IsEnabled).Select(CompiledRule.Of)];
        Extensions = snapshot.Trunks
            .Where(static trunk => trunk is { Type: TrunkKind.Extensions, IsEnabled: true })
            .SelectMany(static trunk => trunk.Extensions.Select(extension => (extension.Account, Trunk: trunk)))
            .GroupBy(static one => one.Account)
            .ToFrozenDictionary(static group => group.Key, static group => group.Select(static one => one.Trunk).Distinct().ToImmutableArray());
        Groups = snapshot.Groups
            .Where(static group => group.Extension.Length > 0)
            .DistinctBy(static group => group.Extension, StringComparer.OrdinalIgnoreCase)
            .ToFrozenDictionary(static group => group.Extension, StringComparer.OrdinalIgnoreCase);
    }

    public ConfigurationSnapshot Snapshot { get; }

    public NumberNormaliser Numbers { get; }

    /// <summary>The enabled ones, in the order they are tried.</summary>
    public ImmutableArray<CompiledRule> Rules { get; }

    /// <summary>The PBXs that an account is an extension of.</summary>
    public FrozenDictionary<Guid, ImmutableArray<Trunk>> Extensions { get; }

    /// <summary>Ring groups by the number or name that reaches them.</summary>
    public FrozenDictionary<string, RingGroup> Groups { get; }

    public static DialPlanIndex Of(ConfigurationSnapshot snapshot) => s_known.GetValue(snapshot, static snapshot => new DialPlanIndex(snapshot));

    /// <summary>The trunks of a failover group, or the one of that name. Extensions are dialled out by their accounts alone.</summary>
    public IEnumerable<Trunk> TrunksOf(string group) => Snapshot.Trunks.Where(trunk => trunk.IsEnabled && trunk.Type != TrunkKind.Extensions
        && (trunk.GroupName.Equals(group, StringComparison.OrdinalIgnoreCase) || trunk.Name.Equals(group, StringComparison.OrdinalIgnoreCase)));
}
