using System.Text.Json.Serialization;

namespace Gateway.Server.Routing;

/// <summary>Where a rule, a DID or a widget leads. In JSON: <c>{"kind":"account","account":"…"}</c>.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(ToAccount), "account")]
[JsonDerivedType(typeof(ToGroup), "group")]
[JsonDerivedType(typeof(ToTrunkGroup), "trunk")]
[JsonDerivedType(typeof(ToService), "service")]
[JsonDerivedType(typeof(ToNumber), "forward")]
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

    /// <param name="Status">400 to 699.</param>
    public sealed record Refusal(int Status, string Reason) : Destination;
}
