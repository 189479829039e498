using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Testing;

/// <summary>A phone's side of a media leg: plain RTP over one real socket, without a thread; see <see cref="RtcPeer"/>.</summary>
public sealed class PlainPeer : IDisposable
{
    private readonly Socket _rtp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { Blocking = false };
    private readonly byte[] _buffer = new byte[2048];

    public PlainPeer(uint ssrc)
    {
        Ssrc = ssrc;
        _rtp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
    }

    public uint Ssrc { get; }

    public IPEndPoint Local => (IPEndPoint)_rtp.LocalEndPoint!;

    public int RtpReceived { get; private set; }

    /// <summary>Gets each RTP packet.</summary>
    public Action<byte[]>? OnRtp { get; set; }

    public void SendRtp(IPEndPoint to, byte payloadType, ushort sequence, uint timestamp, ReadOnlySpan<byte> payload, bool marker = false)
    {
        Span<byte> packet = stackalloc byte[1500];
        packet[0] = 0x80;
        packet[1] = (byte)(payloadType | (marker ? 0x80 : 0));
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], sequence);
        BinaryPrimitives.WriteUInt32BigEndian(packet[4..], timestamp);
        BinaryPrimitives.WriteUInt32BigEndian(packet[8..], Ssrc);
        payload.CopyTo(packet[12..]);
        _rtp.SendTo(packet[..(12 + payload.Length)], to);
    }

    public void SendRaw(IPEndPoint to, ReadOnlySpan<byte> datagram) => _rtp.SendTo(datagram, to);

    /// <summary>Takes what came.</summary>
    public void Poll()
    {
        while (_rtp.Available > 0)
        {
            int length;
            try
            {
                length = _rtp.Receive(_buffer);
            }
            catch (SocketException)
            {
                continue;
            }

            if (length < 12 || _buffer[1] is >= 192 and <= 223)
            {
                continue; // RTCP of another call, whose phone has the port below ours
            }

            RtpReceived++;
            OnRtp?.Invoke(_buffer.AsSpan(0, length).ToArray());
        }
    }

    public void Dispose() => _rtp.Dispose();
}
