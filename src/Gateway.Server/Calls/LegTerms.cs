using System.Collections.Immutable;
using Gateway.Sdp;
using Gateway.Server.Trunks;

namespace Gateway.Server.Calls;

/// <summary>
/// How we speak with one side of a call: what its trunk's operator set, or what suits phones and browsers. Each leg has its
/// own; nothing of it passes to the other side.
/// </summary>
internal sealed record LegTerms
{
    /// <summary>Contacts of accounts, and accounts that call.</summary>
    public static LegTerms Phone { get; } = new();

    public Trunk? Trunk { get; private init; }

    /// <summary>RFC 3262 in our own INVITEs: phones and browsers are not asked for it (BROWSER C2).</summary>
    public ReliableProvisional OffersReliable { get; private init; }

    /// <summary>RFC 3262 toward whoever called us and says that it can; who requires it gets it in any case.</summary>
    public bool AnswersReliably { get; private init; } = true;

    /// <summary>Our INVITEs ask for a session timer (RFC 4028).</summary>
    public bool AsksForTimer { get; private init; }

    public DtmfForm Dtmf { get; private init; }

    public static LegTerms Of(Trunk? trunk) => trunk is null ? Phone : new LegTerms
    {
        Trunk = trunk,
        OffersReliable = trunk.Reliable,
        AnswersReliably = trunk.Reliable != ReliableProvisional.Off,
        AsksForTimer = true,
        Dtmf = trunk.Dtmf,
    };

    /// <summary>Those of the codecs that the trunk may hear of, in its order; as they come where no order is set.</summary>
    public ImmutableArray<CodecDescription> Order(ImmutableArray<CodecDescription> codecs) => Trunk is not { Codecs: { IsDefaultOrEmpty: false } names }
        ? codecs
        : [.. names.SelectMany(name => codecs.Where(codec => codec.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))];
}
