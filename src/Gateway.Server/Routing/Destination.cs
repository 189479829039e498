using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Gateway.Server.Routing;

/// <summary>Where a rule, a DID or a widget leads. In JSON: <c>{"kind":"account","account":"…"}</c>.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(ToAccount), "account")]
[JsonDerivedType(typeof(ToGroup), "group")]
[JsonDerivedType(typeof(ToTrunkGroup), "trunk")]
[JsonDerivedType(typeof(ToService), "service")]
[JsonDerivedType(typeof(ToNumber), "forward")]
[JsonDerivedType(typeof(ToLocation), "locate")]
[JsonDerivedType(typeof(Refusal), "reject")]
public abstract record Destination
{
    public sealed record ToAccount(Guid Account) : Destination;

    /// <summary>A ring group: several accounts ring, the first answer wins.</summary>
    public sealed record ToGroup(Guid Group) : Destination;

    /// <summary>All trunks of a failover group, or the one trunk of this name.</summary>
    public sealed record ToTrunkGroup(string Group) : Destination;

    /// <summary>echo or tone.</summary>
    public sealed record ToService(string Service) : Destination;

    /// <summary>Dials another number or user instead; the plan is asked again, a few times at most.</summary>
    public sealed record ToNumber(string Number) : Destination;

    /// <summary>Asks location sources (ENUM, a directory) where the number is, and goes on by trunks when none of them knows. Only rules may say so.</summary>
    public sealed record ToLocation : Destination
    {
        public ToLocation()
        {
        }

        public ToLocation(ImmutableArray<string> sources, string group = "") => (Sources, Group) = (sources, group);

        /// <summary>enum, ldap; empty for all, in the order of the settings.</summary>
        public ImmutableArray<string> Sources { get; init; } = [];

        /// <summary>The trunk, or group of trunks, for what none of them knows; empty: 404.</summary>
        public string Group { get; init; } = "";
    }

    /// <param name="Status">400 to 699.</param>
    public sealed record Refusal(int Status, string Reason) : Destination;
}
