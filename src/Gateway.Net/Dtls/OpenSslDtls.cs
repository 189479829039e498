using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Gateway.Media.Dtls;
using Gateway.Media.Srtp;

namespace Gateway.Net.Dtls;

/// <summary>
/// One DTLS-SRTP association on OpenSSL (RFC 5764): datagrams in, datagrams and keys out. It belongs to one thread, and
/// no key leaves it before the peer's certificate has matched a fingerprint of the signalling.
/// </summary>
public sealed unsafe class OpenSslDtls : IDtlsEngine
{
    private const string ExporterLabel = "EXTRACTOR-dtls_srtp"; // RFC 5764 §4.2
    private const int MaxExport = 2 * (32 + 14);

    /// <summary>How often an association may begin anew after our flight has left; a peer that still fails means it.</summary>
    private const int MaxRestarts = 3;

    private static readonly TimeSpan RestartDelay = TimeSpan.FromMilliseconds(100);

    private readonly DtlsIdentity _identity;
    private readonly Queue<byte[]> _output = new();
    private readonly byte[] _input = new byte[2048];
    private IReadOnlyList<Fingerprint>? _expected;
    private GCHandle _self;
    private nint _ssl;
    private int _inputLength;
    private bool _committed;
    private bool _handshakeDone;
    private int _restarts;
    private SrtpKeyMaterial? _keys;

    /// <param name="identity">Our certificate; it must outlive the start of the association.</param>
    public OpenSslDtls(DtlsIdentity identity)
    {
        ArgumentNullException.ThrowIfNull(identity);
        _identity = identity;
        _self = GCHandle.Alloc(this);
    }

    /// <inheritdoc />
    public DtlsState State { get; private set; }

    /// <inheritdoc />
    public DtlsFailure Failure { get; private set; }

    /// <inheritdoc />
    public DtlsRole Role { get; private set; }

    /// <inheritdoc />
    public TimeSpan? NextDeadline { get; private set; }

    /// <inheritdoc />
    public void ExpectPeer(IReadOnlyList<Fingerprint> fingerprints, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(fingerprints);
        _expected = fingerprints;
        if (_handshakeDone && State == DtlsState.Handshaking)
        {
            Conclude();
            Arm(now);
        }
    }

    /// <inheritdoc />
    public void Start(DtlsRole role, TimeSpan now)
    {
        if (State != DtlsState.New)
        {
            return;
        }

        Role = role;
        State = DtlsState.Handshaking;
        Begin();
        if (role == DtlsRole.Client)
        {
            Step(now);
        }
    }

    /// <inheritdoc />
    public void Receive(ReadOnlySpan<byte> datagram, TimeSpan now)
    {
        if (State is not DtlsState.Handshaking and not DtlsState.Connected
            || datagram.Length > _input.Length
            || !DtlsRecords.ArePlausible(datagram))
        {
            return;
        }

        // Exactly one datagram, then one step: what OpenSSL leaves unread of it is not wanted.
        datagram.CopyTo(_input);
        _inputLength = datagram.Length;
        Step(now);
        _inputLength = 0;
    }

    /// <inheritdoc />
    public void OnDeadline(TimeSpan now)
    {
        if (NextDeadline is not { } due || now < due)
        {
            return;
        }

        if (_ssl == 0)
        {
            Begin(); // a client's new start waits, so that garbage does not make it flood the path with hellos
            Step(now);
            return;
        }

        OpenSsl.ERR_clear_error();
        if (OpenSsl.SSL_ctrl(_ssl, OpenSsl.CtrlDtlsHandleTimeout, 0, null) < 0 && !_handshakeDone)
        {
            Fail(DtlsFailure.Handshake); // OpenSSL gives up after 12 time-outs, some 20 s by our timer
        }

        Arm(now);
    }

    /// <inheritdoc />
    public void Drain(IDatagramSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        while (_output.TryDequeue(out var datagram))
        {
            sink.Send(datagram);
        }
    }

    /// <inheritdoc />
    public bool TryTakeKeys(out SrtpKeyMaterial? keys)
    {
        keys = State == DtlsState.Connected ? Interlocked.Exchange(ref _keys, null) : null;
        return keys is not null;
    }

    /// <inheritdoc />
    public void Close(TimeSpan now)
    {
        if (_handshakeDone && State is DtlsState.Connected or DtlsState.Handshaking)
        {
            OpenSsl.ERR_clear_error();
            _ = OpenSsl.SSL_shutdown(_ssl); // close_notify, RFC 5246 §7.2.1
        }

        State = State == DtlsState.Failed ? State : DtlsState.Closed;
        NextDeadline = null;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        End();
        _keys?.Dispose();
        _keys = null;
        State = State == DtlsState.Failed ? State : DtlsState.Closed;
        NextDeadline = null;
        if (_self.IsAllocated)
        {
            _self.Free(); // after SSL_free, which may still write
        }
    }

    /// <summary>OpenSSL writes one datagram.</summary>
    internal void Emit(ReadOnlySpan<byte> datagram)
    {
        _committed |= DtlsRecords.IsBeyondHello(datagram);
        _output.Enqueue(datagram.ToArray());
    }

