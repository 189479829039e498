using System.Security.Cryptography;
using Gateway.Media.Dtls;
using Gateway.Media.Ice;
using Gateway.Media.Rtp;
using Gateway.Media.Srtp;
using Gateway.Media.Stun;

namespace Gateway.Media.Sessions;

/// <summary>
/// A leg toward a browser: an ICE-lite agent, a DTLS association and the SRTP keys that come out of it, as one object.
/// It hears anything but checks only along paths that passed one, and sends no media byte before it has keys.
/// </summary>
public sealed class WebRtcLeg : MediaLeg, IDatagramSink
{
    /// <summary>A peer from which no check came for this long takes no more media (RFC 7675 §5.1).</summary>
    public static readonly TimeSpan ConsentLimit = TimeSpan.FromSeconds(30);

    /// <summary>How long a configured leg waits for its first check, and after that for its keys.</summary>
    public static readonly TimeSpan SetupLimit = TimeSpan.FromSeconds(30);

    private readonly IceLiteAgent _ice;
    private readonly Func<IDtlsEngine> _newDtls;
    private IReadOnlyList<Fingerprint> _fingerprints = [];
    private IDtlsEngine _dtls;
    private SrtpSession? _srtp;
    private string _remoteUfrag = "";
    private TimeSpan _setupUntil = TimeSpan.MaxValue;
    private bool _failed;
    private bool _silent;
    private bool _startAsClient;
    private bool _hasNewKeys;

    /// <param name="ice">The agent whose credentials are in our description.</param>
    /// <param name="newDtls">Makes an association that has not started: one for the leg, and another whenever the peer changes its certificate.</param>
    public WebRtcLeg(ILegHost host, IceLiteAgent ice, Func<IDtlsEngine> newDtls, uint ssrc, string cname, RandomNumberGenerator random)
        : base(host, ssrc, cname, random)
    {
        _ice = ice;
        _newDtls = newDtls;
        _dtls = newDtls();
    }

    /// <summary>Keys are agreed and the peer's certificate is the one of the signalling.</summary>
    public bool IsSecure => _srtp is not null;

    /// <inheritdoc />
    public override LegState State => _failed ? LegState.Failed
        : IsSecure ? LegState.Ready
        : _ice.PathCount > 0 ? LegState.Connecting
        : LegState.New;

    /// <summary>A check has passed.</summary>
    public bool HasPath => _ice.PathCount > 0;

    /// <summary>No check has come for longer than <see cref="ConsentLimit"/>.</summary>
    public bool IsSilent => _silent;

    /// <summary>Where the association stands.</summary>
    public DtlsState Dtls => _dtls.State;

    /// <inheritdoc />
    public override bool CanTransmit => _srtp is not null && !_silent && !IsClosed && _ice.TryGetSendPath(out _);

    /// <inheritdoc />
    protected override TimeSpan OwnDeadline
    {
        get
        {
            var deadline = _dtls.NextDeadline is { } retransmit ? retransmit : TimeSpan.MaxValue;
            return _setupUntil < deadline ? _setupUntil : deadline;
        }
    }

    /// <summary>What the peer's description says; a new ufrag is an ICE restart, during which the old path goes on.</summary>
    public void SetPeer(WebRtcPeer peer, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(peer);
        if (peer.NewLocal is { } fresh && fresh.Ufrag != _ice.Local.Ufrag)
        {
            _ice.Restart(fresh);
        }

        if (peer.IceUfrag != _remoteUfrag)
        {
            _remoteUfrag = peer.IceUfrag;
            _ice.SetRemoteUfrag(peer.IceUfrag);
        }

        if (_fingerprints.Count > 0 && !_fingerprints.SequenceEqual(peer.Fingerprints))
        {
            // Another certificate is another peer (a page that was reloaded): a new association, RFC 8842 §5.1.
            // The old keys serve until the new ones are there.
            _dtls.Dispose();
            _dtls = _newDtls();
            _hasNewKeys = false;
            _failed = false;
        }

        _fingerprints = peer.Fingerprints;
        if (_dtls.State == DtlsState.New)
        {
            _setupUntil = now + SetupLimit;
            // A client's first flight needs a way to go.
            _startAsClient = peer.OurRole == DtlsRole.Client && _ice.PathCount == 0;
            if (!_startAsClient)
            {
                _dtls.Start(peer.OurRole, now);
            }
        }

        _dtls.ExpectPeer(peer.Fingerprints, now);
        AfterDtls(now);
    }

