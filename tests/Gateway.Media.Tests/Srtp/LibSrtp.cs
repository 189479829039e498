using System.Runtime.InteropServices;
using Gateway.Media.Srtp;

namespace Gateway.Media.Tests.Srtp;

/// <summary>The SRTP library of baresip, Asterisk and others as a second opinion. Debian: libsrtp2-1.</summary>
internal sealed unsafe partial class LibSrtp : IDisposable
{
    private const string Library = "libsrtp2.so.1";
    private const int AnyInbound = 2;
    private const int AnyOutbound = 3;

    private static readonly Lock s_start = new();
    private static bool s_started;

    private readonly nint _session;

    public LibSrtp(SrtpMasterKey key, bool inbound)
    {
        lock (s_start)
        {
            if (!s_started)
            {
                Assert.Equal(0, srtp_init());
                s_started = true;
            }
        }

        // srtp_policy_t of 2.x: ssrc at 0, two cipher policies of 24 octets at 8 and 32, the key's address at 56, window at 88, 128 octets in all
        var policy = stackalloc byte[128];
        new Span<byte>(policy, 128).Clear();
        *(int*)policy = inbound ? AnyInbound : AnyOutbound;
        switch (key.Profile)
        {
            case SrtpProfile.AeadAes128Gcm:
                srtp_crypto_policy_set_aes_gcm_128_16_auth(policy + 8);
                srtp_crypto_policy_set_aes_gcm_128_16_auth(policy + 32);
                break;
            case SrtpProfile.AeadAes256Gcm:
                srtp_crypto_policy_set_aes_gcm_256_16_auth(policy + 8);
                srtp_crypto_policy_set_aes_gcm_256_16_auth(policy + 32);
                break;
            case SrtpProfile.Aes128CmSha1Tag32:
                srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(policy + 8);
                srtp_crypto_policy_set_rtp_default(policy + 32);
                break;
            default:
                srtp_crypto_policy_set_rtp_default(policy + 8);
                srtp_crypto_policy_set_rtp_default(policy + 32);
                break;
        }

        var bytes = stackalloc byte[64];
        key.Key.CopyTo(new Span<byte>(bytes, 64));
        key.Salt.CopyTo(new Span<byte>(bytes, 64)[key.Key.Length..]);
        *(byte**)(policy + 56) = bytes;
        *(ulong*)(policy + 88) = 128;
        nint session;
        Assert.Equal(0, srtp_create(&session, policy));
        _session = session;
    }

    /// <summary>True when the library is on this machine.</summary>
    public static bool IsInstalled => NativeLibrary.TryLoad(Library, out _);

    public byte[] Protect(byte[] packet, bool rtcp)
    {
        var buffer = new byte[packet.Length + 64];
        packet.CopyTo(buffer, 0);
        var length = packet.Length;
        fixed (byte* b = buffer)
        {
            Assert.Equal(0, rtcp ? srtp_protect_rtcp(_session, b, &length) : srtp_protect(_session, b, &length));
        }

        return buffer[..length];
    }

    public byte[]? Unprotect(byte[] packet, bool rtcp)
    {
        var buffer = packet.ToArray();
        var length = packet.Length;
        fixed (byte* b = buffer)
        {
            return (rtcp ? srtp_unprotect_rtcp(_session, b, &length) : srtp_unprotect(_session, b, &length)) == 0 ? buffer[..length] : null;
        }
    }

    public void Dispose() => Assert.Equal(0, srtp_dealloc(_session));

    [LibraryImport(Library)]
    private static partial int srtp_init();

    [LibraryImport(Library)]
    private static partial void srtp_crypto_policy_set_rtp_default(byte* policy);

    [LibraryImport(Library)]
    private static partial void srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(byte* policy);

    [LibraryImport(Library)]
    private static partial void srtp_crypto_policy_set_aes_gcm_128_16_auth(byte* policy);

    [LibraryImport(Library)]
    private static partial void srtp_crypto_policy_set_aes_gcm_256_16_auth(byte* policy);

    [LibraryImport(Library)]
    private static partial int srtp_create(nint* session, byte* policy);

    [LibraryImport(Library)]
    private static partial int srtp_dealloc(nint session);

    [LibraryImport(Library)]
    private static partial int srtp_protect(nint session, byte* packet, int* length);

    [LibraryImport(Library)]
    private static partial int srtp_unprotect(nint session, byte* packet, int* length);

    [LibraryImport(Library)]
    private static partial int srtp_protect_rtcp(nint session, byte* packet, int* length);

    [LibraryImport(Library)]
    private static partial int srtp_unprotect_rtcp(nint session, byte* packet, int* length);
}
