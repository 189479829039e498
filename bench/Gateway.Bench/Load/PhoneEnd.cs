using System.Net;
using System.Security.Cryptography;
using Gateway.Media;
using Gateway.Net.Media;

namespace Gateway.Bench.Load;

/// <summary>A phone's media: plain RTP on a port of its own. It lives on the media thread.</summary>
internal sealed class PhoneEnd(IPacketIo io, UdpPort port)
{
    private readonly uint _ssrc = BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(4));
    private MediaAddress _to;
    private ushort _sequence;
    private uint _timestamp;

    public UdpPort Port { get; } = port;

    public void Start(IPEndPoint gateway) => _to = MediaAddress.From(gateway);

    public void SendRtp(int call, bool measured)
    {
        var packet = io.Rent();
        RtpFields.Write(packet, _sequence++, _timestamp, _ssrc);
        _timestamp += TimedPayload.Length;
        TimedPayload.Write(packet[RtpFields.Length..], call, measured);
        io.Send(Port, RtpFields.Length + TimedPayload.Length, _to);
    }

    /// <summary>The RTP packet, or nothing when it is RTCP.</summary>
    public static ReadOnlySpan<byte> Receive(ReadOnlySpan<byte> datagram) =>
        datagram.Length < RtpFields.Length || datagram[1] is >= 192 and <= 223 ? default : datagram;
}