    /// <summary>OpenSSL reads the datagram that was handed in, once.</summary>
    internal int Take(Span<byte> destination)
    {
        var length = Math.Min(_inputLength, destination.Length);
        _input.AsSpan(0, length).CopyTo(destination);
        _inputLength = 0;
        return length;
    }

    private void Begin()
    {
        _ssl = OpenSsl.SSL_new(_identity.Context);
        if (_ssl == 0)
        {
            throw new CryptographicException("OpenSSL made no association: " + OpenSsl.TakeErrors());
        }

        var bio = DtlsBio.Create(_self);
        OpenSsl.SSL_set_bio(_ssl, bio, bio);
        OpenSsl.SSL_ctrl(_ssl, OpenSsl.CtrlSetMtu, DtlsBio.Mtu, null);
        OpenSsl.DTLS_set_timer_cb(_ssl, &DtlsBio.NextTimeout);
        if (Role == DtlsRole.Server)
        {
            OpenSsl.SSL_set_accept_state(_ssl);
        }
        else
        {
            OpenSsl.SSL_set_connect_state(_ssl);
        }

        _committed = false;
    }

    private void End()
    {
        if (_ssl != 0)
        {
            OpenSsl.SSL_free(_ssl);
            _ssl = 0;
        }
    }

    private void Step(TimeSpan now)
    {
        if (_ssl == 0)
        {
            return;
        }

        OpenSsl.ERR_clear_error(); // the queue is the thread's: an error of another association must not be read as ours
        if (_handshakeDone)
        {
            ReadRecords();
        }
        else
        {
            Handshake();
        }

        Arm(now);
    }

    private void Handshake()
    {
        var result = OpenSsl.SSL_do_handshake(_ssl);
        if (result == 1)
        {
            _handshakeDone = true;
            Conclude();
            return;
        }

        if (OpenSsl.SSL_get_error(_ssl, result) is OpenSsl.ErrorWantRead or OpenSsl.ErrorWantWrite)
        {
            return;
        }

        // One datagram must not end the association (threat 1). Before we have sent anything of a key exchange nothing is
        // lost by a new start; after it the peer has to begin again too, so that is tried a few times only.
        if (_committed && ++_restarts > MaxRestarts)
        {
            Fail(DtlsFailure.Handshake);
            return;
        }

        _output.Clear();
        End();
        if (Role == DtlsRole.Server)
        {
            Begin();
        }
    }

    private void Conclude()
    {
        if (_expected is null)
        {
            return; // the peer was faster than its answer; its keys wait for the fingerprint
        }

        // RFC 8122 §6.2: before anything that the certificate vouches for is used.
        if (!Fingerprint.MatchesAny(_expected, OpenSsl.PeerCertificate(_ssl)))
        {
            Fail(DtlsFailure.FingerprintMismatch);
            return;
        }

        var selected = OpenSsl.SSL_get_selected_srtp_profile(_ssl);
        var profile = selected == null ? SrtpProfile.None : (SrtpProfile)selected->Id;
        if (!profile.IsSupported())
        {
            Fail(DtlsFailure.NoSrtpProfile); // RFC 5764 §4.1: without it there is nothing to protect media with
            return;
        }

        Span<byte> exported = stackalloc byte[MaxExport];
        exported = exported[..profile.DtlsExportLength()];
        fixed (byte* output = exported)
        {
            if (OpenSsl.SSL_export_keying_material(
                _ssl, output, (nuint)exported.Length, ExporterLabel, (nuint)ExporterLabel.Length, null, 0, 0) != 1)
            {
                Fail(DtlsFailure.Internal);
                return;
            }
        }

        _keys = SrtpKeyMaterial.FromDtlsExport(profile, exported);
        CryptographicOperations.ZeroMemory(exported);
        State = DtlsState.Connected;
    }

    /// <summary>After the handshake: a repeated Finished makes OpenSSL send our last flight again, close_notify ends it, data is ignored.</summary>
    private void ReadRecords()
    {
        Span<byte> ignored = stackalloc byte[2048];
        fixed (byte* buffer = ignored)
        {
            var result = OpenSsl.SSL_read(_ssl, buffer, ignored.Length);
            if (result <= 0 && OpenSsl.SSL_get_error(_ssl, result) == OpenSsl.ErrorZeroReturn)
            {
                State = DtlsState.Closed;
            }
        }
    }

    private void Fail(DtlsFailure failure)
    {
        if (_handshakeDone)
        {
            _ = OpenSsl.SSL_shutdown(_ssl); // the handshake stands, so the peer may be told
        }

        State = DtlsState.Failed;
        Failure = failure;
        NextDeadline = null;
    }

    private void Arm(TimeSpan now)
    {
        NextDeadline = null;
        if (State is not DtlsState.Handshaking and not DtlsState.Connected)
        {
            return;
        }

        if (_ssl == 0)
        {
            NextDeadline = now + RestartDelay;
            return;
        }

        var left = stackalloc long[2]; // struct timeval
        if (OpenSsl.SSL_ctrl(_ssl, OpenSsl.CtrlDtlsGetTimeout, 0, left) == 1)
        {
            NextDeadline = now + TimeSpan.FromMicroseconds((left[0] * 1_000_000) + left[1]);
        }
    }
}
