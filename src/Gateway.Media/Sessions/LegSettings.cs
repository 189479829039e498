using System.Collections.Immutable;

namespace Gateway.Media.Sessions;

/// <summary>A codec with the payload types of one leg.</summary>
/// <param name="Name">The encoding name of a=rtpmap, e.g. "opus"; compared without case.</param>
/// <param name="ClockRate">RTP clock in Hz.</param>
/// <param name="SendPayloadType">What the peer's description assigned: what we write toward it.</param>
/// <param name="ReceivePayloadType">What our description assigned: what the peer writes.</param>
public sealed record LegCodec(string Name, int ClockRate, int Channels, byte SendPayloadType, byte ReceivePayloadType)
{
    /// <summary>RFC 4733 events rather than sound.</summary>
    public bool IsTelephoneEvent { get; } = Name.Equals("telephone-event", StringComparison.OrdinalIgnoreCase);

    /// <summary>RFC 3389 comfort noise rather than sound.</summary>
    public bool IsComfortNoise { get; } = Name.Equals("CN", StringComparison.OrdinalIgnoreCase);

    private bool IsOpus => Name.Equals("opus", StringComparison.OrdinalIgnoreCase);

    /// <summary>True for anything that a service may send as sound.</summary>
    public bool IsAudio => !IsTelephoneEvent && !IsComfortNoise;

    /// <summary>True when packets of one may be sent as the other: the same codec, clock and channels (events: any clock, durations are scaled).</summary>
    public bool Matches(LegCodec other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return IsTelephoneEvent
            ? other.IsTelephoneEvent
            : Name.Equals(other.Name, StringComparison.OrdinalIgnoreCase) && ClockRate == other.ClockRate
                && (Channels == other.Channels || IsOpus); // every opus decoder takes mono and stereo (RFC 7587 §3.4)
    }
}

/// <summary>What offer/answer agreed for one leg, whatever kind it is.</summary>
public sealed record LegSettings
{
    /// <summary>In order of preference.</summary>
    public ImmutableArray<LegCodec> Codecs { get; init; } = [];

    /// <summary>May media go toward the peer?</summary>
    public bool CanSend { get; init; }

    /// <summary>Is media of the peer taken?</summary>
    public bool CanReceive { get; init; }

    /// <summary>Sound per packet of what we make ourselves.</summary>
    public TimeSpan PacketTime { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Digits become <see cref="LegEventKind.Digit"/> and are not passed on as packets.</summary>
    public bool ReportDigits { get; init; }

    /// <summary>Silence after which <see cref="LegEventKind.Silent"/> is raised; zero for never.</summary>
    public TimeSpan SilenceLimit { get; init; }

    /// <summary>Which codec packets of another leg's codec can be sent as; -1 for none. Of several kinds of events the one with the same clock, else the first.</summary>
    public int Find(LegCodec theirs)
    {
        ArgumentNullException.ThrowIfNull(theirs);
        var found = -1;
        for (var i = Codecs.Length - 1; i >= 0; i--)
        {
            if (theirs.Matches(Codecs[i])
                && (found < 0 || Codecs[i].ClockRate == theirs.ClockRate || Codecs[found].ClockRate != theirs.ClockRate))
            {
                found = i;
            }
        }

        return found;
    }
}

/// <summary>Where the peer of a plain leg is, as signalling says.</summary>
/// <param name="Rtp">None while the peer has no address (hold without one).</param>
/// <param name="Rtcp">None when RTCP is muxed.</param>
/// <param name="SignallingSource">The IP that the peer's SIP came from, port ignored; none when not known.</param>
/// <param name="BehindNat">True when <paramref name="SignallingSource"/> may be latched.</param>
public sealed record RtpPeer(MediaAddress Rtp, MediaAddress Rtcp, bool RtcpMux, MediaAddress SignallingSource, bool BehindNat);

/// <summary>The far side of a browser's leg, as its description says.</summary>
/// <param name="IceUfrag">The peer's fragment; a change is an ICE restart.</param>
/// <param name="Fingerprints">Of which one must be the peer's certificate's.</param>
/// <param name="OurRole">By a=setup.</param>
/// <param name="NewLocal">Credentials of ours for a restart; null to keep what we have.</param>
public sealed record WebRtcPeer(
    string IceUfrag, IReadOnlyList<Dtls.Fingerprint> Fingerprints, Dtls.DtlsRole OurRole, Ice.IceCredentials? NewLocal);
