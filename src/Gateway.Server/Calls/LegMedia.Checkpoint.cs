using System.Net;
using Gateway.Sdp;
using Gateway.Server.Ports;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>The media of a leg as plain values, and made of them: with the same port, or with an identity that the peer has still to be told.</summary>
internal sealed partial class LegMedia
{
    /// <summary>Our side of the media is another than the peer was told: it is offered anew as soon as the peer can be reached.</summary>
    public bool MustReoffer { get; private set; }

    /// <summary>Null before the first agreement.</summary>
    public MediaCheckpoint? ToCheckpoint() => IsClosed || _negotiator.ToSnapshot() is not { } negotiation ? null : new MediaCheckpoint
    {
        Negotiation = negotiation,
        Told = Told,
        Will = Will,
        Rtp = IsWebRtc ? null : _negotiator.Media.Rtp.ToString(),
        Source = _source?.ToString(),
        Offered = Offered,
        Lives = Id,
        IsUntold = MustReoffer,
    };

    /// <summary>
    /// After a restart: a phone's port is bound again, so that it need not know; a browser gets a new identity, because keys died
    /// with the process, and so does a phone whose port is somebody else's now. Null when no port is free or the values make no sense.
    /// </summary>
    public static LegMedia? Reopen(LoopServices services, LegId id, MediaCheckpoint from, in Flow flow, LegTerms terms)
    {
        var isBrowser = from.Negotiation.Profile == LegProfile.WebRtc;
        IPEndPoint? told = null;
        if (!isBrowser && !IPEndPoint.TryParse(from.Rtp ?? "", out told)) return null;
        var identity = isBrowser ? OpenWebRtc(services, id) : OpenRtp(services, id, flow, told!.Port);
        if (identity is null) return null;
        if (!LegNegotiator.TryRestore(from.Negotiation, identity, services.Random, out var negotiator))
        {
            services.Media.Close(id);
            return null;
        }
        return Made(services, id, from, negotiator, terms, mustReoffer: isBrowser || !identity.Rtp.Equals(told));
    }

    /// <summary>From another loop: the leg in the media plane goes on as it is, and tells this loop from now on.</summary>
    public static LegMedia? Adopt(LoopServices services, LegId id, MediaCheckpoint from, LegTerms terms)
    {
        if (from.Negotiation.Local is not { } local || !LegNegotiator.TryRestore(from.Negotiation, local, services.Random, out var negotiator)) return null;
        services.Media.Rehome(id, services.Loop);
        return Made(services, id, from, negotiator, terms, from.IsUntold);
    }

    private static LegMedia Made(LoopServices services, LegId id, MediaCheckpoint from, LegNegotiator negotiator, LegTerms terms, bool mustReoffer) =>
        new(services, id, negotiator, terms, IPAddress.TryParse(from.Source, out var source) ? source : null)
        {
            MustReoffer = mustReoffer,
            Told = from.Told,
            Will = from.Will,
            Offered = from.Offered,
        };

    private static LocalMedia? OpenRtp(LoopServices services, LegId id, in Flow flow, int port)
    {
        var near = NearAddress(services, flow);
        if ((services.Media.ReopenRtp(id, services.Loop, near, port) ?? services.Media.OpenRtp(id, services.Loop, near)) is not { } identity) return null;
        return new LocalMedia { Rtp = identity.Rtp, Rtcp = identity.Rtcp, Ssrc = identity.Ssrc, CName = identity.CName };
    }
}
