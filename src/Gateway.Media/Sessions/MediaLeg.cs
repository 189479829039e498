using System.Security.Cryptography;
using Gateway.Media.Rtp;

namespace Gateway.Media.Sessions;

/// <summary>
/// What every leg is, whatever protects it: a stream taken from the peer, a stream of ours sent to it, reports both ways,
/// digits, and a sink for what comes in. Sans-IO and single-threaded; nothing is allocated per packet.
/// </summary>
public abstract partial class MediaLeg : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly sbyte[] _codecByType = new sbyte[128];
    private readonly RandomNumberGenerator _random;
    private readonly RtpRewriter _rewriter;
    private readonly RtpReceptionStats _received = new(8000);
    private TimeSpan _secondAt = TimeSpan.MaxValue;
    private TimeSpan _heardAt;
    private TimeSpan _rtpAt;
    private TimeSpan _sentAt;
    private TimeSpan _longestSilence;
    private bool _silenceTold;
    private bool _rtpDue;
    private bool _paused;
    private long _discarded;
    private long _packetsSent;
    private long _bytesSent;
    private long _packetsReceived;
    private long _bytesReceived;
    private long _lostBefore;
    private string? _codecName;

    /// <param name="ssrc">The SSRC of what we send; in our description.</param>
    /// <param name="cname">The canonical name in our reports.</param>
    /// <param name="random">For sequence number, timestamp and the times of reports.</param>
    protected MediaLeg(ILegHost host, uint ssrc, string cname, RandomNumberGenerator random)
    {
        ArgumentNullException.ThrowIfNull(random);
        Host = host;
        Ssrc = ssrc;
        CName = cname;
        Span<byte> start = stackalloc byte[8];
        random.GetBytes(start);
        _rewriter = new RtpRewriter(ssrc, BitConverter.ToUInt16(start), BitConverter.ToUInt32(start[2..]), 8000);
        _random = random;
        Array.Fill(_codecByType, (sbyte)-1);
    }

    /// <summary>Our synchronisation source.</summary>
    public uint Ssrc { get; }

    /// <summary>The name that joins our reports.</summary>
    public string CName { get; }

    /// <summary>What was agreed last.</summary>
    public LegSettings Settings { get; private set; } = new();

    /// <summary>True when a packet can go to the peer now: the way and, where they are needed, the keys are there.</summary>
    public abstract bool CanTransmit { get; }

    /// <summary>Where received packets go; null for nowhere.</summary>
    public IRtpSink? Sink { get; private set; }

    /// <summary>When <see cref="OnDeadline"/> wants to be called; <see cref="TimeSpan.MaxValue"/> for never.</summary>
    public TimeSpan Deadline => IsClosed
        ? TimeSpan.MaxValue
        : Earliest(Earliest(Earliest(_secondAt, OwnDeadline), Earliest(ReportDeadline, DigitDeadline)), Sink?.Deadline ?? TimeSpan.MaxValue);

    /// <summary>True once <see cref="Close"/> was called.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>What the leg can do to the world.</summary>
    protected ILegHost Host { get; }

    /// <summary>When the kind of leg wants <see cref="OnOwnDeadline"/>.</summary>
    protected abstract TimeSpan OwnDeadline { get; }

    /// <summary>Takes a datagram of one of the leg's sockets or paths.</summary>
    public abstract void Receive(Span<byte> datagram, int local, in MediaAddress from, TimeSpan now);

    /// <summary>Applies what offer/answer agreed; may come again at any time.</summary>
    public void Configure(LegSettings settings, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var first = _secondAt == TimeSpan.MaxValue;
        var resumed = !Settings.CanReceive && settings.CanReceive;
        if (!settings.Codecs.SequenceEqual(Settings.Codecs))
        {
            _digitSender = null; // its payload type may have changed; what waits is dropped
        }

        Settings = settings;
        Array.Fill(_codecByType, (sbyte)-1);
        for (var i = Math.Min(settings.Codecs.Length, sbyte.MaxValue) - 1; i >= 0; i--)
        {
            _codecByType[settings.Codecs[i].ReceivePayloadType & 0x7F] = (sbyte)i;
        }

        _paused |= !settings.CanSend;

        if (first || resumed)
        {
            _rtpAt = now; // the silence of a hold is nobody's fault
            _heardAt = now;
            _silenceTold = false;
        }

        _rtpDue = settings.CanReceive;
        if (first && !IsClosed)
        {
            _secondAt = now + Second;
            StartReports(now);
        }
    }

    /// <summary>Runs what is due.</summary>
    public void OnDeadline(TimeSpan now)
    {
        if (IsClosed)
        {
            return;
        }

        if (OwnDeadline <= now)
        {
            OnOwnDeadline(now);
        }

        if (Sink is { } sink && sink.Deadline <= now)
        {
            sink.OnDeadline(this, now);
        }

        if (DigitDeadline <= now)
        {
            RunDigits(now);
        }

        if (ReportDeadline <= now)
        {
            SendReport(now);
        }

        if (_secondAt <= now)
        {
            _secondAt = now + Second;
            OnSecond(now);
            WatchSilence(now);
        }
    }

    /// <summary>Sends everything that the leg receives to <paramref name="sink"/> from now on.</summary>
    public void Attach(IRtpSink sink)
    {
        Sink = sink;
        _paused = true; // what we send next has another source than what we sent before
    }

    /// <summary>What the leg receives goes nowhere from now on; what it sends stops.</summary>
    public void Detach()
    {
        Sink = null;
        _paused = true;
    }

    /// <summary>The leg talks to a service inside.</summary>
    /// <param name="opusTone">The tone (of that service) in opus, for a leg that has agreed nothing simpler: frames of 20 ms that can be played round and round.</param>
    public void Serve(LegService service, TimeSpan now, IReadOnlyList<byte[]>? opusTone = null) =>
        Attach(service switch
        {
            LegService.Echo => new EchoService(),
            LegService.Ringback => new ToneService(now, opusTone, ToneService.RingFrequency, ToneService.Ring),
            _ => new ToneService(now, opusTone),
        });

    /// <summary>Which of the leg's codecs a payload type toward us is; -1 for none of them.</summary>
    public int CodecOf(byte payloadType) => _codecByType[payloadType & 0x7F];

    /// <summary>Says goodbye to the peer; nothing is sent or taken afterwards.</summary>
    public void Close(TimeSpan now)
    {
        if (IsClosed)
        {
            return;
        }

        NoteSilence(now);
        SendBye(now);
        OnClosing(now);
        IsClosed = true;
        Sink = null;
    }

    /// <summary>The counters up to now.</summary>
    public LegReport Report(TimeSpan now) => new(
        _codecName, _packetsReceived, _bytesReceived, Math.Max(0, _lostBefore + _received.Lost), _packetsSent, _bytesSent,
        Math.Max(0, _reports?.RemoteBlock?.Lost ?? 0), _received.HasSource ? _received.Jitter : TimeSpan.Zero, _reports?.RemoteJitter ?? TimeSpan.Zero,
        _reports?.RoundTrip, _discarded, _longestSilence);

    /// <summary>How far the way of its media has come.</summary>
    public abstract LegState State { get; }

    /// <summary>Since the peer's last RTP packet, or since it could have sent one.</summary>
    public TimeSpan SilentFor(TimeSpan now) => _secondAt == TimeSpan.MaxValue ? TimeSpan.Zero : now - _rtpAt;

    /// <summary>Since our last RTP packet; zero before the first.</summary>
    public TimeSpan IdleFor(TimeSpan now) => _packetsSent == 0 ? TimeSpan.Zero : now - _sentAt;

    /// <summary>Frees keys and native memory.</summary>
    public abstract void Dispose();

    /// <summary>
    /// Sends a packet of some source in our stream: our SSRC, our sequence and clock, the payload type given. Returns false when it was not sent.
    /// </summary>
    /// <param name="packet">The source's RTP packet; its header is overwritten.</param>
    /// <param name="codec">Which of this leg's codecs it becomes.</param>
    public bool Forward(Span<byte> packet, int codec, TimeSpan now)
    {
        if (!Settings.CanSend || !CanTransmit || (Settings.Codecs[codec].IsTelephoneEvent ? !AdmitsSourceEvent(now) : IsSendingDigit))
        {
            _paused = true;
            return false;
        }

        if (_paused)
        {
            _paused = false;
            _rewriter.DropSource();
        }

        var target = Settings.Codecs[codec];
        if (target.IsAudio)
        {
            SetClock(target.ClockRate);
        }

        if (_rewriter.Rewrite(packet, target.SendPayloadType, now, out var offset, out var length) != RewriteStatus.Ok)
        {
            return false;
        }

        var buffer = Host.Rent();
        packet.Slice(offset, length).CopyTo(buffer);
        return Transmit(buffer, length, now);
    }

    /// <summary>A packet of the source goes nowhere; our stream closes over it.</summary>
    public void Skip(in RtpPacket packet) => _rewriter.Skip(packet);

    /// <summary>Sends a packet that a service made.</summary>
    internal void SendOwn(int codec, bool marker, uint timestamp, ReadOnlySpan<byte> payload, TimeSpan now)
    {
        if (!Settings.CanSend || !CanTransmit || IsSendingDigit)
        {
            return;
        }

        var buffer = Host.Rent();
        _rewriter.WriteOwn(buffer, Settings.Codecs[codec].SendPayloadType, marker, timestamp, now);
        payload.CopyTo(buffer[RtpHeader.MinLength..]);
        Transmit(buffer, RtpHeader.MinLength + payload.Length, now);
    }

    /// <summary>The timestamp of our stream now, in the clock of one of the leg's codecs.</summary>
    internal uint TimestampAt(int clockRate, TimeSpan now)
    {
        SetClock(clockRate);
        return _rewriter.TimestampAt(now);
    }

    /// <summary>Sends the RTP packet at the front of the rented memory.</summary>
    protected abstract bool TransmitRtp(Span<byte> buffer, int length);

    /// <summary>Sends the RTCP packet at the front of the rented memory.</summary>
    protected abstract void TransmitRtcp(Span<byte> buffer, int length);

    /// <summary>Something of the kind of leg is due.</summary>
    protected virtual void OnOwnDeadline(TimeSpan now)
    {
    }

    /// <summary>Called once a second while the leg is open.</summary>
    protected virtual void OnSecond(TimeSpan now)
    {
    }

    /// <summary>The last chance to send.</summary>
    protected virtual void OnClosing(TimeSpan now)
    {
    }

    /// <summary>True when the peer may send this payload type.</summary>
    protected bool Expects(byte payloadType) => _codecByType[payloadType & 0x7F] >= 0;

    /// <summary>The peer has shown that it is there.</summary>
    protected void Heard(TimeSpan now)
    {
        _heardAt = now;
        _silenceTold = false;
    }

    /// <summary>From now on the peer can send; what was before is no silence of its.</summary>
    protected void ExpectRtp(TimeSpan now) => _rtpAt = now;

    /// <summary>A packet was refused.</summary>
    protected void CountDiscarded() => _discarded++;

    /// <summary>An RTP packet of the peer, authenticated as far as the kind of leg can.</summary>
    protected void OnRtp(Span<byte> packet, TimeSpan now)
    {
        if (IsClosed || !RtpPacket.TryParse(packet, out var view) || CodecOf(view.PayloadType) is var codec && codec < 0)
        {
            _discarded++;
            return;
        }

        Heard(now);
        var agreed = Settings.Codecs[codec];
        if (agreed.IsAudio)
        {
            _received.ClockRate = agreed.ClockRate;
            _codecName = agreed.Name;
        }

        if (_received.HasSource && view.Ssrc != _received.Ssrc)
        {
            _lostBefore += _received.Lost;
        }

        _received.Receive(view, now);
        _packetsReceived++;
        _bytesReceived += view.Payload.Length;
        if (!Settings.CanReceive)
        {
            return; // held: what the peer still sends is counted and goes nowhere
        }

        NoteSilence(now);
        _rtpAt = now;
        if (agreed.IsTelephoneEvent && Settings.ReportDigits)
        {
            TakeDigit(view, agreed.ClockRate, now);
            Sink?.OnSkipped(this, view);
            return;
        }

        Sink?.OnRtp(this, codec, packet, now);
    }

    private void SetClock(int clockRate)
    {
        _rewriter.SetClockRate(clockRate);
        if (_reports is not null)
        {
            _reports.ClockRate = clockRate;
        }
    }

    private void NoteSilence(TimeSpan now)
    {
        if (_rtpDue && now - _rtpAt is var silence && silence > _longestSilence)
        {
            _longestSilence = silence;
        }
    }

    private void WatchSilence(TimeSpan now)
    {
        var limit = Settings.SilenceLimit;
        if (limit > TimeSpan.Zero && !_silenceTold && now - _heardAt is var silence && silence >= limit)
        {
            _silenceTold = true;
            Host.Raise(new LegEvent(LegEventKind.Silent, Time: silence));
        }
    }

    private static TimeSpan Earliest(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
