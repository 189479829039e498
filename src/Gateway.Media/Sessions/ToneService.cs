using Gateway.Media.Audio;

namespace Gateway.Media.Sessions;

/// <summary>
/// Plays a tone, a packet every packet time, paced by the loop's clock: in PCMU or PCMA, or from ready-made opus frames on
/// a leg that has agreed neither. A leg with none of the three hears nothing.
/// </summary>
/// <param name="opusFrames">One turn of the tone in frames of 20 ms; null where there are none.</param>
/// <param name="frequency">Hz.</param>
/// <param name="cadence">How long it sounds and how long it pauses; default for a steady tone.</param>
internal sealed class ToneService(TimeSpan now, IReadOnlyList<byte[]>? opusFrames, double frequency = 1004, (TimeSpan On, TimeSpan Off) cadence = default) : IRtpSink
{
    /// <summary>ITU-T E.180: the ringing tone of most countries.</summary>
    public const double RingFrequency = 425;

    private const int Clock = 8000;
    private const int OpusClock = 48000; // RFC 7587 §4.1: whatever it samples at
    /// <summary>Of <see cref="RingFrequency"/>.</summary>
    public static readonly (TimeSpan On, TimeSpan Off) Ring = (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4));

    private static readonly TimeSpan OpusFrame = TimeSpan.FromMilliseconds(20);

    private readonly ToneSource _tone = new(Clock, frequency);
    private readonly TimeSpan _start = now;
    private uint _timestamp;
    private int _frame;
    private int _codec = -1;

    public TimeSpan Deadline { get; private set; } = now;

    public void OnRtp(MediaLeg from, int codec, Span<byte> packet, TimeSpan now)
    {
    }

    public void OnDeadline(MediaLeg leg, TimeSpan now)
    {
        var codec = leg.CanTransmit && leg.Settings.CanSend ? FindCodec(leg.Settings) : -1;
        var opus = codec >= 0 && leg.Settings.Codecs[codec].ClockRate == OpusClock;
        var interval = opus ? OpusFrame : leg.Settings.PacketTime;
        // After a stall the tone goes on from here: a burst of old packets helps nobody.
        Deadline = now - Deadline > interval ? now + interval : Deadline + interval;
        var starts = codec != _codec;
        _codec = codec;
        if (codec < 0)
        {
            return;
        }

        if (IsPause(now))
        {
            // Nothing is sent, and the next tone begins at its own time.
            _codec = -1;
            return;
        }

        if (starts)
        {
            _timestamp = leg.TimestampAt(opus ? OpusClock : Clock, now);
        }

        if (opus)
        {
            leg.SendOwn(codec, starts, _timestamp, opusFrames![_frame], now);
            _frame = (_frame + 1) % opusFrames.Count;
            _timestamp += OpusClock / 50;
            return;
        }

        Span<byte> payload = stackalloc byte[Math.Min((int)(interval.TotalSeconds * Clock), 1600)];
        _tone.Read(Is(leg.Settings.Codecs[codec], "PCMU") ? G711Law.Mu : G711Law.A, payload);
        leg.SendOwn(codec, starts, _timestamp, payload, now);
        _timestamp += (uint)payload.Length;
    }

    private bool IsPause(TimeSpan now) =>
        cadence.On > TimeSpan.Zero && (now - _start).Ticks % (cadence.On + cadence.Off).Ticks >= cadence.On.Ticks;

    private static bool Is(LegCodec codec, string name) => codec.Name.Equals(name, StringComparison.OrdinalIgnoreCase);

    private int FindCodec(LegSettings settings)
    {
        var found = -1;
        for (var i = settings.Codecs.Length - 1; i >= 0; i--)
        {
            var codec = settings.Codecs[i];
            if (codec.ClockRate == Clock && (Is(codec, "PCMU") || Is(codec, "PCMA")))
            {
                found = i;
            }
            else if (found < 0 && opusFrames is not null && codec.ClockRate == OpusClock && Is(codec, "opus"))
            {
                found = i;
            }
        }

        return found;
    }
}
