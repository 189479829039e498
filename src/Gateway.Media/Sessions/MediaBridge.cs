using System.Buffers.Binary;
using Gateway.Media.Rtp;

namespace Gateway.Media.Sessions;

/// <summary>
/// One direction between two legs: finds the other leg's payload type for each codec and hands the packet over. The two
/// legs' descriptions never meet; only packets do, under numbers of each leg's own.
/// </summary>
public sealed class MediaBridge : IRtpSink
{
    private readonly MediaLeg _from;
    private readonly MediaLeg _to;
    private int[] _map = [];

    private MediaBridge(MediaLeg from, MediaLeg to)
    {
        _from = from;
        _to = to;
        Refresh();
    }

    /// <summary>Packets in a codec that the other leg has not.</summary>
    public long Untranslatable { get; private set; }

    /// <inheritdoc />
    public TimeSpan Deadline => TimeSpan.MaxValue;

    /// <summary>Makes packets pass between the two legs, both ways.</summary>
    public static void Join(MediaLeg a, MediaLeg b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        a.Attach(new MediaBridge(a, b));
        b.Attach(new MediaBridge(b, a));
    }

    /// <summary>One of the two legs was configured anew.</summary>
    public static void Refresh(MediaLeg a, MediaLeg b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        (a.Sink as MediaBridge)?.Refresh();
        (b.Sink as MediaBridge)?.Refresh();
    }

    /// <inheritdoc />
    public void OnRtp(MediaLeg from, int codec, Span<byte> packet, TimeSpan now)
    {
        var target = codec < _map.Length ? _map[codec] : -1;
        if (target < 0)
        {
            Untranslatable++;
            if (RtpPacket.TryParse(packet, out var skipped))
            {
                _to.Skip(skipped);
            }

            return;
        }

        Pass(_to, _from.Settings.Codecs[codec], target, packet, now);
    }

    /// <summary>Sends a packet of another leg in the stream of <paramref name="to"/>.</summary>
    /// <param name="theirs">The codec as the other leg names it.</param>
    /// <param name="target">Which of this leg's codecs it becomes.</param>
    public static void Pass(MediaLeg to, LegCodec theirs, int target, Span<byte> packet, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(to);
        ArgumentNullException.ThrowIfNull(theirs);
        if (theirs.IsTelephoneEvent)
        {
            ScaleDuration(packet, theirs.ClockRate, to.Settings.Codecs[target].ClockRate);
        }

        to.Forward(packet, target, now);
    }

    /// <inheritdoc />
    public void OnSkipped(MediaLeg from, in RtpPacket packet) => _to.Skip(packet);

    /// <inheritdoc />
    public void OnDeadline(MediaLeg leg, TimeSpan now)
    {
    }

    private void Refresh()
    {
        var from = _from.Settings.Codecs;
        var map = new int[from.Length];
        for (var i = 0; i < map.Length; i++)
        {
            map[i] = _to.Settings.Find(from[i]);
        }

        _map = map;
    }

    /// <summary>RFC 4733 §2.3.5: the duration is in units of the event's own clock.</summary>
    private static void ScaleDuration(Span<byte> packet, int fromClock, int toClock)
    {
        if (fromClock == toClock || !RtpPacket.TryParse(packet, out var view) || view.Payload.Length < 4)
        {
            return;
        }

        var duration = packet.Slice(view.HeaderLength + 2, 2);
        var scaled = (long)BinaryPrimitives.ReadUInt16BigEndian(duration) * toClock / fromClock;
        BinaryPrimitives.WriteUInt16BigEndian(duration, (ushort)Math.Min(scaled, ushort.MaxValue));
    }
}
