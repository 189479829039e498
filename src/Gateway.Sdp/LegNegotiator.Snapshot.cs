using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Security.Cryptography;

namespace Gateway.Sdp;

/// <summary>The negotiator as plain values and back: for another loop, which goes on as if nothing had been, and for a later process.</summary>
public sealed partial class LegNegotiator
{
    private static readonly RemoteIce s_noIce = new("", "", [], EndOfCandidates: true);

    /// <summary>What is agreed; an offer that is open is not part of it. Null before the first agreement.</summary>
    public NegotiationSnapshot? ToSnapshot()
    {
        if (_agreed is not { Description: var told, Audio: var audio }) return null;
        return new NegotiationSnapshot
        {
            Profile = Profile,
            SessionId = _sessionId,
            DescriptionVersion = _version,
            Wanted = _wanted,
            Slots = [.. told.Slots.Select(slot => new SlotSnapshot(slot.Media, slot.Protocol, slot.Formats, slot.Mid))],
            AudioIndex = told.AudioIndex,
            LocalCodecs = told.Codecs,
            LocalDirection = told.Direction,
            LocalMux = told.RtcpMux,
            Bundle = told.Bundle,
            Setup = told.Setup,
            LocalPacketTime = told.PacketTime,
            Codecs = audio.Codecs,
            TelephoneEvents = audio.TelephoneEvents,
            Protocol = audio.Protocol,
            RemoteDirection = audio.RemoteDirection,
            RemoteRtp = audio.RemoteRtp?.ToString(),
            RemoteRtcp = audio.RemoteRtcp?.ToString(),
            RtcpMux = audio.RtcpMux,
            PacketTime = audio.PacketTime,
            MaxPacketTime = audio.MaxPacketTime,
            RemoteFingerprints = [.. audio.RemoteFingerprints.Select(fingerprint => fingerprint.ToString())],
            RemoteTlsId = audio.RemoteTlsId,
            DtlsRole = audio.DtlsRole,
            Numbers = [.. _numbers.Known],
            Local = told.Media,
            RemoteIce = audio.RemoteIce,
        };
    }

    /// <summary>
    /// A negotiator that stands where the snapshot was taken. With another identity than it was taken with, no secure association
    /// is left: the next exchange, whoever begins it, agrees on a new one (RFC 8842 §4).
    /// </summary>
    /// <param name="media">Our identity on the leg from now on.</param>
    /// <returns>False for a snapshot that cannot have been ours.</returns>
    public static bool TryRestore(NegotiationSnapshot snapshot, LocalMedia media, RandomNumberGenerator random, [NotNullWhen(true)] out LegNegotiator? negotiator)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(media);
        negotiator = null;
        if (snapshot.Slots.Count == 0 || snapshot.AudioIndex < 0 || snapshot.AudioIndex >= snapshot.Slots.Count || snapshot.Codecs.Count == 0
            || snapshot.Profile == LegProfile.Sdes || !TryEndPoint(snapshot.RemoteRtp, out var rtp) || !TryEndPoint(snapshot.RemoteRtcp, out var rtcp)
            || snapshot.Numbers.Any(known => known.Number is < 0 or > SdpLimits.MaxPayloadType)) return false;
        var lives = ReferenceEquals(media, snapshot.Local);
        var made = new LegNegotiator(snapshot.Profile, media, random, snapshot.SessionId) { _version = snapshot.DescriptionVersion, State = NegotiationState.Stable };
        foreach (var known in snapshot.Numbers) made._numbers.Remember(known);
        var slots = snapshot.Slots.Select(slot => new MediaSlot(slot.Media, slot.Protocol, [.. slot.Formats], slot.Mid)).ToImmutableArray();
        var told = new LocalDescription
        {
            Profile = snapshot.Profile,
            Media = media,
            SessionId = snapshot.SessionId,
            Slots = slots,
            AudioIndex = snapshot.AudioIndex,
            Codecs = [.. snapshot.LocalCodecs],
            Direction = snapshot.LocalDirection,
            RtcpMux = snapshot.LocalMux,
            Bundle = snapshot.Bundle,
            Setup = snapshot.Setup,
            PacketTime = snapshot.LocalPacketTime,
        };
        var audio = new NegotiatedAudio
        {
            Profile = snapshot.Profile,
            MediaIndex = snapshot.AudioIndex,
            Mid = slots[snapshot.AudioIndex].Mid,
            Protocol = snapshot.Protocol,
            Codecs = [.. snapshot.Codecs],
            TelephoneEvents = [.. snapshot.TelephoneEvents],
            LocalDirection = snapshot.LocalDirection,
            RemoteDirection = snapshot.RemoteDirection,
            RemoteRtp = rtp,
            RemoteRtcp = rtcp,
            RtcpMux = snapshot.RtcpMux,
            PacketTime = snapshot.PacketTime,
            MaxPacketTime = snapshot.MaxPacketTime,
            RemoteIce = snapshot.Profile != LegProfile.WebRtc ? null : lives ? snapshot.RemoteIce : s_noIce,
            RemoteFingerprints = lives ? [.. Fingerprints(snapshot)] : [],
            RemoteTlsId = lives ? snapshot.RemoteTlsId : null,
            DtlsRole = snapshot.DtlsRole,
            LocalUfrag = media.IceUfrag,
            LocalPassword = media.IcePassword,
        };
        made.Agree(told, audio, snapshot.Wanted);
        // The same description once more keeps its version; another identity makes another description.
        if (lives) made._lastShape = told.Build(0).ToString();
        negotiator = made;
        return true;
    }

    private static IEnumerable<Fingerprint> Fingerprints(NegotiationSnapshot snapshot)
    {
        foreach (var text in snapshot.RemoteFingerprints)
        {
            if (Fingerprint.TryParse(text, out var fingerprint)) yield return fingerprint;
        }
    }

    private static bool TryEndPoint(string? text, out IPEndPoint? endpoint)
    {
        endpoint = null;
        return text is null || IPEndPoint.TryParse(text, out endpoint);
    }
}
