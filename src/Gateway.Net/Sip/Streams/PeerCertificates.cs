using System.Collections.Immutable;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Server.Configuration;
using Gateway.Server.Trunks;
using Microsoft.Extensions.Logging;

namespace Gateway.Net.Sip.Streams;

/// <summary>Whom the certificate of a client speaks for: domains, and the trunks that it proves (RFC 5922 §7.4).</summary>
/// <param name="Identities">What the certificate names.</param>
/// <param name="IsTrusted">It comes from an authority of the gateway's own; else it counts for <paramref name="Trunks"/> alone.</param>
/// <param name="Trunks">The trunks that it names and that trust its issuer.</param>
internal sealed record PeerCertificate(SipIdentities Identities, bool IsTrusted, ImmutableArray<Trunk> Trunks)
{
    /// <summary>It proves something.</summary>
    public bool IsProof => IsTrusted || !Trunks.IsEmpty;

    /// <summary>True when what the trunks say now would make the same of the certificate.</summary>
    public bool IsCurrent(ConfigurationSnapshot configuration) =>
        Trunks.All(trunk => configuration.Trunk(trunk.Id) is { } now && (ReferenceEquals(now, trunk) || IsSame(now, trunk)));

    private static bool IsSame(Trunk now, Trunk then) =>
        now.IsEnabled == then.IsEnabled && now.Host == then.Host && now.Domain == then.Domain && now.Tls == then.Tls;
}

/// <summary>
/// Looks at the certificates that TLS clients show (RFC 5922 §7.4): who issued them, and which trunk they name. One that proves
/// nothing is no fault of a phone that has it from its maker; it counts as none. Thread-safe.
/// </summary>
internal sealed class PeerCertificates(NetOptions options, ConfigurationDirectory configuration, TimeProvider time, ILogger logger)
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private const string SipDomain = "1.3.6.1.5.5.7.3.20";
    private const string AnyUsage = "2.5.29.37.0";

    private readonly Lock _gate = new();
    private string _authorities = "";
    private DateTime _written;

    /// <summary>
    /// Null when it proves nothing. Servers call servers, with the certificates of servers: of the extended key usages those of
    /// either side count, that of RFC 5924, or none.
    /// </summary>
    /// <param name="sent">The certificates that came with it.</param>
    public PeerCertificate? Look(X509Certificate2 certificate, X509Certificate2Collection sent)
    {
        if (!MayAuthenticate(certificate))
        {
            return null;
        }

        var identities = SipIdentities.Of(certificate);
        var trusted = IsFrom(Authorities(), certificate, sent);
        var trunks = configuration.Current.Trunks
            .Where(trunk => IsNamed(trunk, identities) && (trunk.Tls.Authorities.Length == 0 ? trusted : IsFrom(trunk.Tls.Authorities, certificate, sent)))
            .ToImmutableArray();
        return trusted || !trunks.IsEmpty ? new PeerCertificate(identities, trusted, trunks) : null;
    }

    /// <summary>A chain is completed from what the peer sends, never by fetching what a stranger's certificate names.</summary>
    public static X509ChainPolicy Policy(DateTimeOffset utcNow) => new()
    {
        RevocationMode = X509RevocationMode.NoCheck,
        VerificationTimeIgnored = false,
        VerificationTime = utcNow.LocalDateTime,
        DisableCertificateDownloads = true,
    };

    /// <summary>For the handshake: the chain that it builds itself decides nothing.</summary>
    public X509ChainPolicy Policy() => Policy(time.GetUtcNow());

    /// <summary>Not checking a peer's certificate says that anybody may be it: then no certificate proves it.</summary>
    private static bool IsNamed(Trunk trunk, SipIdentities identities) =>
        trunk is { IsEnabled: true, Tls: { ClientCertificates: not CertificateDemand.Off, VerifyCertificate: true } }
        && (identities.Names(trunk.Host) || (trunk.Domain.Length > 0 && identities.Names(trunk.Domain)));

    private static bool MayAuthenticate(X509Certificate2 certificate)
    {
        var usages = certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().FirstOrDefault();
        return usages is null || usages.EnhancedKeyUsages.Cast<Oid>().Any(usage => usage.Value is ServerAuthentication or ClientAuthentication or SipDomain or AnyUsage);
    }

    /// <param name="authorities">PEM; empty for those of the system.</param>
    private bool IsFrom(string authorities, X509Certificate2 certificate, X509Certificate2Collection sent)
    {
        var policy = Policy();
        policy.ExtraStore.AddRange(sent);
        if (authorities.Length > 0)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            try
            {
                policy.CustomTrustStore.ImportFromPem(authorities);
            }
            catch (CryptographicException)
            {
                return false;
            }
        }

        using var chain = new X509Chain { ChainPolicy = policy };
        var valid = chain.Build(certificate);
        foreach (var element in chain.ChainElements)
        {
            element.Certificate.Dispose();
        }

        return valid;
    }

    /// <summary>The file is read again when it has changed; one that cannot be read leaves what was.</summary>
    private string Authorities()
    {
        if (options.ClientAuthorities.Length == 0)
        {
            return "";
        }

        lock (_gate)
        {
            try
            {
                var written = File.GetLastWriteTimeUtc(options.ClientAuthorities);
                if (written != _written)
                {
                    _authorities = File.ReadAllText(options.ClientAuthorities);
                    _written = written;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                NetLog.AuthoritiesUnreadable(logger, options.ClientAuthorities, e.Message);
            }

            // Nobody is trusted for want of a file: an empty list would mean the system's.
            return _authorities.Length > 0 ? _authorities : "none";
        }
    }
}
