using System.Collections.Immutable;

namespace Gateway.Sdp;

/// <summary>What our offer on a leg should say. What is left out stays as the leg has it.</summary>
public sealed record OfferRequest
{
    /// <summary>Audio codecs in order, usually what the other leg took; default: as before, else all of <see cref="GatewayCodecs"/>. telephone-event is added by itself.</summary>
    public ImmutableArray<CodecDescription> Codecs { get; init; }

    /// <summary>Null: as we last wanted, else sendrecv.</summary>
    public MediaDirection? Direction { get; init; }

    /// <summary>Milliseconds of audio in a packet; null: as in our last description, else 20.</summary>
    public int? PacketTime { get; init; }

    /// <summary>False: no telephone-event beside the codecs, for peers that take digits by INFO only.</summary>
    public bool TelephoneEvents { get; init; } = true;

    /// <summary>Our last description once more, with nothing changed but the direction: a session is only refreshed (RFC 4028 §7.4).</summary>
    public bool IsRefresh { get; init; }

    /// <summary>New ICE credentials of ours, so that the peer gathers and checks again.</summary>
    public bool IceRestart { get; init; }
}

/// <summary>What our answer on a leg should say, as far as the offer leaves room. What is left out stays as the leg has it.</summary>
public sealed record AnswerRequest
{
    /// <summary>The audio codecs that may be taken; default: as before, else all of <see cref="GatewayCodecs"/>.</summary>
    public ImmutableArray<CodecDescription> Codecs { get; init; }

    /// <summary>Null: as we last wanted, else sendrecv. The answer is cut down to what the offer allows.</summary>
    public MediaDirection? Direction { get; init; }

    /// <inheritdoc cref="OfferRequest.PacketTime"/>
    public int? PacketTime { get; init; }

    /// <inheritdoc cref="OfferRequest.TelephoneEvents"/>
    public bool TelephoneEvents { get; init; } = true;

    public CodecOrder Order { get; init; }
}
