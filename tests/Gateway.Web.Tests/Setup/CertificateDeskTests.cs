using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Net.Sip.Streams;
using Gateway.Web.Setup;

namespace Gateway.Web.Tests.Setup;

/// <summary>What an operator pastes into the console as the new certificate.</summary>
public sealed class CertificateDeskTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-certs-").FullName;
    private readonly CertificateDesk _desk;

    public CertificateDeskTests() => _desk = new CertificateDesk(new WebOptions { CertificateFolder = _folder }, TimeProvider.System);

    [Fact]
    public void A_good_pair_is_put_in_place_with_the_key_for_the_owner_only()
    {
        var (certificate, key) = Make(-1, 90);

        Assert.Null(_desk.Replace("\n" + certificate, key, "gateway.example"));

        var view = _desk.Current("gateway.example");
        Assert.Equal(["gateway.example"], view!.Names);
        Assert.Contains("self-made", Assert.Single(view.Complaints), StringComparison.Ordinal);
        Assert.Contains(_desk.Current("other.example")!.Complaints, complaint => complaint.Contains("not for other.example", StringComparison.Ordinal));
        Assert.Equal([CertificateFolder.CertificateFile, CertificateFolder.KeyFile], Directory.GetFiles(_folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_folder, CertificateFolder.KeyFile)));
        }
    }

    [Fact]
    public void One_that_ends_soon_is_said_to()
    {
        var (certificate, key) = Make(-1, 5);

        Assert.Null(_desk.Replace(certificate, key, "gateway.example"));

        Assert.Contains(_desk.Current("gateway.example")!.Complaints, complaint => complaint.Contains("renew it", StringComparison.Ordinal));
    }

    [Fact]
    public void What_cannot_serve_is_refused_and_the_old_one_stays()
    {
        var (standing, itsKey) = Make(-1, 90);
        Assert.Null(_desk.Replace(standing, itsKey, "gateway.example"));
        var (good, goodKey) = Make(-1, 90);
        var (expired, expiredKey) = Make(-10, -1);
        var (early, earlyKey) = Make(2, 90);

        Assert.Contains("PEM", _desk.Replace("", "", "gateway.example"), StringComparison.Ordinal);
        Assert.Contains("PEM", _desk.Replace("words", goodKey, "gateway.example"), StringComparison.Ordinal);
        Assert.Contains("PEM", _desk.Replace(good, "words", "gateway.example"), StringComparison.Ordinal);
        Assert.Contains("do not belong together", _desk.Replace(good, itsKey, "gateway.example"), StringComparison.Ordinal);
        Assert.Contains("ended", _desk.Replace(expired, expiredKey, "gateway.example"), StringComparison.Ordinal);
        Assert.Contains("clock", _desk.Replace(early, earlyKey, "gateway.example"), StringComparison.Ordinal);

        Assert.Equal(standing.Trim(), File.ReadAllText(Path.Combine(_folder, CertificateFolder.CertificateFile)).Trim());
        Assert.Equal(itsKey.Trim(), File.ReadAllText(Path.Combine(_folder, CertificateFolder.KeyFile)).Trim());
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static (string Certificate, string Key) Make(int fromDays, int untilDays)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=gateway.example", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("gateway.example");
        request.CertificateExtensions.Add(names.Build());
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(fromDays), DateTimeOffset.UtcNow.AddDays(untilDays));
        return (made.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
