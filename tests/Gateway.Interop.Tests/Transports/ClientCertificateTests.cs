using System.Text;
using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Transports;

/// <summary>A PBX that calls by TLS with a certificate of its own; its part is played by openssl.</summary>
public sealed class ClientCertificateTests
{
    [Fact, Rfc(5922, "7.4"), Threat(41)]
    public async Task A_trunk_is_known_by_the_certificate_that_openssl_shows()
    {
        var folder = Directory.CreateTempSubdirectory("gateway-pbx-").FullName;
        await using var gateway = await GatewayProcess.StartAsync(GatewayFixture.ShortWaits);
        await MakeAsync(folder, "ca", "/CN=Authority of the PBX", "");
        await MakeAsync(folder, "pbx", "/CN=pbx", "subjectAltName=DNS:pbx.example");
        await using var api = await GatewayApi.SignInAsync(gateway);
        await api.MakeAsync("trunks", new
        {
            name = "pbx", type = "peer", host = "pbx.example", qualifySeconds = 0,
            tls = new { authorities = await File.ReadAllTextAsync(Path.Combine(folder, "ca.pem")), clientCertificates = "require" },
        });

        // A number that the trunk does not have: 404 for the trunk, 401 for everybody else.
        Assert.StartsWith("SIP/2.0 404", await CallAsync(gateway, ["-cert", Path.Combine(folder, "pbx.pem"), "-key", Path.Combine(folder, "pbx.key")]), StringComparison.Ordinal);
        Assert.StartsWith("SIP/2.0 401", await CallAsync(gateway, []), StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>The first final answer to an INVITE that openssl carries.</summary>
    private static async Task<string> CallAsync(GatewayProcess gateway, string[] certificate)
    {
        var call = Guid.NewGuid().ToString("N");
        var invite = string.Join("\r\n",
            $"INVITE sip:4711@127.0.0.1:{gateway.SipsPort} SIP/2.0", $"Via: SIP/2.0/TLS 192.0.2.9:5061;branch=z9hG4bK{call};alias", "Max-Forwards: 70", "From: <sip:100@pbx.example>;tag=p",
            "To: <sip:4711@127.0.0.1>", $"Call-ID: {call}", "CSeq: 1 INVITE", "Contact: <sip:100@192.0.2.9:5061;transport=tls>", "Content-Length: 0", "", "");
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, invite, Encoding.ASCII);
        var arguments = string.Join(' ', (string[])["-connect", $"127.0.0.1:{gateway.SipsPort}", "-quiet", "-no_ign_eof", .. certificate]);
        // What follows the request keeps the connection until its answer has come.
        await using var peer = PeerProcess.Start("sh", ["-c", $"(cat {file}; sleep 20) | openssl s_client {arguments} 2>/dev/null"]);
        await Eventually.True(() => Final(peer.Output) is not null, TimeSpan.FromSeconds(15), () => peer.Output);
        File.Delete(file);
        return Final(peer.Output)!;
    }

    private static string? Final(string output) =>
        output.Split('\n').FirstOrDefault(line => line.StartsWith("SIP/2.0 ", StringComparison.Ordinal) && line.Length > 8 && line[8] != '1');

    private static Task<string> MakeAsync(string folder, string name, string subject, string extension) => extension.Length == 0
        ? PeerProcess.RunAsync("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", subject,
            "-keyout", Path.Combine(folder, name + ".key"), "-out", Path.Combine(folder, name + ".pem"))
        : PeerProcess.RunAsync("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", subject, "-addext", extension,
            "-addext", "basicConstraints=critical,CA:false", "-CA", Path.Combine(folder, "ca.pem"), "-CAkey", Path.Combine(folder, "ca.key"),
            "-keyout", Path.Combine(folder, name + ".key"), "-out", Path.Combine(folder, name + ".pem"));
}
