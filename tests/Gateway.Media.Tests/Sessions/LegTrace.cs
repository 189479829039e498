using System.Buffers.Binary;
using System.Net;
using Gateway.Media.Rtp;
using Gateway.Media.Sessions;

namespace Gateway.Media.Tests.Sessions;

/// <summary>The world of a leg under test: writes down what is sent and told.</summary>
internal sealed class LegTrace : ILegHost
{
    private readonly byte[] _buffer = new byte[2048];

    public List<Sent> Datagrams { get; } = [];

    public List<LegEvent> Events { get; } = [];

    /// <summary>False: only count, so that a test of allocation measures the leg and not this list.</summary>
    public bool Keeps { get; set; } = true;

    public int Count { get; private set; }

    public IEnumerable<Sent> Rtp => Datagrams.Where(d => d.Kind == PacketKind.Rtp);

    public IEnumerable<Sent> Rtcp => Datagrams.Where(d => d.Kind == PacketKind.Rtcp);

    public Span<byte> Rent() => _buffer;

    public void Send(int length, int local, in MediaAddress to)
    {
        Count++;
        if (Keeps)
        {
            Datagrams.Add(new Sent(_buffer.AsSpan(0, length).ToArray(), local, to));
        }
    }

    public void Raise(in LegEvent happened) => Events.Add(happened);

    public sealed record Sent(byte[] Bytes, int Local, MediaAddress To)
    {
        public PacketKind Kind => PacketDemux.Classify(Bytes);

        public byte PayloadType => (byte)(Bytes[1] & 0x7F);

        public bool Marker => (Bytes[1] & 0x80) != 0;

        public ushort Sequence => BinaryPrimitives.ReadUInt16BigEndian(Bytes.AsSpan(2));

        public uint Timestamp => BinaryPrimitives.ReadUInt32BigEndian(Bytes.AsSpan(4));

        public uint Ssrc => BinaryPrimitives.ReadUInt32BigEndian(Bytes.AsSpan(8));

        public byte[] Payload => Bytes[12..];
    }
}

/// <summary>Packets and addresses of the session tests.</summary>
internal static class Play
{
    public static readonly MediaAddress Phone = Address("192.0.2.10", 4000);
    public static readonly MediaAddress OtherPhone = Address("192.0.2.20", 5000);

    public static LegCodec Pcmu(byte type = 0) => new("PCMU", 8000, 1, type, type);

    public static LegCodec Opus(byte type = 111) => new("opus", 48000, 2, type, type);

    public static LegCodec Event(byte type = 101, int clock = 8000) => new("telephone-event", clock, 1, type, type);

    public static MediaAddress Address(string ip, int port) => MediaAddress.From(IPAddress.Parse(ip), port);

    public static TimeSpan Ms(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    public static LegSettings Settings(params LegCodec[] codecs) => new()
    {
        Codecs = [.. codecs.Length > 0 ? codecs : [Pcmu(), Event()]], CanSend = true, CanReceive = true,
    };

    public static byte[] Packet(uint ssrc, int sequence, uint timestamp, byte type = 0, bool marker = false, byte[]? payload = null)
    {
        payload ??= new byte[160];
        var packet = new byte[12 + payload.Length];
        RtpHeader.Write(packet, type, marker, (ushort)sequence, timestamp, ssrc);
        payload.CopyTo(packet, 12);
        return packet;
    }

    public static RtpLeg OpenPhone(LegTrace trace, MediaAddress at, uint ssrc = 0xAAAA_0001, LegSettings? settings = null, TimeSpan now = default)
    {
        var leg = new RtpLeg(trace, ssrc, "cname", new Gateway.Testing.SeededRandom((int)ssrc));
        leg.SetPeer(new RtpPeer(at, default, false, default, false), now);
        leg.Configure(settings ?? Settings(), now);
        return leg;
    }

    /// <summary>Calls the leg at every one of its deadlines up to a time.</summary>
    public static void RunTo(this MediaLeg leg, TimeSpan until)
    {
        while (leg.Deadline <= until)
        {
            leg.OnDeadline(leg.Deadline);
        }
    }
}
