using System.Collections.Immutable;
using System.Net;

namespace Gateway.Sdp;

/// <summary>
/// A media section read together with the session level: where both may carry an attribute, the section's own wins.
/// Chromium writes fingerprint, ICE credentials and setup in the section, Firefox some of them at the session level.
/// </summary>
public readonly struct ResolvedMedia(SessionDescription session, MediaSection section)
{
    public MediaSection Section { get; } = section;

    private readonly SessionDescription _session = session;

    public SdpConnection? Connection => Section.Connection ?? _session.Connection;

    /// <summary>sendrecv when nothing is written (RFC 8866 §6.7).</summary>
    public MediaDirection Direction => DirectionOf(Section.Attributes) ?? DirectionOf(_session.Attributes) ?? MediaDirection.SendRecv;

    /// <summary>The section's name in groups (RFC 5888 §4).</summary>
    public string? Mid => Section.Find("mid");

    /// <summary>RTP and RTCP on one port (RFC 5761).</summary>
    public bool RtcpMux => Section.Has("rtcp-mux");

    public bool BundleOnly => Section.Has("bundle-only");

    public string? IceUfrag => Inherited("ice-ufrag");

    public string? IcePassword => Inherited("ice-pwd");

    public bool IceLite => Inherited("ice-lite") is not null;

    public bool EndOfCandidates => Inherited("end-of-candidates") is not null;

    public ImmutableArray<string> IceOptions => [.. (Inherited("ice-options") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)];

    public DtlsSetup? Setup => DtlsSetups.Parse(Inherited("setup"));

    /// <summary>A new value starts a new DTLS association (RFC 8842 §4).</summary>
    public string? TlsId => Inherited("tls-id");

    /// <summary>Milliseconds of audio that the peer would like in a packet.</summary>
    public int? PacketTime => RtpAttributes.TryPacketTime(Inherited("ptime"), out var time) ? time : null;

    /// <summary>Milliseconds of audio that the peer takes at most in a packet.</summary>
    public int? MaxPacketTime => RtpAttributes.TryPacketTime(Inherited("maxptime"), out var time) ? time : null;

    /// <summary>All fingerprints that can be read; those of the section replace those of the session (RFC 8122 §5).</summary>
    public ImmutableArray<Fingerprint> Fingerprints
    {
        get
        {
            var own = Parsed<Fingerprint>(Section.Attributes, "fingerprint", Fingerprint.TryParse);
            // An unreadable one in the section still hides the session's: it was meant to.
            return own.Length > 0 || Section.Has("fingerprint") ? own : Parsed<Fingerprint>(_session.Attributes, "fingerprint", Fingerprint.TryParse);
        }
    }

    public ImmutableArray<IceCandidate> Candidates => Parsed<IceCandidate>(Section.Attributes, "candidate", IceCandidate.TryParse);

    public ImmutableArray<CryptoAttribute> Crypto => Parsed<CryptoAttribute>(Section.Attributes, "crypto", CryptoAttribute.TryParse);

    public ImmutableArray<RtpMap> RtpMaps => Parsed<RtpMap>(Section.Attributes, "rtpmap", RtpMap.TryParse);

    public ImmutableArray<RtcpFeedback> RtcpFeedback => Parsed<RtcpFeedback>(Section.Attributes, "rtcp-fb", Sdp.RtcpFeedback.TryParse);

    public ImmutableArray<SsrcAttribute> Ssrcs => Parsed<SsrcAttribute>(Section.Attributes, "ssrc", SsrcAttribute.TryParse);

    /// <summary>Those of the session level hold for every section beside its own (RFC 8285 §5).</summary>
    public ImmutableArray<ExtMap> ExtMaps =>
        [.. Parsed<ExtMap>(_session.Attributes, "extmap", ExtMap.TryParse), .. Parsed<ExtMap>(Section.Attributes, "extmap", ExtMap.TryParse)];

    /// <summary>The formats whose meaning is known, in the order of the m= line: by a=rtpmap, else by RFC 3551's table.</summary>
    public ImmutableArray<CodecDescription> Codecs
    {
        get
        {
            if (!Section.IsRtp) return [];
            // By number first, so that a long list of formats and a long list of attributes do not multiply.
            var maps = new RtpMap?[SdpLimits.MaxPayloadType + 1];
            foreach (var map in RtpMaps) maps[map.PayloadType] ??= map;
            var parameters = FormatParameters();
            var codecs = ImmutableArray.CreateBuilder<CodecDescription>(Section.Formats.Length);
            foreach (var format in Section.Formats)
            {
                if (!RtpAttributes.TryPayloadType(format, out var number)) continue;
                if (maps[number] is { } map) codecs.Add(new CodecDescription(map.Encoding, map.ClockRate, map.Channels, parameters[number], number));
                else if (StaticPayloadTypes.Find(number) is { } known) codecs.Add(known with { Fmtp = parameters[number] });
            }
            return codecs.ToImmutable();
        }
    }

    /// <summary>Where the peer takes RTP by c= and m=; null for a host name and for the unspecified address.</summary>
    public IPEndPoint? RtpEndPoint =>
        Section.Port != 0 && Connection is { IsUnspecified: false } connection && connection.TryGetAddress(out var address)
            ? new IPEndPoint(address, Section.Port)
            : null;

    /// <summary>Where the peer takes RTCP: the RTP port under rtcp-mux, what a=rtcp says (RFC 3605), else the next port.</summary>
    public IPEndPoint? RtcpEndPoint
    {
        get
        {
            if (RtpEndPoint is not { } rtp || RtcpMux) return RtpEndPoint;
            if (Section.Find("rtcp") is not { } value) return rtp.Port < ushort.MaxValue ? new IPEndPoint(rtp.Address, rtp.Port + 1) : null;
            var parts = value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length == 0 || !RtpAttributes.TryNumber(parts[0], ushort.MaxValue, out var port) || port == 0) return null;
            var address = rtp.Address;
            if (parts.Length >= 4 && SdpAddress.TryParse(parts[3], out var named)) address = named;
            return new IPEndPoint(address, port);
        }
    }

    private delegate bool TryParse<T>(string value, out T parsed);

    private static ImmutableArray<T> Parsed<T>(ImmutableArray<SdpAttribute> attributes, string name, TryParse<T> parse)
    {
        var found = ImmutableArray.CreateBuilder<T>();
        foreach (var attribute in attributes)
            if (attribute.Is(name) && attribute.Value is { } value && parse(value, out var parsed)) found.Add(parsed);
        return found.ToImmutable();
    }

    /// <summary>The parameters of each payload type, without its number.</summary>
    private string?[] FormatParameters()
    {
        var parameters = new string?[SdpLimits.MaxPayloadType + 1];
        foreach (var value in Section.FindAll("fmtp"))
        {
            var text = value.AsSpan().TrimStart();
            var space = text.IndexOf(' ');
            if (space > 0 && RtpAttributes.TryPayloadType(text[..space], out var number)) parameters[number] ??= text[(space + 1)..].Trim().ToString();
        }
        return parameters;
    }

    private static MediaDirection? DirectionOf(ImmutableArray<SdpAttribute> attributes)
    {
        foreach (var attribute in attributes)
            if (attribute.Value is null && MediaDirections.TryParse(attribute.Name, out var direction)) return direction;
        return null;
    }

    private string? Inherited(string name)
    {
        if (Section.Find(name) is { } own) return own;
        foreach (var attribute in _session.Attributes)
            if (attribute.Is(name)) return attribute.Value ?? "";
        return null;
    }
}
