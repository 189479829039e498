using Gateway.Media.Dtls;
using Gateway.Media.Srtp;

namespace Gateway.Media.Tests.Sessions;

/// <summary>A DTLS engine that does what the test says, in virtual time.</summary>
internal sealed class ScriptedDtls : IDtlsEngine
{
    public static readonly byte[] OurFlight = [22, 0xFE, 0xFD, 1];

    private readonly Queue<byte[]> _output = new();
    private SrtpKeyMaterial? _keys;

    public DtlsState State { get; private set; }

    public DtlsFailure Failure { get; private set; }

    public DtlsRole Role { get; private set; }

    public TimeSpan? NextDeadline { get; set; }

    public IReadOnlyList<Fingerprint>? Expected { get; private set; }

    public int Received { get; private set; }

    public bool IsDisposed { get; private set; }

    public static SrtpKeyMaterial Keys(byte seed)
    {
        var bytes = Enumerable.Range(0, SrtpProfile.AeadAes128Gcm.DtlsExportLength()).Select(i => (byte)(i + seed)).ToArray();
        return SrtpKeyMaterial.FromDtlsExport(SrtpProfile.AeadAes128Gcm, bytes);
    }

    /// <summary>The next datagram completes the handshake.</summary>
    public byte KeysOnReceive { get; set; } = 1;

    public DtlsFailure FailOnReceive { get; set; }

    public void ExpectPeer(IReadOnlyList<Fingerprint> fingerprints, TimeSpan now) => Expected = fingerprints;

    public void Start(DtlsRole role, TimeSpan now)
    {
        Role = role;
        State = DtlsState.Handshaking;
        if (role == DtlsRole.Client)
        {
            _output.Enqueue(OurFlight);
        }
    }

    public void Receive(ReadOnlySpan<byte> datagram, TimeSpan now)
    {
        Received++;
        if (FailOnReceive != DtlsFailure.None)
        {
            State = DtlsState.Failed;
            Failure = FailOnReceive;
        }
        else if (State == DtlsState.Handshaking)
        {
            State = DtlsState.Connected;
            _keys = Keys(KeysOnReceive);
            _output.Enqueue(OurFlight);
        }
    }

    public void OnDeadline(TimeSpan now) => _output.Enqueue(OurFlight);

    public void Drain(IDatagramSink sink)
    {
        while (_output.TryDequeue(out var datagram))
        {
            sink.Send(datagram);
        }
    }

    public bool TryTakeKeys(out SrtpKeyMaterial? keys)
    {
        keys = _keys;
        _keys = null;
        return keys is not null;
    }

    public void Close(TimeSpan now)
    {
        State = DtlsState.Closed;
        _output.Enqueue([21, 0xFE, 0xFD, 2]);
    }

    public void Dispose() => IsDisposed = true;
}
