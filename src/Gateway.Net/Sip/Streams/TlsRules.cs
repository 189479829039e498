using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Server.Trunks;

namespace Gateway.Net.Sip.Streams;

/// <summary>TLS toward a peer: what is offered, what is trusted, and what a refused certificate is told about in words.</summary>
internal sealed class TlsRules
{
    public const SslProtocols Protocols = SslProtocols.Tls12 | SslProtocols.Tls13;

    private readonly string _name;
    private readonly TrunkTls _settings;
    private readonly Func<DateTimeOffset> _utcNow;

    /// <param name="name">The name that was asked for before DNS (RFC 5922 §7.3), or an address.</param>
    /// <param name="settings">The trunk's settings.</param>
    /// <param name="utcNow">The wall clock that certificates are dated by.</param>
    public TlsRules(string name, TrunkTls settings, Func<DateTimeOffset> utcNow)
    {
        _name = name;
        _settings = settings;
        _utcNow = utcNow;
    }

    /// <summary>Why the certificate of the peer was refused; null when it was not.</summary>
    public ConnectionEnd? Refusal { get; private set; }

    /// <exception cref="CryptographicException">The trunk's own certificate, key or authorities cannot be read; the message says which.</exception>
    public SslClientAuthenticationOptions Options()
    {
        var policy = new X509ChainPolicy
        {
            RevocationMode = X509RevocationMode.NoCheck,
            VerificationTimeIgnored = false,
            VerificationTime = _utcNow().LocalDateTime,
            // A chain is completed from what the peer sends, never by fetching what a stranger's certificate names.
            DisableCertificateDownloads = true,
        };
        if (_settings.Authorities.Length > 0)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            ReadPem("authorities", () => policy.CustomTrustStore.ImportFromPem(_settings.Authorities));
        }

        return new SslClientAuthenticationOptions
        {
            // An address is no server name (RFC 6066 §3); the framework leaves it out of the hello.
            TargetHost = _name,
            EnabledSslProtocols = Protocols,
            AllowRenegotiation = false,
            // A resumed session would stand on a check that was made for another trunk.
            AllowTlsResume = false,
            CertificateChainPolicy = policy,
            ClientCertificateContext = OwnCertificate(),
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) => Accepts(certificate as X509Certificate2, chain, errors),
        };
    }

    private SslStreamCertificateContext? OwnCertificate()
    {
        if (_settings.Certificate.Length == 0)
        {
            return null;
        }

        SslStreamCertificateContext? context = null;
        ReadPem("certificate or key", () => context = CertificateFolder.FromPem(_settings.Certificate, _settings.Key.Reveal()));
        return context;
    }

    private static void ReadPem(string what, Action read)
    {
        try
        {
            read();
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new CryptographicException($"the trunk's {what} cannot be read as PEM ({e.Message})", e);
        }
    }

    private bool Accepts(X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (!_settings.VerifyCertificate)
        {
            return true;
        }

        Refusal = certificate is null
            ? new ConnectionEnd(EndKind.TlsFailed, "the peer shows no certificate")
            : Dates(certificate) ?? Trust(certificate, chain, errors) ?? Name(certificate);
        return Refusal is null;
    }

    private ConnectionEnd? Dates(X509Certificate2 certificate)
    {
        var now = _utcNow().UtcDateTime;
        return now > certificate.NotAfter.ToUniversalTime()
            ? new ConnectionEnd(EndKind.TlsExpired, $"the certificate of {_name} expired on {certificate.NotAfter.ToUniversalTime():yyyy-MM-dd}")
            : now < certificate.NotBefore.ToUniversalTime()
                ? new ConnectionEnd(EndKind.TlsExpired, $"the certificate of {_name} is valid from {certificate.NotBefore.ToUniversalTime():yyyy-MM-dd} on only; is the clock right?")
                : null;
    }

    private ConnectionEnd? Trust(X509Certificate2 certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if ((errors & SslPolicyErrors.RemoteCertificateChainErrors) == 0)
        {
            return null;
        }

        var status = chain?.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, one) => all | one.Status) ?? X509ChainStatusFlags.PartialChain;
        var issuer = certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: true);
        return status switch
        {
            _ when status.HasFlag(X509ChainStatusFlags.NotValidForUsage) =>
                new ConnectionEnd(EndKind.TlsUntrusted, $"the certificate of {_name} is not made for a server (extended key usage)"),
            _ when status.HasFlag(X509ChainStatusFlags.NotTimeValid) =>
                new ConnectionEnd(EndKind.TlsExpired, $"a certificate above that of {_name} has expired"),
            _ when status.HasFlag(X509ChainStatusFlags.UntrustedRoot) && certificate.Subject == certificate.Issuer =>
                new ConnectionEnd(EndKind.TlsUntrusted, $"the certificate of {_name} is self-signed; give it to the trunk as an authority to trust it"),
            _ when status.HasFlag(X509ChainStatusFlags.UntrustedRoot) || status.HasFlag(X509ChainStatusFlags.PartialChain) =>
                new ConnectionEnd(EndKind.TlsUntrusted, $"the certificate of {_name} comes from an untrusted issuer, \"{issuer}\"; give that authority to the trunk to trust it"),
            _ => new ConnectionEnd(EndKind.TlsUntrusted, $"the certificate of {_name} is not valid ({status})"),
        };
    }

    /// <summary>THREATS 41: the name is checked by SIP's rules, not by those of the web.</summary>
    private ConnectionEnd? Name(X509Certificate2 certificate)
    {
        var identities = SipIdentities.Of(certificate);
        if (identities.Names(_name))
        {
            return null;
        }

        var wildcard = identities.All.Any(name => name.StartsWith('*')) ? "; SIP takes no wildcards (RFC 5922)" : "";
        return new ConnectionEnd(EndKind.TlsName, identities.All.Count == 0
            ? $"the certificate names no SIP domain, so it is not for {_name}"
            : $"the certificate is for {string.Join(", ", identities.All.Take(4))}{(identities.All.Count > 4 ? ", …" : "")}, not for {_name}{wildcard}");
    }
}
