using System.Buffers.Binary;
using System.Security.Cryptography;
using Gateway.Media.Rtp;

namespace Gateway.Media.Sessions;

/// <summary>
/// A leg of plain RTP toward a phone or trunk: a socket for RTP and one for RTCP, and a peer that is believed by the rule
/// of <see cref="RtpLatch"/> alone.
/// </summary>
public sealed class RtpLeg : MediaLeg
{
    private const int RtpSocket = 0;
    private const int RtcpSocket = 1;
    private const int MinRtcp = 8;

    private readonly RtpLatch _latch = new();
    private bool _rtcpMux;
    private bool _ready;
    private int _moves;

    public RtpLeg(ILegHost host, uint ssrc, string cname, RandomNumberGenerator random)
        : base(host, ssrc, cname, random)
    {
    }

    /// <inheritdoc />
    public override bool CanTransmit => !IsClosed && !_latch.Target.IsNone;

    /// <summary>Where RTP goes now; none before there is an address.</summary>
    public MediaAddress Target => _latch.Target;

    /// <inheritdoc />
    public override LegState State => _ready ? LegState.Ready : _latch.Target.IsNone ? LegState.New : LegState.Connecting;

    /// <summary>True when the peer's source is known for certain.</summary>
    public bool IsLatched => _latch.IsLatched;

    /// <inheritdoc />
    protected override TimeSpan OwnDeadline => TimeSpan.MaxValue;

    /// <summary>What signalling says of the peer's addresses.</summary>
    public void SetPeer(RtpPeer peer, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(peer);
        _rtcpMux = peer.RtcpMux;
        _latch.SetPeer(peer);
    }

    /// <inheritdoc />
    public override void Receive(Span<byte> datagram, int local, in MediaAddress from, TimeSpan now)
    {
        switch (PacketDemux.Classify(datagram))
        {
            // Only an offered payload type counts toward the latch: a guesser must know that too.
            case PacketKind.Rtp when local == RtpSocket && datagram.Length >= RtpHeader.MinLength && Expects((byte)(datagram[1] & 0x7F)):
                var sequence = BinaryPrimitives.ReadUInt16BigEndian(datagram[2..]);
                var ssrc = BinaryPrimitives.ReadUInt32BigEndian(datagram[8..]);
                var before = _latch.Target;
                if (!_latch.Accept(from, ssrc, sequence, now))
                {
                    break;
                }

                if (_latch.Target != before)
                {
                    Host.Raise(new LegEvent(_latch.Moves > _moves ? LegEventKind.SourceMoved : LegEventKind.SourceLearned));
                    _moves = _latch.Moves;
                }

                if (!_ready)
                {
                    _ready = true;
                    Host.Raise(new LegEvent(LegEventKind.Ready));
                }

                OnRtp(datagram, now);
                return;
            case PacketKind.Rtcp when datagram.Length >= MinRtcp:
                if (!_latch.AcceptRtcp(from, BinaryPrimitives.ReadUInt32BigEndian(datagram[4..]), local == RtpSocket))
                {
                    break;
                }

                OnRtcp(datagram, now);
                return;
        }

        CountDiscarded();
    }

    /// <inheritdoc />
    protected override bool TransmitRtp(Span<byte> buffer, int length)
    {
        var target = _latch.Target;
        if (target.IsNone)
        {
            return false;
        }

        Host.Send(length, RtpSocket, target);
        return true;
    }

    /// <inheritdoc />
    protected override void TransmitRtcp(Span<byte> buffer, int length)
    {
        var target = _latch.RtcpTarget;
        if (!target.IsNone)
        {
            Host.Send(length, _rtcpMux ? RtpSocket : RtcpSocket, target);
        }
    }

    /// <inheritdoc />
    public override void Dispose()
    {
    }
}