    /// <summary>A check that named a ufrag of ours. Answers it along its path.</summary>
    /// <param name="mayAnswerRefusal">False when a refused check shall have no answer, because its source has had many.</param>
    public IceOutcome ReceiveCheck(in StunMessage message, in IcePath path, bool mayAnswerRefusal, TimeSpan now)
    {
        var outcome = _ice.Receive(message, path, now, Host.Rent());
        if (outcome.ResponseLength > 0 && (mayAnswerRefusal || outcome.Refusal == IceRefusal.None))
        {
            Host.Send(outcome.ResponseLength, path.Local, path.Remote);
        }

        if ((outcome.Events & IceEvents.Checked) == 0)
        {
            CountDiscarded();
            return outcome;
        }

        Heard(now);
        _silent = false;
        if (_startAsClient)
        {
            _startAsClient = false;
            _dtls.Start(DtlsRole.Client, now);
            AfterDtls(now);
        }

        return outcome;
    }

    /// <inheritdoc />
    public override void Receive(Span<byte> datagram, int local, in MediaAddress from, TimeSpan now)
    {
        var kind = PacketDemux.Classify(datagram);
        if (kind == PacketKind.Unknown || kind == PacketKind.Stun || !_ice.IsValid(new IcePath(from, local)))
        {
            CountDiscarded();
            return;
        }

        if (kind == PacketKind.Dtls)
        {
            if (_dtls.State == DtlsState.New)
            {
                _dtls.Start(DtlsRole.Server, now); // the peer chose to be active and was faster than its answer
                _setupUntil = now + SetupLimit;
            }

            _dtls.Receive(datagram, now);
            AfterDtls(now);
            return;
        }

        // A browser may send before our last flight has reached it and we have its keys; that sound is lost, as RFC 5763 §6.7.1 allows.
        if (_srtp is not { } srtp)
        {
            return;
        }

        int length;
        if (kind == PacketKind.Rtp)
        {
            if (srtp.Receiver.Unprotect(datagram, out length) == SrtpStatus.Ok)
            {
                OnRtp(datagram[..length], now);
                return;
            }
        }
        else if (srtp.Receiver.UnprotectRtcp(datagram, out length) == SrtpStatus.Ok)
        {
            OnRtcp(datagram[..length], now);
            return;
        }

        CountDiscarded(); // a wrong tag or a replay never ends anything (threats 5, 6)
    }

    /// <inheritdoc />
    void IDatagramSink.Send(ReadOnlySpan<byte> datagram)
    {
        if (_ice.TryGetSendPath(out var path))
        {
            datagram.CopyTo(Host.Rent());
            Host.Send(datagram.Length, path.Local, path.Remote);
        }
    }

    /// <inheritdoc />
    protected override bool TransmitRtp(Span<byte> buffer, int length)
    {
        if (_srtp is not { } srtp || !_ice.TryGetSendPath(out var path)
            || srtp.Sender.Protect(buffer, length, out var protectedLength) != SrtpStatus.Ok)
        {
            return false;
        }

        Host.Send(protectedLength, path.Local, path.Remote);
        return true;
    }

    /// <inheritdoc />
    protected override void TransmitRtcp(Span<byte> buffer, int length)
    {
        if (_srtp is { } srtp && _ice.TryGetSendPath(out var path)
            && srtp.Sender.ProtectRtcp(buffer, length, out var protectedLength) == SrtpStatus.Ok)
        {
            Host.Send(protectedLength, path.Local, path.Remote);
        }
    }

    /// <inheritdoc />
    protected override void OnOwnDeadline(TimeSpan now)
    {
        if (_dtls.NextDeadline <= now)
        {
            _dtls.OnDeadline(now);
            AfterDtls(now);
        }

        if (_setupUntil <= now)
        {
            _setupUntil = TimeSpan.MaxValue;
            Fail(_ice.PathCount == 0 ? LegFailure.IceTimeout : LegFailure.Dtls);
        }
    }

    /// <inheritdoc />
    protected override void OnSecond(TimeSpan now) => _silent = _ice.IsSilent(now, ConsentLimit);

    /// <inheritdoc />
    protected override void OnClosing(TimeSpan now)
    {
        _dtls.Close(now);
        _dtls.Drain(this);
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        _srtp?.Dispose();
        _srtp = null;
        _dtls.Dispose();
        _ice.Dispose();
    }

    private void AfterDtls(TimeSpan now)
    {
        _dtls.Drain(this);
        switch (_dtls.State)
        {
            case DtlsState.Connected when !_hasNewKeys && _dtls.TryTakeKeys(out var keys):
                _hasNewKeys = true;
                _srtp?.Dispose();
                _srtp = SrtpSession.FromDtls(keys!, _dtls.Role == DtlsRole.Server);
                _setupUntil = TimeSpan.MaxValue;
                Heard(now);
                ExpectRtp(now);
                Host.Raise(new LegEvent(LegEventKind.Ready));
                break;
            case DtlsState.Failed:
                Fail(_dtls.Failure == DtlsFailure.FingerprintMismatch ? LegFailure.Fingerprint : LegFailure.Dtls);
                break;
        }
    }

    private void Fail(LegFailure reason)
    {
        if (!_failed)
        {
            _failed = true;
            _setupUntil = TimeSpan.MaxValue;
            Host.Raise(new LegEvent(LegEventKind.Failed, reason));
        }
    }
}
