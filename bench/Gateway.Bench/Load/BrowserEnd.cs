using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Gateway.Media;
using Gateway.Media.Dtls;
using Gateway.Media.Srtp;
using Gateway.Media.Stun;
using Gateway.Net.Dtls;
using Gateway.Net.Media;

namespace Gateway.Bench.Load;

/// <summary>
/// A browser's media: checks as the controlling agent, DTLS as client, SRTP, on a port of its own. It lives on the media
/// thread; only <see cref="Offer"/> and <see cref="Secure"/> are for others.
/// </summary>
internal sealed class BrowserEnd : IDatagramSink, IDisposable
{
    private static readonly TimeSpan CheckInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ConsentInterval = TimeSpan.FromSeconds(2.5); // as Chromium
    private const string Password = "password-of-a-browser-24";

    private readonly IPacketIo _io;
    private readonly OpenSslDtls _dtls;
    private readonly string _fingerprint;
    private readonly string _ufrag;
    private readonly uint _ssrc;
    private readonly TaskCompletionSource _secure = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private StunPassword? _theirPassword;
    private string _username = "";
    private MediaAddress _to;
    private TimeSpan _nextCheck = TimeSpan.MaxValue;
    private bool _checked;
    private SrtpSession? _srtp;
    private ushort _sequence;
    private uint _timestamp;

