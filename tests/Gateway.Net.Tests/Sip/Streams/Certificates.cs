using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Net.Tests.Sip.Streams;

/// <summary>An authority of a test and the certificates it gives out.</summary>
internal sealed class Authority : IDisposable
{
    private readonly X509Certificate2 _root;

    public Authority(string name = "Test authority")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        _root = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddYears(-3), DateTimeOffset.UtcNow.AddYears(3));
    }

    public string Pem => _root.ExportCertificatePem();

    /// <param name="names">DNS names, addresses, or URIs (with a scheme) for the subjectAltName; none for none.</param>
    public Issued Issue(params string[] names) => Issue(names, DateTimeOffset.UtcNow.AddDays(-10), DateTimeOffset.UtcNow.AddDays(10));

    public Issued Issue(string[] names, DateTimeOffset from, DateTimeOffset until, string common = "somebody", string usage = "1.3.6.1.5.5.7.3.1")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={common}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        if (names.Length > 0)
        {
            var builder = new SubjectAlternativeNameBuilder();
            foreach (var name in names)
            {
                if (IPAddress.TryParse(name, out var address)) builder.AddIpAddress(address);
                else if (name.Contains(':', StringComparison.Ordinal)) builder.AddUri(new Uri(name));
                else builder.AddDnsName(name);
            }

            request.CertificateExtensions.Add(builder.Build());
        }

        using var certificate = request.Create(_root, from, until, RandomNumberGenerator.GetBytes(8));
        return new Issued(certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    public void Dispose() => _root.Dispose();
}

/// <summary>A certificate and its key as PEM.</summary>
internal sealed record Issued(string Certificate, string Key)
{
    public SslStreamCertificateContext Context => Gateway.Net.Sip.Streams.CertificateFolder.FromPem(Certificate, Key);

    public X509Certificate2 Public => X509Certificate2.CreateFromPem(Certificate);

    public SslServerAuthenticationOptions Server => new() { ServerCertificateContext = Context };

    public void Save(string folder)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "fullchain.pem"), Certificate);
        File.WriteAllText(Path.Combine(folder, "privkey.pem"), Key);
    }
}
