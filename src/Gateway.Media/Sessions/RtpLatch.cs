namespace Gateway.Media.Sessions;

/// <summary>
/// Decides whose RTP a plain leg hears and where it sends (symmetric RTP, RFC 4961): the address that signalling named, or,
/// for a peer behind NAT, the address of its signalling with the port that it turns out to use. Nothing else is ever learned.
/// </summary>
public sealed class RtpLatch
{
    /// <summary>In-order packets that an address must show before it is believed.</summary>
    public const int PacketsToLatch = 5;

    private const int Candidates = 4;
    private const int LargestStep = 256;
    private const int LargestGap = 3000; // RFC 3550 A.1 MAX_DROPOUT
    private static readonly TimeSpan LatchWindow = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan SilenceBeforeMove = TimeSpan.FromSeconds(2);

    private readonly Candidate[] _candidates = new Candidate[Candidates];
    private RtpPeer? _peer;
    private MediaAddress _source;
    private MediaAddress _rtcpTarget;
    private uint _ssrc;
    private ushort _lastSequence;
    private TimeSpan _lastAt;

    /// <summary>True when the source is known for certain.</summary>
    public bool IsLatched { get; private set; }

    /// <summary>Where RTP goes; none while nobody named an address.</summary>
    public MediaAddress Target => IsLatched ? _source : _peer?.Rtp ?? default;

    /// <summary>Where RTCP goes: apart from RTP unless muxed.</summary>
    public MediaAddress RtcpTarget
    {
        get
        {
            if (_peer is not { } peer || peer.RtcpMux)
            {
                return Target;
            }

            if (!_rtcpTarget.IsNone)
            {
                return _rtcpTarget;
            }

            return !peer.Rtcp.IsNone ? peer.Rtcp : Target.IsNone ? default : Target.WithPort(Target.Port + 1); // RFC 3550 §11
        }
    }

    /// <summary>How often the source's port moved.</summary>
    public int Moves { get; private set; }

    /// <summary>New signalling: an address that differs from before ends the latch, a repetition keeps it.</summary>
    public void SetPeer(RtpPeer peer)
    {
        if (peer == _peer)
        {
            return;
        }

        _peer = peer;
        IsLatched = false;
        _rtcpTarget = default;
        Array.Clear(_candidates);
    }

    /// <summary>May this packet be taken? Its payload type must have been offered; the caller looks at that first.</summary>
    public bool Accept(in MediaAddress from, uint ssrc, ushort sequence, TimeSpan now)
    {
        if (IsLatched)
        {
            return AcceptLatched(from, ssrc, sequence, now);
        }

        if (_peer is not { } peer)
        {
            return false;
        }

        if (from == peer.Rtp)
        {
            Latch(from, ssrc, sequence, now); // signalled, so there is nothing to learn
            return true;
        }

        if (!peer.BehindNat || peer.SignallingSource.IsNone || !from.SameHost(peer.SignallingSource) || !Convinces(from, ssrc, sequence, now))
        {
            return false;
        }

        Latch(from, ssrc, sequence, now);
        return true;
    }

    /// <summary>May this RTCP packet be taken? It latches a port of its own, and only for the SSRC that RTP latched.</summary>
    /// <param name="senderSsrc">The SSRC in the first packet of the compound.</param>
    /// <param name="onRtpPort">True when it came to the RTP socket.</param>
    public bool AcceptRtcp(in MediaAddress from, uint senderSsrc, bool onRtpPort)
    {
        if (_peer is not { } peer)
        {
            return false;
        }

        if (peer.RtcpMux || onRtpPort)
        {
            return peer.RtcpMux && from == Target;
        }

        if (from == RtcpTarget)
        {
            return true;
        }

        if (!peer.BehindNat || !IsLatched || !from.SameHost(_source) || senderSsrc != _ssrc)
        {
            return false;
        }

        _rtcpTarget = from;
        return true;
    }

    private bool AcceptLatched(in MediaAddress from, uint ssrc, ushort sequence, TimeSpan now)
    {
        var step = (ushort)(sequence - _lastSequence);
        if (from == _source)
        {
            if (ssrc != _ssrc || step < 0x8000)
            {
                _lastSequence = sequence;
            }

            _ssrc = ssrc;
            _lastAt = now;
            return true;
        }

        // A NAT that forgot its binding gives the same stream a new port; anything else needs new signalling.
        if (!from.SameHost(_source) || ssrc != _ssrc || step is 0 or > LargestGap || now - _lastAt < SilenceBeforeMove)
        {
            return false;
        }

        Moves++;
        _source = from;
        _lastSequence = sequence;
        _lastAt = now;
        return true;
    }

    private void Latch(in MediaAddress from, uint ssrc, ushort sequence, TimeSpan now)
    {
        IsLatched = true;
        _source = from;
        _ssrc = ssrc;
        _lastSequence = sequence;
        _lastAt = now;
    }

    /// <summary>Counts the in-order packets of each stream that may be the one; several are kept so that a stranger's cannot reset another's.</summary>
    private bool Convinces(in MediaAddress from, uint ssrc, ushort sequence, TimeSpan now)
    {
        var oldest = 0;
        for (var i = 0; i < Candidates; i++)
        {
            ref var candidate = ref _candidates[i];
            if (candidate.Count > 0 && candidate.From == from && candidate.Ssrc == ssrc)
            {
                var step = (ushort)(sequence - candidate.Last);
                if (step is 0 or > LargestStep || now - candidate.First > LatchWindow)
                {
                    candidate = new Candidate { From = from, Ssrc = ssrc, Last = sequence, First = now, Count = 1 };
                    return false;
                }

                candidate.Last = sequence;
                return ++candidate.Count >= PacketsToLatch;
            }

            if (candidate.Count == 0 || (_candidates[oldest].Count > 0 && candidate.First < _candidates[oldest].First))
            {
                oldest = i;
            }
        }

        _candidates[oldest] = new Candidate { From = from, Ssrc = ssrc, Last = sequence, First = now, Count = 1 };
        return false;
    }

    private struct Candidate
    {
        public MediaAddress From;
        public uint Ssrc;
        public ushort Last;
        public int Count;
        public TimeSpan First;
    }
}