    public BrowserEnd(IPacketIo io, DtlsIdentity identity, UdpPort port, int call)
    {
        _io = io;
        Port = port;
        _dtls = new OpenSslDtls(identity);
        _fingerprint = identity.Fingerprint.ToString();
        _ufrag = "b" + call.ToString("D6", CultureInfo.InvariantCulture);
        _ssrc = BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(4));
    }

    public UdpPort Port { get; }

    /// <summary>Ends when keys are agreed.</summary>
    public Task Secure => _secure.Task;

    public bool IsSecure => _srtp is not null;

    /// <summary>What a browser that gathered its candidates offers.</summary>
    public string Offer() => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        v=0
        o=- 3546004397921447048 2 IN IP4 127.0.0.1
        s=-
        t=0 0
        a=group:BUNDLE 0
        a=extmap-allow-mixed
        a=msid-semantic: WMS stream
        m=audio {Port.Local.Port} UDP/TLS/RTP/SAVPF 111 9 0 8 110 126
        c=IN IP4 127.0.0.1
        a=rtcp:9 IN IP4 0.0.0.0
        a=candidate:3350409123 1 udp 2122260223 127.0.0.1 {Port.Local.Port} typ host generation 0 network-id 1
        a=ice-ufrag:{_ufrag}
        a=ice-pwd:{Password}
        a=ice-options:trickle
        a=fingerprint:{_fingerprint}
        a=setup:actpass
        a=mid:0
        a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
        a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
        a=sendrecv
        a=msid:stream track
        a=rtcp-mux
        a=rtpmap:111 opus/48000/2
        a=rtcp-fb:111 transport-cc
        a=fmtp:111 minptime=10;useinbandfec=1
        a=rtpmap:9 G722/8000
        a=rtpmap:0 PCMU/8000
        a=rtpmap:8 PCMA/8000
        a=rtpmap:110 telephone-event/48000
        a=rtpmap:126 telephone-event/8000
        a=ssrc:{_ssrc} cname:4TOk42mSjXCkVIa6
        a=ssrc:{_ssrc} msid:stream track

        """).ReplaceLineEndings("\r\n");

    /// <summary>Takes the gateway's answer and begins checks.</summary>
    public void Start(string answer, TimeSpan now)
    {
        _username = SipText.Attribute(answer, "a=ice-ufrag:") + ":" + _ufrag;
        _theirPassword = new StunPassword(SipText.Attribute(answer, "a=ice-pwd:"));
        var candidate = SipText.Attribute(answer, "a=candidate:").Split(' ');
        _to = MediaAddress.From(IPAddress.Parse(candidate[4]), int.Parse(candidate[5], CultureInfo.InvariantCulture));
        if (!SipText.Attribute(answer, "m=audio ").Split(' ').Skip(2).Contains("0")
            || Fingerprint.TryParse(SipText.Attribute(answer, "a=fingerprint:"), out var fingerprint) != FingerprintError.None)
        {
            throw new InvalidOperationException("An answer without PCMU or a fingerprint:\n" + answer);
        }

        _dtls.ExpectPeer([fingerprint!], now);
        Check(now);
    }

    /// <summary>Sends what time makes due.</summary>
    public void OnTime(TimeSpan now)
    {
        if (now >= _nextCheck)
        {
            Check(now);
        }

        if (_dtls.NextDeadline <= now)
        {
            _dtls.OnDeadline(now);
            AfterDtls();
        }
    }

    public void SendRtp(int call, bool measured)
    {
        var packet = _io.Rent();
        RtpFields.Write(packet, _sequence++, _timestamp, _ssrc);
        _timestamp += TimedPayload.Length;
        TimedPayload.Write(packet[RtpFields.Length..], call, measured);
        if (_srtp!.Sender.Protect(packet, RtpFields.Length + TimedPayload.Length, out var length) == SrtpStatus.Ok)
        {
            _io.Send(Port, length, _to);
        }
    }

    /// <summary>Takes a datagram; gives the clear RTP packet when it is one, else nothing.</summary>
    public ReadOnlySpan<byte> Receive(Span<byte> datagram, in MediaAddress from, TimeSpan now, MediaTotals? totals)
    {
        if (from != _to)
        {
            return default; // a phone's RTCP port may be ours by chance
        }

        if (StunMessage.IsStun(datagram))
        {
            OnStun(datagram, now);
            return default;
        }

        if (datagram[0] is >= 20 and <= 63)
        {
            _dtls.Receive(datagram, now);
            AfterDtls();
            return default;
        }

        if (_srtp is null || datagram.Length < RtpFields.Length)
        {
            return default;
        }

        var isRtcp = datagram[1] is >= 192 and <= 223;
        var status = isRtcp ? _srtp.Receiver.UnprotectRtcp(datagram, out var length) : _srtp.Receiver.Unprotect(datagram, out length);
        if (status != SrtpStatus.Ok)
        {
            if (totals is not null)
            {
                totals.Bad++; // outside the window it may be the goodbye of an older call on a port that is ours now
            }

            return default;
        }

        return isRtcp ? default : datagram[..length];
    }

    void IDatagramSink.Send(ReadOnlySpan<byte> datagram)
    {
        datagram.CopyTo(_io.Rent());
        _io.Send(Port, datagram.Length, _to);
    }

    public void Dispose()
    {
        _dtls.Dispose();
        _srtp?.Dispose();
        _theirPassword?.Dispose();
    }

    private void OnStun(ReadOnlySpan<byte> datagram, TimeSpan now)
    {
        if (_checked || StunMessage.TryParse(datagram, out var message) != StunError.None || message.Class != StunClass.Success
            || _theirPassword is null || !message.VerifyIntegrity(_theirPassword))
        {
            return;
        }

        // As browsers do: the first answer starts DTLS, the next check nominates.
        _checked = true;
        Check(now);
        _dtls.Start(DtlsRole.Client, now);
        AfterDtls();
    }

    private void AfterDtls()
    {
        _dtls.Drain(this);
        if (_srtp is null && _dtls.TryTakeKeys(out var keys))
        {
            _srtp = SrtpSession.FromDtls(keys!, weAreServer: false);
            _secure.TrySetResult();
        }
        else if (_dtls.State == DtlsState.Failed)
        {
            _secure.TrySetException(new InvalidOperationException("DTLS failed: " + _dtls.Failure));
        }
    }

    private void Check(TimeSpan now)
    {
        _nextCheck = now + (IsSecure ? ConsentInterval : CheckInterval);
        Span<byte> id = stackalloc byte[12];
        RandomNumberGenerator.Fill(id);
        var writer = new StunWriter(_io.Rent(), StunClass.Request, StunMethod.Binding, id);
        writer.AddUsername(_username);
        writer.AddRole(controlling: true, 0x0102_0304_0506_0708);
        writer.AddPriority(0x6E7F_1EFF);
        if (_checked)
        {
            writer.AddUseCandidate();
        }

        writer.AddMessageIntegrity(_theirPassword!);
        writer.AddFingerprint();
        _io.Send(Port, writer.Length, _to);
    }
}

/// <summary>The twelve bytes of an RTP header with payload type 0 (RFC 3550 §5.1).</summary>
internal static class RtpFields
{
    public const int Length = 12;

    public static void Write(Span<byte> packet, ushort sequence, uint timestamp, uint ssrc)
    {
        packet[0] = 0x80;
        packet[1] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], sequence);
        BinaryPrimitives.WriteUInt32BigEndian(packet[4..], timestamp);
        BinaryPrimitives.WriteUInt32BigEndian(packet[8..], ssrc);
    }
}
