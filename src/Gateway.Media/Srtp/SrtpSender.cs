using System.Buffers.Binary;
using Gateway.Media.Rtp;

namespace Gateway.Media.Srtp;

/// <summary>
/// Protects what we send under one master key. It owns the outbound indices: per SSRC it keeps the rollover counter and a window of what was sent,
/// and a packet that maps to a used index is refused, because two packets under one index break AES-GCM. One thread at a time; no allocation per packet.
/// </summary>
/// <remarks>Never make two senders of one key: each would begin at index 0 again.</remarks>
public sealed class SrtpSender : IDisposable
{
    private const ulong MaxRtpIndex = (1UL << 48) - 1;
    private const uint MaxRtcpIndex = 0x7FFF_FFFF;

    private readonly SrtpTransform _rtp;
    private readonly SrtpTransform _rtcp;
    private Stream[] _streams = new Stream[2];
    private int _count;
    private int _last;
    private uint _nextRtcpIndex;
    private bool _closed;

    /// <summary>Derives the session keys; the master key may be disposed afterwards.</summary>
    public SrtpSender(SrtpMasterKey key, KernelPath path = KernelPath.Best)
    {
        ArgumentNullException.ThrowIfNull(key);
        Profile = key.Profile;
        _rtp = SrtpTransform.Create(key, rtcp: false, path);
        _rtcp = SrtpTransform.Create(key, rtcp: true, path);
    }

    /// <summary>The profile of the key.</summary>
    public SrtpProfile Profile { get; }

    /// <summary>Packets refused because their index was used or too old.</summary>
    public long IndexRefusals { get; private set; }

    /// <summary>Packets protected, RTP and RTCP.</summary>
    public long Protected { get; private set; }

    /// <summary>Protects an RTP packet in place.</summary>
    /// <param name="buffer">The packet, with at least <see cref="SrtpProfiles.MaxOverhead"/> octets of room behind it.</param>
    /// <param name="length">Octets of the packet.</param>
    /// <param name="protectedLength">Octets of the protected packet; 0 unless Ok.</param>
    public SrtpStatus Protect(Span<byte> buffer, int length, out int protectedLength)
    {
        protectedLength = 0;
        if (_closed)
        {
            return SrtpStatus.Closed;
        }

        if ((uint)length > (uint)buffer.Length || !RtpHeader.TryGetLength(buffer[..length], out var headerLength))
        {
            return SrtpStatus.Malformed;
        }

        if (buffer.Length - length < _rtp.TagLength)
        {
            return SrtpStatus.NoRoom;
        }

        var ssrc = BinaryPrimitives.ReadUInt32BigEndian(buffer[8..]);
        if (!TryFind(ssrc, out var at))
        {
            return SrtpStatus.TooManyStreams;
        }

        // Rule: no index twice. The window is marked before the cipher runs, so not even a fault in between could repeat one.
        ref var window = ref _streams[at].Window;
        if (!window.TryEstimate(BinaryPrimitives.ReadUInt16BigEndian(buffer[2..]), out var index))
        {
            IndexRefusals++;
            return SrtpStatus.TooOld;
        }

        if (index > MaxRtpIndex)
        {
            return SrtpStatus.KeyExhausted; // RFC 3711 §9.2
        }

        var status = window.Check(index);
        if (status != SrtpStatus.Ok)
        {
            IndexRefusals++;
            return status == SrtpStatus.Replayed ? SrtpStatus.IndexUsed : status;
        }

        window.Mark(index);
        _rtp.ProtectRtp(buffer, headerLength, length, ssrc, index);
        protectedLength = length + _rtp.TagLength;
        Protected++;
        return SrtpStatus.Ok;
    }

    /// <summary>Protects a (compound) RTCP packet in place; it is always enciphered.</summary>
    /// <param name="buffer">The packet, with at least <see cref="SrtpProfiles.MaxOverhead"/> octets of room behind it.</param>
    /// <param name="length">Octets of the packet.</param>
    /// <param name="protectedLength">Octets of the protected packet; 0 unless Ok.</param>
    public SrtpStatus ProtectRtcp(Span<byte> buffer, int length, out int protectedLength)
    {
        protectedLength = 0;
        if (_closed)
        {
            return SrtpStatus.Closed;
        }

        if ((uint)length > (uint)buffer.Length || length < SrtpTransform.RtcpClear || buffer[0] >> 6 != 2)
        {
            return SrtpStatus.Malformed;
        }

        if (buffer.Length - length < _rtcp.TagLength + 4)
        {
            return SrtpStatus.NoRoom;
        }

        // One counter for all our SSRCs: stricter than RFC 3711 §3.4 asks, and no index can meet the same SSRC twice.
        if (_nextRtcpIndex >= MaxRtcpIndex)
        {
            return SrtpStatus.KeyExhausted;
        }

        _rtcp.ProtectRtcp(buffer, length, BinaryPrimitives.ReadUInt32BigEndian(buffer[4..]), ++_nextRtcpIndex);
        protectedLength = length + _rtcp.TagLength + 4;
        Protected++;
        return SrtpStatus.Ok;
    }

    /// <summary>Zeroes the keys; nothing can be protected afterwards.</summary>
    public void Dispose()
    {
        _closed = true;
        _rtp.Dispose();
        _rtcp.Dispose();
    }

    private bool TryFind(uint ssrc, out int at)
    {
        at = _last;
        if (at < _count && _streams[at].Ssrc == ssrc)
        {
            return true;
        }

        for (at = 0; at < _count; at++)
        {
            if (_streams[at].Ssrc == ssrc)
            {
                _last = at;
                return true;
            }
        }

        // Never evict: a forgotten window would begin at rollover 0 and use indices again.
        if (_count == MediaLimits.SrtpSendStreams)
        {
            return false;
        }

        if (_count == _streams.Length)
        {
            Array.Resize(ref _streams, _count * 2);
        }

        _streams[_count].Ssrc = ssrc;
        _last = at = _count++;
        return true;
    }

    private struct Stream
    {
        public uint Ssrc;
        public IndexWindow Window;
    }
}
