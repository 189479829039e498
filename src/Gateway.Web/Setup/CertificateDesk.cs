using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Net.Sip.Streams;

namespace Gateway.Web.Setup;

/// <summary>A certificate as the console shows it, with everything that is wrong with it.</summary>
public sealed record CertificateView(
    string Subject, string Issuer, IReadOnlyList<string> Names, DateTimeOffset NotBefore, DateTimeOffset NotAfter, bool IsSelfSigned, IReadOnlyList<string> Complaints);

/// <summary>Shows, checks and replaces the certificate of the web host. A new one is used for new connections at once.</summary>
internal sealed class CertificateDesk(WebOptions options, TimeProvider time)
{
    private static readonly TimeSpan s_soon = TimeSpan.FromDays(21);

    /// <param name="host">The name that the browser of whoever asks uses.</param>
    public CertificateView? Current(string host)
    {
        try
        {
            using var certificate = X509Certificate2.CreateFromPem(File.ReadAllText(Path.Combine(options.CertificateFolder, CertificateFolder.CertificateFile)));
            return View(certificate, host);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Null when it is in place; else what is wrong.</summary>
    public string? Replace(string certificates, string key, string host)
    {
        CertificateView view;
        try
        {
            var context = CertificateFolder.FromPem(certificates, key);
            using var certificate = context.TargetCertificate;
            view = View(certificate, host);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return "This is no certificate with its key in PEM form, or the two do not belong together: " + e.Message;
        }

        if (view.NotAfter <= time.GetUtcNow())
        {
            return $"It ended on {view.NotAfter:yyyy-MM-dd}: ask for a new one.";
        }

        if (view.NotBefore > time.GetUtcNow())
        {
            return $"It begins on {view.NotBefore:yyyy-MM-dd} only; is the clock of this machine right?";
        }

        Directory.CreateDirectory(options.CertificateFolder);
        // The key first: a reader that comes in between sees a pair that does not match and keeps the old one.
        Write(CertificateFolder.KeyFile, key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Write(CertificateFolder.CertificateFile, certificates, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        return null;
    }

    private void Write(string name, string text, UnixFileMode mode)
    {
        var path = Path.Combine(options.CertificateFolder, name);
        File.Delete(path + ".new");
        var file = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            file.UnixCreateMode = mode;
        }

        using (var writer = new StreamWriter(path + ".new", file))
        {
            writer.Write(text.Trim() + "\n");
        }

        File.Move(path + ".new", path, overwrite: true);
    }

    private CertificateView View(X509Certificate2 certificate, string host)
    {
        var alternatives = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        List<string> names = [.. alternatives?.EnumerateDnsNames() ?? [], .. alternatives?.EnumerateIPAddresses().Select(address => address.ToString()) ?? []];
        var isSelfSigned = certificate.Subject == certificate.Issuer;
        List<string> complaints = [];
        if (!certificate.MatchesHostname(host, allowWildcards: true, allowCommonName: false) && !(IPAddress.TryParse(host.Trim('[', ']'), out var address) && names.Contains(address.ToString())))
        {
            complaints.Add($"It is not for {host}, the name you opened this page by: browsers warn. It is for {string.Join(", ", names.Take(6))}.");
        }

        var now = time.GetUtcNow();
        if (certificate.NotAfter.ToUniversalTime() < now)
        {
            complaints.Add("It has ended: browsers refuse it, and microphones do not work.");
        }
        else if (certificate.NotAfter.ToUniversalTime() < now + s_soon)
        {
            complaints.Add($"It ends on {certificate.NotAfter:yyyy-MM-dd}: renew it.");
        }

        if (isSelfSigned)
        {
            complaints.Add("It is self-made: every browser asks once, and widgets on other sites do not work for visitors.");
        }

        return new CertificateView(certificate.Subject, certificate.Issuer, names, certificate.NotBefore.ToUniversalTime(), certificate.NotAfter.ToUniversalTime(), isSelfSigned, complaints);
    }
}
