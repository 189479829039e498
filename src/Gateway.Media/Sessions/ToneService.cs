using Gateway.Media.Audio;

namespace Gateway.Media.Sessions;

/// <summary>
/// Plays 1004 Hz at −10 dBm0 in PCMU or PCMA, a packet every packet time, paced by the loop's clock. A leg that has agreed
/// neither hears nothing.
/// </summary>
internal sealed class ToneService(TimeSpan now) : IRtpSink
{
    private const int Clock = 8000;

    private readonly ToneSource _tone = new(Clock);
    private uint _timestamp;
    private bool _playing;

    public TimeSpan Deadline { get; private set; } = now;

    public void OnRtp(MediaLeg from, int codec, Span<byte> packet, TimeSpan now)
    {
    }

    public void OnDeadline(MediaLeg leg, TimeSpan now)
    {
        var interval = leg.Settings.PacketTime;
        // After a stall the tone goes on from here: a burst of old packets helps nobody.
        Deadline = now - Deadline > interval ? now + interval : Deadline + interval;
        var codec = FindCodec(leg);
        if (codec < 0 || !leg.CanTransmit || !leg.Settings.CanSend)
        {
            _playing = false;
            return;
        }

        if (!_playing)
        {
            _timestamp = leg.TimestampAt(Clock, now);
        }

        var samples = Math.Min((int)(interval.TotalSeconds * Clock), 1600);
        Span<byte> payload = stackalloc byte[samples];
        _tone.Read(IsMuLaw(leg.Settings.Codecs[codec]) ? G711Law.Mu : G711Law.A, payload);
        leg.SendOwn(codec, marker: !_playing, _timestamp, payload, now);
        _timestamp += (uint)samples;
        _playing = true;
    }

    private static int FindCodec(MediaLeg leg)
    {
        var codecs = leg.Settings.Codecs;
        for (var i = 0; i < codecs.Length; i++)
        {
            if (codecs[i].ClockRate == Clock && (IsMuLaw(codecs[i]) || codecs[i].Name.Equals("PCMA", StringComparison.OrdinalIgnoreCase)))
            {
                return i;
            }
        }

        return -1;
    }

    private static bool IsMuLaw(LegCodec codec) => codec.Name.Equals("PCMU", StringComparison.OrdinalIgnoreCase);
}
