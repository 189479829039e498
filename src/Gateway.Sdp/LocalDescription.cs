using System.Collections.Immutable;
using System.Globalization;

namespace Gateway.Sdp;

/// <summary>The shape of an m= line that is kept in place for the dialog's life (RFC 3264 §8).</summary>
internal sealed record MediaSlot(string Media, string Protocol, ImmutableArray<string> Formats, string? Mid);

/// <summary>
/// Writes the gateway's own description of a leg from plain values. Nothing of a peer's text gets in but what
/// RFC 3264 makes the answerer repeat: media, protocol, formats and mid of each line.
/// </summary>
internal sealed record LocalDescription
{
    public required LegProfile Profile { get; init; }

    public required LocalMedia Media { get; init; }

    public required string SessionId { get; init; }

    public required ImmutableArray<MediaSlot> Slots { get; init; }

    /// <summary>Which slot is the audio; all others are refused with port 0.</summary>
    public required int AudioIndex { get; init; }

    /// <summary>Audio and telephone-event, numbered.</summary>
    public required ImmutableArray<CodecDescription> Codecs { get; init; }

    public required MediaDirection Direction { get; init; }

    public bool RtcpMux { get; init; }

    /// <summary>The offer had a BUNDLE group with the audio in it, or the offer is ours.</summary>
    public bool Bundle { get; init; }

    public DtlsSetup Setup { get; init; }

    /// <summary>Milliseconds.</summary>
    public required int PacketTime { get; init; }

    public SessionDescription Build(ulong version)
    {
        var connection = SdpConnection.Of(Media.Rtp.Address);
        var secure = Profile == LegProfile.WebRtc;
        var session = ImmutableArray.CreateBuilder<SdpAttribute>();
        if (secure)
        {
            if (Bundle && Slots[AudioIndex].Mid is { } mid) session.Add(new("group", $"BUNDLE {mid}"));
            session.Add(new("ice-lite"));
        }
        var sections = ImmutableArray.CreateBuilder<MediaSection>(Slots.Length);
        for (var index = 0; index < Slots.Length; index++)
            sections.Add(index == AudioIndex ? Audio(Slots[index], connection) : Refused(Slots[index]));
        return new SessionDescription
        {
            Origin = new SdpOrigin("-", SessionId, version.ToString(CultureInfo.InvariantCulture), connection),
            Connection = connection,
            Attributes = session.ToImmutable(),
            Media = sections.ToImmutable(),
        };
    }

    /// <summary>RFC 3264 §6: port 0, the formats repeated because there must be one.</summary>
    private static MediaSection Refused(MediaSlot slot) => new()
    {
        Media = slot.Media,
        Port = 0,
        Protocol = slot.Protocol,
        Formats = slot.Formats,
        Attributes = slot.Mid is null ? [] : [new("mid", slot.Mid), new("inactive")],
    };

    private MediaSection Audio(MediaSlot slot, SdpConnection connection)
    {
        var attributes = ImmutableArray.CreateBuilder<SdpAttribute>();
        if (slot.Mid is not null) attributes.Add(new("mid", slot.Mid));
        foreach (var codec in Codecs)
        {
            var number = codec.PayloadType.ToString(CultureInfo.InvariantCulture);
            attributes.Add(new("rtpmap", $"{number} {codec}"));
            if (codec.Fmtp is { Length: > 0 } parameters) attributes.Add(new("fmtp", $"{number} {parameters}"));
        }
        attributes.Add(new("ptime", PacketTime.ToString(CultureInfo.InvariantCulture)));
        attributes.Add(new(Direction.AttributeName()));
        if (RtcpMux) attributes.Add(new("rtcp-mux"));
        else if (Media.Rtcp is { } rtcp && (rtcp.Port != Media.Rtp.Port + 1 || !rtcp.Address.Equals(Media.Rtp.Address))) attributes.Add(new("rtcp", RtcpValue(rtcp)));
        if (Profile == LegProfile.WebRtc) AddSecurity(attributes);
        return new MediaSection
        {
            Media = slot.Media,
            Port = Media.Rtp.Port,
            Protocol = slot.Protocol,
            Formats = [.. Codecs.Select(codec => codec.PayloadType.ToString(CultureInfo.InvariantCulture))],
            Connection = Profile == LegProfile.WebRtc ? connection : null,
            Attributes = attributes.ToImmutable(),
        };
    }

    /// <summary>RFC 3605: the port alone when the address is that of c=.</summary>
    private string RtcpValue(System.Net.IPEndPoint rtcp) => rtcp.Address.Equals(Media.Rtp.Address)
        ? rtcp.Port.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{rtcp.Port} {SdpConnection.Of(rtcp.Address)}");

    private void AddSecurity(ImmutableArray<SdpAttribute>.Builder attributes)
    {
        attributes.Add(new("setup", Setup.AttributeValue()));
        attributes.Add(new("fingerprint", Media.Fingerprint));
        attributes.Add(new("ice-ufrag", Media.IceUfrag));
        attributes.Add(new("ice-pwd", Media.IcePassword));
        var addresses = Media.Candidates.IsDefaultOrEmpty ? [Media.Rtp] : Media.Candidates;
        for (var place = 0; place < addresses.Length; place++)
        {
            // Host candidates of one base each: every address is a foundation of its own (RFC 8445 §5.1.1.3).
            var foundation = (place + 1).ToString(CultureInfo.InvariantCulture);
            var candidate = new IceCandidate(foundation, 1, "udp", IceCandidate.HostPriority(place), addresses[place].Address, addresses[place].Port, "host");
            attributes.Add(new("candidate", candidate.ToString()));
        }
        attributes.Add(new("end-of-candidates"));
        // Browsers give the track to the page in a stream of this name; the cname ties RTP to RTCP.
        attributes.Add(new("msid", "gateway audio"));
        attributes.Add(new("ssrc", string.Create(CultureInfo.InvariantCulture, $"{Media.Ssrc} cname:{Media.CName}")));
    }
}
