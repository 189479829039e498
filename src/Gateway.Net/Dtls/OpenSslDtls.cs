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

    private readonly DtlsIdentity _identity;
    private readonly bool _isServer;
    private readonly FingerprintSet _expected;
    private readonly Queue<byte[]> _output = new();
    private readonly byte[] _input = new byte[2048];
    private GCHandle _self;
    private nint _ssl;
    private int _inputLength;
    private bool _flightSent;
    private int _restarts;
    private SrtpKeyMaterial? _keys;

    public OpenSslDtls(DtlsIdentity identity, bool isServer, FingerprintSet expected)
    {
        ArgumentNullException.ThrowIfNull(identity);
        _identity = identity;
        _isServer = isServer;
        _expected = expected;
        _self = GCHandle.Alloc(this);
        Begin();
    }

    public DtlsState State { get; private set; }

    public DtlsFailure Failure { get; private set; }

    public TimeSpan? Deadline { get; private set; }

    public void Start(TimeSpan now)
    {
        if (State == DtlsState.New)
        {
            State = DtlsState.Handshaking;
            if (!_isServer)
            {
                Step(now);
            }
        }
    }

    public void Receive(ReadOnlySpan<byte> datagram, TimeSpan now)
    {
        if (_ssl == 0 || State is DtlsState.Failed or DtlsState.Closed
            || datagram.Length > _input.Length || !DtlsRecords.ArePlausible(datagram))
        {
            return;
        }

        if (State == DtlsState.New)
        {
            State = DtlsState.Handshaking;
        }

        // Exactly one datagram, then one step: what OpenSSL leaves unread of it is not wanted.
        datagram.CopyTo(_input);
        _inputLength = datagram.Length;
        Step(now);
        _inputLength = 0;
    }

    public void HandleTimeout(TimeSpan now)
    {
        if (_ssl == 0 || Deadline is not { } due || now < due)
        {
            return;
        }

        OpenSsl.ERR_clear_error();
        if (OpenSsl.SSL_ctrl(_ssl, OpenSsl.CtrlDtlsHandleTimeout, 0, null) < 0)
        {
            // OpenSSL counts its time-outs (12) and gives up; the retransmissions by then span 20 s.
            Fail(DtlsFailure.Timeout);
        }

        Arm(now);
    }

    public bool TryTake(Span<byte> destination, out int length)
    {
        length = 0;
        if (!_output.TryDequeue(out var datagram))
        {
            return false;
        }

        datagram.CopyTo(destination);
        length = datagram.Length;
        return true;
    }

    public SrtpKeyMaterial? TakeKeys()
    {
        var keys = _keys;
        _keys = null;
        return keys;
    }

    public void Close(TimeSpan now)
    {
        if (_ssl != 0 && State == DtlsState.Established)
        {
            OpenSsl.ERR_clear_error();
            OpenSsl.SSL_shutdown(_ssl); // close_notify, RFC 5246 §7.2.1
        }

        State = State == DtlsState.Failed ? State : DtlsState.Closed;
        Deadline = null;
    }

    public void Dispose()
    {
        End();
        _keys?.Dispose();
        _keys = null;
        if (_self.IsAllocated)
        {
            _self.Free(); // only now: SSL_free above may still have written
        }

    }

    /// <summary>OpenSSL writes one datagram.</summary>
    internal void Emit(ReadOnlySpan<byte> datagram)
    {
        _flightSent |= DtlsRecords.IsHandshake(datagram);
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
        if (_isServer)
        {
            OpenSsl.SSL_set_accept_state(_ssl);
        }
        else
        {
            OpenSsl.SSL_set_connect_state(_ssl);
        }

        _flightSent = false;
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
        OpenSsl.ERR_clear_error(); // the queue is the thread's: an error of another association must not be read as ours
        if (State == DtlsState.Established)
        {
            ReadRecords();
        }
        else
        {
            Handshake(now);
        }

        Arm(now);
    }

    private void Handshake(TimeSpan now)
    {
        var result = OpenSsl.SSL_do_handshake(_ssl);
        if (result == 1)
        {
            Finish();
            return;
        }

        if (OpenSsl.SSL_get_error(_ssl, result) is OpenSsl.ErrorWantRead or OpenSsl.ErrorWantWrite)
        {
            return;
        }

        // One datagram must not end the association (threat 1). Before our flight has left nothing is lost by a new start;
        // after it the peer has to begin again too, so that is tried a few times only.
        if (_flightSent && ++_restarts > MaxRestarts)
        {
            Fail(DtlsFailure.Protocol);
            return;
        }

        _output.Clear();
        End();
        Begin();
        if (!_isServer)
        {
            OpenSsl.SSL_do_handshake(_ssl);
        }
    }

    private void Finish()
    {
        // RFC 8122 §6.2: before anything that the certificate vouches for is used.
        if (!_expected.Matches(OpenSsl.PeerCertificate(_ssl)))
        {
            Fail(DtlsFailure.Fingerprint);
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
                Fail(DtlsFailure.Protocol);
                return;
            }
        }

        _keys = SrtpKeyMaterial.FromDtlsExport(profile, exported);
        CryptographicOperations.ZeroMemory(exported);
        State = DtlsState.Established;
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
        if (failure == DtlsFailure.Fingerprint || failure == DtlsFailure.NoSrtpProfile)
        {
            OpenSsl.SSL_shutdown(_ssl); // the handshake stands, so the peer may be told
        }

        State = DtlsState.Failed;
        Failure = failure;
        Deadline = null;
    }

    private void Arm(TimeSpan now)
    {
        Deadline = null;
        if (State is not DtlsState.Handshaking and not DtlsState.Established)
        {
            return;
        }

        var left = stackalloc long[2]; // struct timeval
        if (OpenSsl.SSL_ctrl(_ssl, OpenSsl.CtrlDtlsGetTimeout, 0, left) == 1)
        {
            Deadline = now + TimeSpan.FromMicroseconds((left[0] * 1_000_000) + left[1]);
        }
    }
}
