using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Gateway.Media;
using Gateway.Media.Dtls;
using Gateway.Media.Srtp;
using Gateway.Media.Stun;
using Gateway.Net.Dtls;

namespace Gateway.Testing;

/// <summary>
/// A browser's side of a media leg without a browser: controlling ICE checks, DTLS, SRTP, over one real socket. It has no
/// thread; whoever holds it calls <see cref="Poll"/> often and reads what came.
/// </summary>
public sealed class RtcPeer : IDatagramSink, IDisposable
{
    private static readonly TimeSpan CheckInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ConsentInterval = TimeSpan.FromSeconds(2);

    private readonly Socket _socket;
    private readonly OpenSslDtls _dtls;
    private readonly StunPassword _theirPassword;
    private readonly string _username;
    private readonly byte[] _buffer = new byte[2048];
    private readonly RandomNumberGenerator _random;
    private TimeSpan _nextCheck;
    private bool _nominate;
    private SrtpSession? _srtp;

    /// <param name="theirUfrag">From the gateway's description, like the two that follow.</param>
    /// <param name="remote">The gateway's candidate to use.</param>
    public RtcPeer(DtlsIdentity identity, IPEndPoint remote, string theirUfrag, string theirPassword, string theirFingerprint, int seed = 1)
    {
        _random = new SeededRandom(seed);
        Ufrag = "peer" + seed.ToString("D4", null);
        TheirUfrag = theirUfrag;
        _username = theirUfrag + ":" + Ufrag;
        _theirPassword = new StunPassword(theirPassword);
        Remote = remote;
        _socket = new Socket(remote.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { Blocking = false };
        _socket.Bind(new IPEndPoint(remote.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Loopback : IPAddress.IPv6Loopback, 0));
        _socket.Connect(remote); // hears nobody else: a phone's RTCP may fall on this port by chance
        _dtls = new OpenSslDtls(identity);
        Assume(Fingerprint.TryParse(theirFingerprint, out var expected) == FingerprintError.None, "the gateway's fingerprint is readable");
        _dtls.ExpectPeer([expected!], TimeSpan.Zero);
        Ssrc = (uint)(0x1000_0000 + seed);
    }

    /// <summary>What a description of this peer names.</summary>
    public string Ufrag { get; }

    public string TheirUfrag { get; }

    /// <summary>Any text of 22 characters or more does: an ICE-lite gateway sends no checks.</summary>
    public string Password { get; } = "peer-password-of-24-char";

    public IPEndPoint Remote { get; }

    public IPEndPoint Local => (IPEndPoint)_socket.LocalEndPoint!;

    public uint Ssrc { get; }

    /// <summary>A check was answered.</summary>
    public bool IsChecked { get; private set; }

    public DtlsState DtlsState => _dtls.State;

    public bool IsSecure => _srtp is not null;

    /// <summary>Stops checks and consent, as a browser that went away.</summary>
    public bool IsMute { get; set; }

    /// <summary>RTP packets that were authentic, in order of arrival; the handler gets each, deciphered.</summary>
    public Action<byte[]>? OnRtp { get; set; }

    public Action<byte[]>? OnRtcp { get; set; }

    public int RtpReceived { get; private set; }

    public int BadPackets { get; private set; }

    /// <summary>What was wrong with the last of them.</summary>
    public string? LastBad { get; private set; }

    /// <summary>Sends what is due and takes what came.</summary>
    public void Poll(TimeSpan now)
    {
        if (!IsMute && now >= _nextCheck)
        {
            SendCheck();
            _nextCheck = now + (IsSecure ? ConsentInterval : CheckInterval);
        }

        if (_dtls.NextDeadline <= now)
        {
            _dtls.OnDeadline(now);
        }

        while (_socket.Available > 0)
        {
            int length;
            try
            {
                length = _socket.Receive(_buffer);
            }
            catch (SocketException)
            {
                continue;
            }

            Take(_buffer.AsSpan(0, length), now);
        }

        _dtls.Drain(this);
        if (_srtp is null && _dtls.TryTakeKeys(out var keys))
        {
            _srtp = SrtpSession.FromDtls(keys!, weAreServer: _dtls.Role == DtlsRole.Server);
        }
    }

    /// <summary>Protects and sends one RTP packet of this peer's SSRC.</summary>
    public void SendRtp(byte payloadType, ushort sequence, uint timestamp, ReadOnlySpan<byte> payload, bool marker = false)
    {
        Span<byte> packet = stackalloc byte[1500];
        packet[0] = 0x80;
        packet[1] = (byte)(payloadType | (marker ? 0x80 : 0));
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], sequence);
        BinaryPrimitives.WriteUInt32BigEndian(packet[4..], timestamp);
        BinaryPrimitives.WriteUInt32BigEndian(packet[8..], Ssrc);
        payload.CopyTo(packet[12..]);
        Assume(_srtp!.Sender.Protect(packet, 12 + payload.Length, out var length) == SrtpStatus.Ok, "the peer never repeats an index");
        SendRaw(packet[..length]);
    }

    /// <summary>Sends bytes as they are from this peer's socket.</summary>
    public void SendRaw(ReadOnlySpan<byte> datagram)
    {
        try
        {
            _socket.Send(datagram);
        }
        catch (SocketException)
        {
            // The gateway's port is closed, or was a moment ago: a browser goes on too.
        }
    }

    /// <summary>Sends close_notify.</summary>
    public void Close(TimeSpan now)
    {
        _dtls.Close(now);
        _dtls.Drain(this);
    }

    public void Send(ReadOnlySpan<byte> datagram) => SendRaw(datagram);

    public void Dispose()
    {
        _socket.Dispose();
        _dtls.Dispose();
        _srtp?.Dispose();
        _theirPassword.Dispose();
    }

    private void Take(Span<byte> datagram, TimeSpan now)
    {
        if (StunMessage.IsStun(datagram))
        {
            if (StunMessage.TryParse(datagram, out var message) == StunError.None && message.Class == StunClass.Success
                && message.VerifyIntegrity(_theirPassword) && !IsChecked)
            {
                // As browsers do: the first answer starts DTLS, the next check nominates.
                IsChecked = true;
                _nominate = true;
                _dtls.Start(DtlsRole.Client, now);
            }

            return;
        }

        if (datagram[0] is >= 20 and <= 63)
        {
            _dtls.Receive(datagram, now);
            return;
        }

        if (_srtp is null)
        {
            return;
        }

        var isRtcp = datagram.Length > 1 && datagram[1] is >= 192 and <= 223;
        var status = isRtcp ? _srtp.Receiver.UnprotectRtcp(datagram, out var length) : _srtp.Receiver.Unprotect(datagram, out length);
        if (status != SrtpStatus.Ok)
        {
            BadPackets++;
            LastBad = $"{status} {(isRtcp ? "RTCP" : "RTP")} {datagram.Length} bytes";
            return;
        }

        if (isRtcp)
        {
            OnRtcp?.Invoke(datagram[..length].ToArray());
            return;
        }

        RtpReceived++;
        OnRtp?.Invoke(datagram[..length].ToArray());
    }

    private void SendCheck()
    {
        Span<byte> id = stackalloc byte[12];
        _random.GetBytes(id);
        Span<byte> buffer = stackalloc byte[256];
        var writer = new StunWriter(buffer, StunClass.Request, StunMethod.Binding, id);
        writer.AddUsername(_username);
        writer.AddRole(controlling: true, 0x0102_0304_0506_0708);
        writer.AddPriority(0x6E7F_1EFF);
        if (_nominate)
        {
            writer.AddUseCandidate();
        }

        writer.AddMessageIntegrity(_theirPassword);
        writer.AddFingerprint();
        SendRaw(buffer[..writer.Length]);
    }

    private static void Assume(bool condition, string what)
    {
        if (!condition)
        {
            throw new InvalidOperationException("Expected: " + what + ".");
        }
    }
}
