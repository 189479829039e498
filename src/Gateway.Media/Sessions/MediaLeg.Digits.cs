using Gateway.Media.Rtp;

namespace Gateway.Media.Sessions;

/// <summary>Digits of a leg as telephone-events (RFC 4733): those that it reports, and those that it plays into its stream.</summary>
public abstract partial class MediaLeg
{
    private static readonly TimeSpan DigitStep = TimeSpan.FromMilliseconds(20);

    /// <summary>A source's event is over when none of its packets came for this long: they come every 50 ms at most (RFC 4733 §2.5.1.2).</summary>
    private static readonly TimeSpan SourceEventGap = TimeSpan.FromMilliseconds(100);

    private TelephoneEventReader? _digitReader;
    private TelephoneEventSender? _digitSender;
    private int _digitReaderClock;
    private int _digitCodec = -1;
    private TimeSpan _sourceEventUntil;

    /// <summary>True while a digit of ours is in the stream; sound is held back meanwhile.</summary>
    private bool IsSendingDigit => _digitSender is { IsActive: true };

    private TimeSpan DigitDeadline
    {
        get
        {
            var heard = _digitReader?.NextDeadline ?? TimeSpan.MaxValue;
            if (_digitSender?.NextDeadline is not { } due)
            {
                return heard;
            }

            return Earliest(heard, !_digitSender.IsSending && due < _sourceEventUntil ? _sourceEventUntil : due);
        }
    }

    /// <summary>Plays a digit after those that wait. Nothing happens when the peer takes no telephone-events or the character is none.</summary>
    /// <param name="digit">0 to 9, *, #, A to D.</param>
    /// <param name="duration">Kept between 40 ms and 6 s.</param>
    public void SendDigit(char digit, TimeSpan duration, TimeSpan now)
    {
        if (IsClosed || !TelephoneEvent.TryGetCode(digit, out var code) || (_digitSender is null && !ChooseEventCodec()))
        {
            return;
        }

        _digitSender!.Enqueue(new DtmfDigit(code, duration), now);
    }

    private void RunDigits(TimeSpan now)
    {
        if (_digitReader is { IsActive: true } reader)
        {
            reader.Poll(now);
            ReportDigits(reader);
        }

        if (_digitSender is not { IsActive: true } sender)
        {
            return;
        }

        if (!sender.IsSending && now < _sourceEventUntil)
        {
            return; // two events in one stream at a time would be one event to the peer
        }

        if (!Settings.CanSend || !CanTransmit)
        {
            _digitSender = null; // the way is closed: digits that wait for its opening would be a surprise
            return;
        }

        var type = Settings.Codecs[_digitCodec].SendPayloadType;
        while (true)
        {
            var buffer = Host.Rent();
            if (!sender.TryWrite(now, _rewriter, type, buffer))
            {
                return;
            }

            Transmit(buffer, TelephoneEventSender.PacketLength, now);
            _paused = true; // sound goes on behind our numbers
        }
    }

    /// <summary>May an event of the source pass? Not into the middle of one of ours.</summary>
    private bool AdmitsSourceEvent(TimeSpan now)
    {
        if (_digitSender is { IsSending: true })
        {
            return false;
        }

        _sourceEventUntil = now + SourceEventGap;
        return true;
    }

    /// <summary>The event codec with the clock of the sound that we send, else the first; its clock is the sender's for good.</summary>
    private bool ChooseEventCodec()
    {
        var codecs = Settings.Codecs;
        var clock = 0;
        _digitCodec = -1;
        for (var i = codecs.Length - 1; i >= 0; i--)
        {
            clock = codecs[i].IsAudio ? codecs[i].ClockRate : clock;
        }

        for (var i = codecs.Length - 1; i >= 0; i--)
        {
            if (codecs[i].IsTelephoneEvent
                && (_digitCodec < 0 || codecs[i].ClockRate == clock || codecs[_digitCodec].ClockRate != clock))
            {
                _digitCodec = i;
            }
        }

        _digitSender = _digitCodec < 0 ? null : new TelephoneEventSender(codecs[_digitCodec].ClockRate, DigitStep);
        return _digitSender is not null;
    }

    private void TakeDigit(in RtpPacket packet, int clock, TimeSpan now)
    {
        if (_digitReader is null || _digitReaderClock != clock)
        {
            _digitReader = new TelephoneEventReader(clock);
            _digitReaderClock = clock;
        }

        _digitReader.Receive(packet.Timestamp, packet.Payload, now);
        ReportDigits(_digitReader);
    }

    private void ReportDigits(TelephoneEventReader reader)
    {
        while (reader.TryTake(out var digit))
        {
            if (digit.Digit != '\0')
            {
                Host.Raise(new LegEvent(LegEventKind.Digit, Digit: digit.Digit, Time: digit.Duration));
            }
        }
    }
}
