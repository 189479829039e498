using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Net;
using Microsoft.Extensions.Logging;

namespace Gateway.Net.Sip.Streams;

/// <summary>
/// The certificates of a folder: fullchain.pem and privkey.pem for everyone, and folders named after server names with their
/// own. Files are read again when they have changed, so that a renewal drops no connection. Thread-safe.
/// </summary>
public sealed class CertificateFolder(string folder, TimeProvider time, ILogger logger)
{
    public const string CertificateFile = "fullchain.pem";
    public const string KeyFile = "privkey.pem";

    /// <summary>How often the files are looked at, at most.</summary>
    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _known = new(StringComparer.OrdinalIgnoreCase);
    private long _looked;

    private sealed record Entry(string Folder, (DateTime, long, DateTime, long) Stamp, SslStreamCertificateContext? Context);

    /// <summary>The certificate for a server name, else that of everyone; null when there is none.</summary>
    public SslStreamCertificateContext? Choose(string? serverName)
    {
        lock (_gate)
        {
            if (_looked == 0 || time.GetElapsedTime(_looked) >= s_every)
            {
                _looked = time.GetTimestamp();
                Look();
            }

            return serverName is not null && _known.TryGetValue(serverName.TrimEnd('.'), out var named) && named.Context is { } own
                ? own
                : _known.GetValueOrDefault("")?.Context;
        }
    }

    /// <summary>A certificate with its key and the chain that follows it in the PEM.</summary>
    /// <exception cref="CryptographicException">One of them is not to be read, or they do not belong together.</exception>
    public static SslStreamCertificateContext FromPem(string certificates, string key)
    {
        using var pair = X509Certificate2.CreateFromPem(certificates, key);
        var all = new X509Certificate2Collection();
        all.ImportFromPem(certificates);
        var chain = new X509Certificate2Collection(all.Skip(1).ToArray());
        all[0].Dispose();
        // Keys that came from PEM are imported again, because TLS on some systems cannot use them as they are.
        var usable = X509CertificateLoader.LoadPkcs12(pair.Export(X509ContentType.Pkcs12), null);
        return SslStreamCertificateContext.Create(usable, chain, offline: true);
    }

    private void Look()
    {
        // Only what stands in the folder is ever compared with what a stranger names.
        var found = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { [""] = folder };
        if (Directory.Exists(folder))
        {
            foreach (var named in Directory.EnumerateDirectories(folder))
            {
                found[Path.GetFileName(named)] = named;
            }
        }

        foreach (var gone in _known.Keys.Where(name => !found.ContainsKey(name)).ToArray())
        {
            _known.Remove(gone);
        }

        foreach (var (name, path) in found)
        {
            Look(name, path);
        }
    }

    private void Look(string name, string path)
    {
        var certificate = Target(Path.Combine(path, CertificateFile));
        var key = Target(Path.Combine(path, KeyFile));
        if (!certificate.Exists || !key.Exists)
        {
            // In the middle of a replacement: what was read stays good.
            return;
        }

        var stamp = (certificate.LastWriteTimeUtc, certificate.Length, key.LastWriteTimeUtc, key.Length);
        var before = _known.GetValueOrDefault(name);
        if (before?.Stamp == stamp)
        {
            return;
        }

        try
        {
            _known[name] = new Entry(path, stamp, FromPem(File.ReadAllText(certificate.FullName), File.ReadAllText(key.FullName)));
            NetLog.CertificateRead(logger, path, _known[name].Context!.TargetCertificate.NotAfter);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            _known[name] = new Entry(path, stamp, before?.Context);
            NetLog.CertificateUnreadable(logger, path, e.Message);
        }
    }

    /// <summary>Tools that renew certificates change links: what a link leads to counts.</summary>
    private static FileInfo Target(string path)
    {
        var file = new FileInfo(path);
        return file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
    }
}
