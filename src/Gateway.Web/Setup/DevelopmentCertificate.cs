using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Net.Sip.Streams;

namespace Gateway.Web.Setup;

/// <summary>
/// The certificate of the web host: whatever stands in the folder (fullchain.pem and privkey.pem), else a self-signed one for
/// this machine, made once and used again until it nears its end or the machine has other addresses.
/// </summary>
internal static class DevelopmentCertificate
{
    /// <summary>Marks certificates that we made and may replace.</summary>
    private const string OwnSubject = "CN=Gateway development";

    private static readonly TimeSpan s_lifetime = TimeSpan.FromDays(365);
    private static readonly TimeSpan s_renewBefore = TimeSpan.FromDays(14);

    public static X509Certificate2 LoadOrCreate(string folder, IReadOnlyCollection<IPAddress> addresses, DateTimeOffset now)
    {
        var certificateFile = Path.Combine(folder, CertificateFolder.CertificateFile);
        var keyFile = Path.Combine(folder, CertificateFolder.KeyFile);
        if (File.Exists(certificateFile) && File.Exists(keyFile))
        {
            var found = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
            if (found.Subject != OwnSubject || (found.NotAfter > now.UtcDateTime + s_renewBefore && Covers(found, addresses)))
            {
                return Usable(found);
            }

            found.Dispose();
        }

        using var made = Create(addresses, now);
        Directory.CreateDirectory(folder);
        WritePrivate(keyFile, made.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem() + "\n");
        File.WriteAllText(certificateFile, made.ExportCertificatePem() + "\n");
        return Usable(X509Certificate2.CreateFromPemFile(certificateFile, keyFile));
    }

    private static X509Certificate2 Create(IReadOnlyCollection<IPAddress> addresses, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(OwnSubject, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        foreach (var address in addresses.Append(IPAddress.Loopback).Append(IPAddress.IPv6Loopback).Distinct())
        {
            names.AddIpAddress(address);
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        return request.CreateSelfSigned(now.AddHours(-1), now + s_lifetime);
    }

    private static bool Covers(X509Certificate2 certificate, IReadOnlyCollection<IPAddress> addresses)
    {
        var named = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(extension => extension.EnumerateIPAddresses()).ToHashSet();
        return addresses.All(named.Contains);
    }

    /// <summary>Keys that came from PEM are re-imported, because TLS on some systems cannot use them as they are.</summary>
    private static X509Certificate2 Usable(X509Certificate2 certificate) =>
        X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);

    private static void WritePrivate(string path, string text)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        // A file that is there keeps its mode, so a looser one is taken away first.
        File.Delete(path);
        using var writer = new StreamWriter(path, options);
        writer.Write(text);
    }
}
