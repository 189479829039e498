using Gateway.Media.Rtp;
using Gateway.Media.Sessions;

namespace Gateway.Net.Media;

/// <summary>
/// One direction between legs of two loops: the near loop copies packets into a ring, the far loop takes them out on its
/// own turn, so each leg stays on its thread. One writer, one reader, no lock, nothing allocated per packet.
/// </summary>
internal sealed class RemoteSink(LegSlot to) : IRtpSink
{
    private const int Slots = 128; // a power of two; 2.5 s of one stream
    private const int Size = 1600;

    private readonly byte[] _memory = GC.AllocateUninitializedArray<byte>(Slots * Size);
    private readonly int[] _lengths = new int[Slots];
    private readonly LegCodec?[] _codecs = new LegCodec?[Slots]; // null: a packet that stayed behind
    private LegCodec? _lastCodec;
    private LegSettings? _lastSettings;
    private int _lastTarget;
    private uint _written;
    private uint _read;

    /// <summary>The leg that the packets are for; it belongs to the reading loop.</summary>
    public LegSlot To { get; } = to;

    /// <summary>The other direction.</summary>
    public RemoteSink? Twin { get; set; }

    public bool HasPackets => Volatile.Read(ref _written) != _read;

    public TimeSpan Deadline => TimeSpan.MaxValue;

    public void OnRtp(MediaLeg from, int codec, Span<byte> packet, TimeSpan now) => Put(packet, from.Settings.Codecs[codec]);

    public void OnSkipped(MediaLeg from, in RtpPacket packet) => Put(packet.Bytes, null);

    public void OnDeadline(MediaLeg leg, TimeSpan now)
    {
    }

    /// <summary>Hands what waits to the leg; on the reading loop.</summary>
    public void Drain(MediaLeg leg, TimeSpan now)
    {
        while (_read != Volatile.Read(ref _written))
        {
            var slot = (int)(_read & (Slots - 1));
            var packet = _memory.AsSpan(slot * Size, _lengths[slot]);
            if (_codecs[slot] is { } codec && Target(leg, codec) is var target && target >= 0)
            {
                MediaBridge.Pass(leg, codec, target, packet, now);
            }
            else if (RtpPacket.TryParse(packet, out var skipped))
            {
                leg.Skip(skipped);
            }

            Volatile.Write(ref _read, _read + 1);
        }
    }

    private void Put(ReadOnlySpan<byte> packet, LegCodec? codec)
    {
        if (packet.Length > Size || _written - Volatile.Read(ref _read) >= Slots)
        {
            return; // the far loop is late by seconds: what is lost here is lost sound, not a lost call
        }

        var slot = (int)(_written & (Slots - 1));
        packet.CopyTo(_memory.AsSpan(slot * Size));
        _lengths[slot] = packet.Length;
        _codecs[slot] = codec;
        Volatile.Write(ref _written, _written + 1);
        To.Loop.Nudge();
    }

    private int Target(MediaLeg leg, LegCodec codec)
    {
        if (!ReferenceEquals(codec, _lastCodec) || !ReferenceEquals(leg.Settings, _lastSettings))
        {
            (_lastCodec, _lastSettings, _lastTarget) = (codec, leg.Settings, leg.Settings.Find(codec));
        }

        return _lastTarget;
    }
}
