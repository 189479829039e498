using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Testing;

/// <summary>
/// A real directory server: OpenLDAP's slapd with one database from a folder of its own, on two ports of its own (plain and TLS
/// with a certificate of its own authority), ended by its pid.
/// </summary>
public sealed class Slapd : IAsyncDisposable
{
    public const string Base = "dc=example,dc=org";
    public const string User = "cn=gateway,dc=example,dc=org";
    public const string Password = "directory-secret";

    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("gateway-slapd-").FullName;
    private Process? _process;

    private Slapd(int port, int tlsPort) => (Port, TlsPort) = (port, tlsPort);

    public int Port { get; }

    public int TlsPort { get; }

    /// <summary>A folder with the certificate of its authority.</summary>
    public string Authorities => Path.Combine(_folder, "ca");

    /// <summary>A file with <see cref="Password"/>.</summary>
    public string PasswordFile => Path.Combine(_folder, "password");

    /// <param name="entries">LDIF of entries below <see cref="Base"/>.</param>
    public static async Task<Slapd> StartAsync(string entries)
    {
        var slapd = new Slapd(FreePort(), FreePort());
        await slapd.PrepareAsync(entries);
        await slapd.RunAsync();
        return slapd;
    }

    /// <summary>SIGSTOP or SIGCONT: the sockets stay open, and nobody answers.</summary>
    public Task SignalAsync(string signal) => RunAsync("kill", $"-{signal}", $"{_process!.Id}");

    /// <summary>SIGKILL, as a server that is gone.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
    }

    public async Task RunAsync()
    {
        _process = Process.Start(new ProcessStartInfo("slapd", ["-f", Path.Combine(_folder, "slapd.conf"), "-h", $"ldap://127.0.0.1:{Port} ldaps://127.0.0.1:{TlsPort}", "-d", "0"])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        for (var tries = 0; ; tries++)
        {
            try
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, TlsPort);
                return;
            }
            catch (SocketException) when (tries < 200 && !_process.HasExited)
            {
                await Task.Delay(50);
            }
            catch (SocketException e)
            {
                throw new InvalidOperationException("slapd does not run: " + (_process.HasExited ? await _process.StandardError.ReadToEndAsync() : "no port opened"), e);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            await KillAsync();
        }

        _process?.Dispose();
        System.IO.Directory.Delete(_folder, recursive: true);
    }

    private async Task PrepareAsync(string entries)
    {
        System.IO.Directory.CreateDirectory(Path.Combine(_folder, "db"));
        System.IO.Directory.CreateDirectory(Authorities);
        await File.WriteAllTextAsync(PasswordFile, Password + "\n");
        MakeCertificates();
        await File.WriteAllTextAsync(Path.Combine(_folder, "slapd.conf"), $"""
            include /etc/ldap/schema/core.schema
            include /etc/ldap/schema/cosine.schema
            include /etc/ldap/schema/inetorgperson.schema
            pidfile {_folder}/pid
            modulepath /usr/lib/ldap
            moduleload back_mdb
            TLSCACertificateFile {Authorities}/ca.pem
            TLSCertificateFile {_folder}/server.pem
            TLSCertificateKeyFile {_folder}/server.key
            database mdb
            maxsize 16777216
            suffix "{Base}"
            directory {_folder}/db
            rootdn "{User}"
            rootpw {Password}
            access to * by users read by * none

            """);
        var ldif = Path.Combine(_folder, "entries.ldif");
        await File.WriteAllTextAsync(ldif, $"dn: {Base}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n\n{entries}\n");
        await RunAsync("slapadd", "-f", Path.Combine(_folder, "slapd.conf"), "-l", ldif);
    }

    private void MakeCertificates()
    {
        using var caKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = DateTimeOffset.UtcNow;
        var caRequest = new CertificateRequest("CN=Test directory authority", caKey, HashAlgorithmName.SHA256);
        caRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        caRequest.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        using var ca = caRequest.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=directory", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(ca, now.AddDays(-1), now.AddDays(29), RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(Path.Combine(Authorities, "ca.pem"), ca.ExportCertificatePem());
        File.WriteAllText(Path.Combine(_folder, "server.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(_folder, "server.key"), key.ExportPkcs8PrivateKeyPem());
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} failed: {error}");
        }
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
