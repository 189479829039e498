using Gateway.Media.Dtls;
using Gateway.Media.Ice;
using Gateway.Media.Sessions;
using Gateway.Media.Srtp;
using Gateway.Media.Stun;
using Gateway.Testing;

namespace Gateway.Media.Tests.Sessions;

/// <summary>A browser's leg in virtual time, with the browser's half of ICE and SRTP played by hand.</summary>
internal sealed class PlayedBrowser
{
    public static readonly MediaAddress Home = Play.Address("203.0.113.4", 50000);
    public static readonly Fingerprint Certificate = Fingerprint.OfCertificate([1, 2, 3]);

    private readonly IceLiteAgent _ice = new(new SeededRandom(5));
    private StunPassword _password;
    private string _username;
    private int _checks;

    public PlayedBrowser(LegTrace trace)
    {
        Trace = trace;
        _username = _ice.Local.Ufrag + ":theirs";
        _password = new StunPassword(_ice.Local.Password);
        Leg = new WebRtcLeg(
            trace, _ice,
            () =>
            {
                Engines.Add(new ScriptedDtls());
                return Engines[^1];
            },
            0x5555_0001, "cname", new SeededRandom(6));
    }

    public LegTrace Trace { get; }

    public WebRtcLeg Leg { get; }

    public List<ScriptedDtls> Engines { get; } = [];

    public SrtpSession? Srtp { get; private set; }

    public void Configure(TimeSpan now, LegSettings? settings = null, WebRtcPeer? peer = null)
    {
        Leg.SetPeer(peer ?? new WebRtcPeer("theirs", [Certificate], DtlsRole.Server, null), now);
        Leg.Configure(settings ?? Play.Settings(), now);
    }

    public IceOutcome Check(TimeSpan now, MediaAddress? from = null, bool nominate = true, StunPassword? password = null)
    {
        var bytes = new byte[256];
        var writer = new StunWriter(bytes, StunClass.Request, StunMethod.Binding, BitConverter.GetBytes((long)++_checks).Concat(new byte[4]).ToArray());
        writer.AddUsername(_username);
        writer.AddRole(controlling: true, 1);
        writer.AddPriority(1);
        if (nominate)
        {
            writer.AddUseCandidate();
        }

        writer.AddMessageIntegrity(password ?? _password);
        writer.AddFingerprint();
        Assert.Equal(StunError.None, StunMessage.TryParse(bytes.AsSpan(0, writer.Length), out var message));
        return Leg.ReceiveCheck(message, new IcePath(from ?? Home), mayAnswerRefusal: true, now);
    }

    /// <summary>The checks of a new description of ours.</summary>
    public void Use(IceCredentials fresh)
    {
        _username = fresh.Ufrag + ":again";
        _password = new StunPassword(fresh.Password);
    }

    /// <summary>The datagram that completes the handshake.</summary>
    public void Handshake(TimeSpan now, MediaAddress? from = null, byte keys = 1)
    {
        Engines[^1].KeysOnReceive = keys;
        Send([22, 0xFE, 0xFD, 0, 0], now, from);
        Srtp = SrtpSession.FromDtls(ScriptedDtls.Keys(keys), weAreServer: false);
    }

    /// <summary>Checks, keys: the leg is ready.</summary>
    public void Connect(TimeSpan now, LegSettings? settings = null)
    {
        Configure(now, settings);
        Check(now);
        Handshake(now);
        Trace.Datagrams.Clear();
    }

    public void Send(byte[] datagram, TimeSpan now, MediaAddress? from = null) => Leg.Receive(datagram, 0, from ?? Home, now);

    public byte[] Protect(byte[] packet)
    {
        var buffer = new byte[packet.Length + SrtpProfiles.MaxOverhead];
        packet.CopyTo(buffer, 0);
        Assert.Equal(SrtpStatus.Ok, Srtp!.Sender.Protect(buffer, packet.Length, out var length));
        return buffer[..length];
    }

    /// <summary>Deciphers what the leg sent to the browser.</summary>
    public byte[] Open(LegTrace.Sent sent)
    {
        var bytes = sent.Bytes.ToArray();
        Assert.Equal(SrtpStatus.Ok, Srtp!.Receiver.Unprotect(bytes, out var length));
        return bytes[..length];
    }
}
