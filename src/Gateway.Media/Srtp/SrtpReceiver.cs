using System.Buffers.Binary;
using Gateway.Media.Rtp;

namespace Gateway.Media.Srtp;

/// <summary>
/// Authenticates and deciphers what a peer sends under one master key. Per SSRC it keeps the rollover counter and the replay windows, and it changes
/// them only after the tag of a packet was right (RFC 3711 §3.3); a wrong tag changes nothing but a counter. One thread at a time; no allocation per packet.
/// </summary>
public sealed class SrtpReceiver : IDisposable
{
    private readonly SrtpTransform _rtp;
    private readonly SrtpTransform _rtcp;
    private Stream[] _streams = new Stream[2];
    private int _count;
    private int _last;
    private bool _closed;

    /// <summary>Derives the session keys; the master key may be disposed afterwards.</summary>
    public SrtpReceiver(SrtpMasterKey key, KernelPath path = KernelPath.Best)
    {
        ArgumentNullException.ThrowIfNull(key);
        Profile = key.Profile;
        _rtp = SrtpTransform.Create(key, rtcp: false, path);
        _rtcp = SrtpTransform.Create(key, rtcp: true, path);
    }

    /// <summary>The profile of the key.</summary>
    public SrtpProfile Profile { get; }

    /// <summary>Packets authenticated.</summary>
    public long Accepted { get; private set; }

    /// <summary>Packets with a wrong tag.</summary>
    public long BadTags { get; private set; }

    /// <summary>Packets received before, or older than the window.</summary>
    public long Replays { get; private set; }

    /// <summary>Packets that were too short or no RTP.</summary>
    public long MalformedPackets { get; private set; }

    /// <summary>SSRCs that have authenticated at least one packet.</summary>
    public int StreamCount => _count;

    /// <summary>Authenticates an SRTP packet and deciphers it in place.</summary>
    /// <param name="packet">Exactly the packet as received.</param>
    /// <param name="length">Octets of the RTP packet at the front of the span; 0 unless Ok. Unless Ok the content is undefined.</param>
    public SrtpStatus Unprotect(Span<byte> packet, out int length)
    {
        length = 0;
        if (_closed)
        {
            return SrtpStatus.Closed;
        }

        var clear = packet.Length - _rtp.TagLength;
        if (clear < RtpHeader.MinLength || !RtpHeader.TryGetLength(packet[..clear], out var headerLength))
        {
            MalformedPackets++;
            return SrtpStatus.Malformed;
        }

        var ssrc = BinaryPrimitives.ReadUInt32BigEndian(packet[8..]);
        var at = Find(ssrc);
        var window = at < 0 ? default : _streams[at].Rtp;
        if (!window.TryEstimate(BinaryPrimitives.ReadUInt16BigEndian(packet[2..]), out var index))
        {
            Replays++;
            return SrtpStatus.TooOld;
        }

        var status = Refuse(window, index, at);
        if (status != SrtpStatus.Ok)
        {
            return status;
        }

        if (!_rtp.UnprotectRtp(packet, headerLength, ssrc, index))
        {
            BadTags++;
            return SrtpStatus.BadTag;
        }

        StreamOf(ssrc, at).Rtp.Mark(index);
        Accepted++;
        length = clear;
        return SrtpStatus.Ok;
    }

    /// <summary>Authenticates an SRTCP packet and deciphers it in place.</summary>
    /// <param name="packet">Exactly the packet as received.</param>
    /// <param name="length">Octets of the RTCP packet at the front of the span; 0 unless Ok. Unless Ok the content is undefined.</param>
    public SrtpStatus UnprotectRtcp(Span<byte> packet, out int length)
    {
        length = 0;
        if (_closed)
        {
            return SrtpStatus.Closed;
        }

        var clear = packet.Length - _rtcp.TagLength - 4;
        if (clear < SrtpTransform.RtcpClear || packet[0] >> 6 != 2)
        {
            MalformedPackets++;
            return SrtpStatus.Malformed;
        }

        var ssrc = BinaryPrimitives.ReadUInt32BigEndian(packet[4..]);
        var indexWord = BinaryPrimitives.ReadUInt32BigEndian(packet[_rtcp.IndexWordOffset(packet.Length)..]);
        var index = indexWord & ~SrtpTransform.EncryptedFlag;
        var at = Find(ssrc);
        var status = Refuse(at < 0 ? default : _streams[at].Rtcp, index, at);
        if (status != SrtpStatus.Ok)
        {
            return status;
        }

        if (!_rtcp.UnprotectRtcp(packet, ssrc, indexWord))
        {
            BadTags++;
            return SrtpStatus.BadTag;
        }

        StreamOf(ssrc, at).Rtcp.Mark(index);
        Accepted++;
        length = clear;
        return SrtpStatus.Ok;
    }

    /// <summary>Zeroes the keys; nothing can be authenticated afterwards.</summary>
    public void Dispose()
    {
        _closed = true;
        _rtp.Dispose();
        _rtcp.Dispose();
    }

    /// <summary>What can be refused before the tag is looked at.</summary>
    private SrtpStatus Refuse(in IndexWindow window, ulong index, int at)
    {
        var status = window.Check(index);
        if (status != SrtpStatus.Ok)
        {
            Replays++;
            return status;
        }

        // A stream is never evicted, for its window is what keeps old packets from being played again; a new one is refused instead.
        return at < 0 && _count == MediaLimits.SrtpReceiveStreams ? SrtpStatus.TooManyStreams : SrtpStatus.Ok;
    }

    private int Find(uint ssrc)
    {
        var last = _last;
        if (last < _count && _streams[last].Ssrc == ssrc)
        {
            return last;
        }

        for (var i = 0; i < _count; i++)
        {
            if (_streams[i].Ssrc == ssrc)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>The stream of an authenticated packet, made when it is the SSRC's first.</summary>
    private ref Stream StreamOf(uint ssrc, int at)
    {
        if (at < 0)
        {
            if (_count == _streams.Length)
            {
                Array.Resize(ref _streams, _count * 2);
            }

            at = _count++;
            _streams[at].Ssrc = ssrc;
        }

        _last = at;
        return ref _streams[at];
    }

    private struct Stream
    {
        public uint Ssrc;
        public IndexWindow Rtp;
        public IndexWindow Rtcp;
    }
}
