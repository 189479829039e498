using System.Collections.Immutable;

namespace Gateway.Sdp;

/// <summary>Whose order of codecs an answer follows.</summary>
public enum CodecOrder : byte
{
    /// <summary>The offerer's, as RFC 3264 §6.1 recommends.</summary>
    Offerer,
    /// <summary>Ours: the order of the list that the answerer was given.</summary>
    Answerer,
}

/// <summary>The rules of RFC 3264 as pure functions; <see cref="LegNegotiator"/> applies them in the order of its table.</summary>
public static class OfferAnswer
{
    /// <summary>The direction of an answer: what the answerer wants, as far as the offer leaves room (RFC 3264 §6.1).</summary>
    public static MediaDirection AnswerDirection(MediaDirection offered, MediaDirection wanted) => offered.Reversed() & wanted;

    /// <summary>
    /// The direction that a description really means. "c=0.0.0.0" with sendrecv is how RFC 2543 said hold: the peer takes
    /// nothing (RFC 3264 §8.4). With ICE the connection address says nothing, so the rule is for plain legs only.
    /// </summary>
    public static MediaDirection EffectiveDirection(ResolvedMedia media, LegProfile profile) =>
        profile != LegProfile.WebRtc && media.Connection is { IsUnspecified: true }
            ? media.Direction & MediaDirection.SendOnly
            : media.Direction;

    /// <summary>
    /// The codecs of <paramref name="offered"/> that are also in <paramref name="allowed"/>, with the offer's payload types and
    /// parameters, each codec once. telephone-event is left out: <see cref="CommonTelephoneEvents"/> decides about it.
    /// </summary>
    public static ImmutableArray<CodecDescription> CommonCodecs(
        ImmutableArray<CodecDescription> offered, ImmutableArray<CodecDescription> allowed, CodecOrder order = CodecOrder.Offerer)
    {
        var common = ImmutableArray.CreateBuilder<CodecDescription>();
        var (outer, inner) = order == CodecOrder.Offerer ? (offered, allowed) : (allowed, offered);
        foreach (var first in outer)
        {
            if (first.IsTelephoneEvent || Find(inner, first) is not { } second) continue;
            var codec = order == CodecOrder.Offerer ? first : second;
            if (!common.Any(codec.Matches)) common.Add(codec);
        }
        return common.ToImmutable();
    }

    /// <summary>The telephone-events of an offer whose clock is that of a codec that was taken (RFC 4733 §2.1: they share the clock), each clock once.</summary>
    public static ImmutableArray<CodecDescription> CommonTelephoneEvents(
        ImmutableArray<CodecDescription> offered, ImmutableArray<CodecDescription> taken)
    {
        var events = ImmutableArray.CreateBuilder<CodecDescription>();
        foreach (var codec in offered)
        {
            if (!codec.IsTelephoneEvent || events.Any(known => known.ClockRate == codec.ClockRate)) continue;
            if (taken.Any(audio => audio.ClockRate == codec.ClockRate)) events.Add(codec);
        }
        return events.ToImmutable();
    }

    /// <summary>The telephone-events that belong into an offer of these codecs, in the order of their clocks' first codec.</summary>
    public static ImmutableArray<CodecDescription> TelephoneEventsFor(ImmutableArray<CodecDescription> codecs) =>
        [.. codecs.Where(codec => !codec.IsTelephoneEvent).Select(codec => codec.ClockRate).Distinct().Select(GatewayCodecs.TelephoneEvent)];

    /// <summary>
    /// The part that the answerer plays in DTLS. To actpass it answers passive, because a browser's ClientHello finds us
    /// ready at once; an association that stands keeps its roles (RFC 8842 §5.3). Null when the offer has no usable role.
    /// </summary>
    public static DtlsRole? AnswerRole(DtlsSetup? offered, DtlsRole? current) => offered switch
    {
        DtlsSetup.ActPass => current ?? DtlsRole.Server,
        // RFC 4145 §4: an offer without a=setup means active.
        DtlsSetup.Active or null => DtlsRole.Server,
        DtlsSetup.Passive => DtlsRole.Client,
        _ => null,
    };

    /// <summary>The part that the offerer (actpass) plays after the answer; null when the answer has no usable role.</summary>
    public static DtlsRole? OfferRole(DtlsSetup? answered) => answered switch
    {
        DtlsSetup.Passive => DtlsRole.Client,
        // An answerer must choose; one that repeats actpass or says nothing expects to open (RFC 5763 §5 recommends active).
        DtlsSetup.Active or DtlsSetup.ActPass or null => DtlsRole.Server,
        _ => null,
    };

    /// <summary>The entry of a list that means the same codec.</summary>
    internal static CodecDescription? Find(ImmutableArray<CodecDescription> codecs, CodecDescription wanted)
    {
        foreach (var codec in codecs)
            if (codec.Matches(wanted)) return codec;
        return null;
    }
}
