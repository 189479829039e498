using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Media.Dtls;

namespace Gateway.Net.Dtls;

/// <summary>
/// The self-signed certificate of this process and the OpenSSL context that holds it: P-256, made at start and never stored,
/// so a restarted gateway offers a new fingerprint and peers begin a new association (RFC 8842 §4).
/// </summary>
public sealed unsafe class DtlsIdentity : IDisposable
{
    /// <summary>In our order of preference; as DTLS server ours decides.</summary>
    private const string Profiles = "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80";

    private nint _context;

    /// <exception cref="DllNotFoundException">libssl.so.3 is not installed.</exception>
    /// <exception cref="CryptographicException">OpenSSL refused the certificate or the options.</exception>
    public DtlsIdentity(string profiles = Profiles)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=gateway", key, HashAlgorithmName.SHA256);
        var now = DateTimeOffset.UtcNow;
        // Peers check the fingerprint alone; the dates only have to survive a clock that is off by some days.
        using var certificate = request.CreateSelfSigned(now.AddDays(-30), now.AddYears(10));
        Certificate = certificate.RawData;
        Fingerprint = Fingerprint.OfCertificate(Certificate);
        _context = Build(Certificate, key.ExportPkcs8PrivateKey(), profiles);
    }

    /// <summary>The certificate in DER.</summary>
    public byte[] Certificate { get; }

    /// <summary>The hash that our a=fingerprint carries.</summary>
    public Fingerprint Fingerprint { get; }

    internal nint Context => _context != 0 ? _context : throw new ObjectDisposedException(nameof(DtlsIdentity));

    /// <summary>Frees the context; associations that are still alive keep their own reference to it.</summary>
    public void Dispose()
    {
        var context = Interlocked.Exchange(ref _context, 0);
        if (context != 0)
        {
            OpenSsl.SSL_CTX_free(context);
        }
    }

    private static nint Build(byte[] certificate, byte[] privateKey, string profiles)
    {
        OpenSsl.ERR_clear_error();
        var context = OpenSsl.SSL_CTX_new(OpenSsl.DTLS_method());
        try
        {
            fixed (byte* der = certificate)
            {
                Require(OpenSsl.SSL_CTX_use_certificate_ASN1(context, certificate.Length, der) == 1);
            }

            fixed (byte* der = privateKey)
            {
                Require(OpenSsl.SSL_CTX_use_PrivateKey_ASN1(OpenSsl.KeyTypeEc, context, der, privateKey.Length) == 1);
            }

            Require(OpenSsl.SSL_CTX_set_tlsext_use_srtp(context, profiles) == 0);
            Require(OpenSsl.SSL_CTX_ctrl(context, OpenSsl.CtrlSetMinProtoVersion, OpenSsl.Dtls12, null) == 1);
            // The forward-secret AEAD suites that RFC 8827 §6.5 names; browsers take the first.
            Require(OpenSsl.SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1);
            // The chain means nothing here: the hash in the signalling is what the peer is known by (RFC 5763 §5).
            OpenSsl.SSL_CTX_set_verify(
                context, OpenSsl.VerifyPeer | OpenSsl.VerifyFailIfNoPeerCertificate, &DtlsBio.AcceptAnyChain);
            OpenSsl.SSL_CTX_set_options(
                context, OpenSsl.OptionNoQueryMtu | OpenSsl.OptionNoTicket | OpenSsl.OptionNoRenegotiation);
            OpenSsl.SSL_CTX_ctrl(context, OpenSsl.CtrlSetSessionCacheMode, 0, null);
            return context;
        }
        catch
        {
            OpenSsl.SSL_CTX_free(context);
            throw;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(privateKey);
        }
    }

    private static void Require(bool success)
    {
        if (!success)
        {
            throw new CryptographicException("OpenSSL refused the DTLS context: " + OpenSsl.TakeErrors());
        }
    }
}
