using System.Net;
using System.Security.Cryptography.X509Certificates;
using Gateway.Net.Sip.Streams;
using Gateway.Web.Setup;

namespace Gateway.Web.Tests.Setup;

public sealed class DevelopmentCertificateTests : IDisposable
{
    private static readonly DateTimeOffset s_now = DateTimeOffset.UtcNow;

    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-certs-").FullName;

    [Fact]
    public void It_names_localhost_and_the_addresses_and_keeps_its_key_to_itself()
    {
        using var made = Make([IPAddress.Parse("192.0.2.1"), IPAddress.Parse("2001:db8::1")]);

        var names = Assert.Single(made.Extensions.OfType<X509SubjectAlternativeNameExtension>());
        Assert.Equal(["localhost"], names.EnumerateDnsNames());
        Assert.Superset(new HashSet<IPAddress> { IPAddress.Loopback, IPAddress.Parse("192.0.2.1"), IPAddress.Parse("2001:db8::1") }, names.EnumerateIPAddresses().ToHashSet());
        Assert.True(made.HasPrivateKey);
        Assert.Equal(256, made.GetECDsaPublicKey()!.KeySize);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_folder, CertificateFolder.KeyFile)));
        }
    }

    [Fact]
    public void It_is_used_again_while_it_fits()
    {
        using var first = Make([IPAddress.Parse("192.0.2.1")]);
        using var second = Make([IPAddress.Parse("192.0.2.1")]);
        using var moved = Make([IPAddress.Parse("192.0.2.2")]);
        using var old = DevelopmentCertificate.LoadOrCreate(_folder, [IPAddress.Parse("192.0.2.2")], s_now.AddDays(360));

        Assert.Equal(first.Thumbprint, second.Thumbprint);
        Assert.NotEqual(first.Thumbprint, moved.Thumbprint);
        Assert.NotEqual(moved.Thumbprint, old.Thumbprint);
    }

    [Fact]
    public void A_certificate_of_the_operator_is_never_replaced()
    {
        using var key = System.Security.Cryptography.ECDsa.Create();
        using var own = new CertificateRequest("CN=gw.example.org", key, System.Security.Cryptography.HashAlgorithmName.SHA256).CreateSelfSigned(s_now.AddDays(-9), s_now.AddDays(1));
        File.WriteAllText(Path.Combine(_folder, CertificateFolder.CertificateFile), own.ExportCertificatePem());
        File.WriteAllText(Path.Combine(_folder, CertificateFolder.KeyFile), key.ExportPkcs8PrivateKeyPem());

        using var loaded = Make([IPAddress.Parse("192.0.2.1")]);

        Assert.Equal(own.Thumbprint, loaded.Thumbprint);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private X509Certificate2 Make(IPAddress[] addresses) => DevelopmentCertificate.LoadOrCreate(_folder, addresses, s_now);
}
