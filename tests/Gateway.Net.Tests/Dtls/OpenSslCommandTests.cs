using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Media.Dtls;
using Gateway.Media.Srtp;
using Gateway.Net.Dtls;
using Gateway.Testing;

namespace Gateway.Net.Tests.Dtls;

/// <summary>A peer that is not ours: the openssl command as DTLS client over a real socket.</summary>
public sealed class OpenSslCommandTests
{
    [Theory]
    [InlineData("SRTP_AES128_CM_SHA1_80", SrtpProfile.Aes128CmSha1Tag80, 60)]
    [InlineData("SRTP_AEAD_AES_128_GCM", SrtpProfile.AeadAes128Gcm, 56)]
    [InlineData("SRTP_AEAD_AES_256_GCM", SrtpProfile.AeadAes256Gcm, 88)]
    [Rfc(5764, "4.2")]
    [Row(72)]
    public async Task Its_exported_keys_are_ours(string name, SrtpProfile profile, int length)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=peer", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var folder = Directory.CreateTempSubdirectory("gateway-dtls-");
        File.WriteAllText(Path.Combine(folder.FullName, "c.pem"), certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem());
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 50 };
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));

        using var process = Process.Start(new ProcessStartInfo("openssl")
        {
            ArgumentList =
            {
                "s_client", "-dtls1_2", "-connect", socket.LocalEndPoint!.ToString()!, "-use_srtp", name, "-cert", "c.pem", "-key", "c.pem",
                "-keymatexport", "EXTRACTOR-dtls_srtp", "-keymatexportlen", length.ToString(null, null),
            },
            WorkingDirectory = folder.FullName,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            using var identity = new DtlsIdentity();
            using var server = new OpenSslDtls(identity);
            server.ExpectPeer([Fingerprint.OfCertificate(certificate.RawData)], DtlsPair.Now);
            server.Start(DtlsRole.Server, DtlsPair.Now);
            Serve(socket, server, until: () => server.State == DtlsState.Connected);
            Assert.True(server.TryTakeKeys(out var keys));
            Assert.Equal(profile, keys!.Profile);

            process.StandardInput.Close(); // it says close_notify and prints what it exported
            Serve(socket, server, until: () => server.State == DtlsState.Closed);
            Assert.True(process.WaitForExit(5000));
            var exported = string.Concat(new[] { keys.Client.Key.ToArray(), keys.Server.Key.ToArray(), keys.Client.Salt.ToArray(), keys.Server.Salt.ToArray() }
                .Select(part => Convert.ToHexString(part)));
            Assert.Contains(exported, await output, StringComparison.Ordinal);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }

            folder.Delete(recursive: true);
        }
    }

    private static void Serve(Socket socket, OpenSslDtls server, Func<bool> until)
    {
        var buffer = new byte[2048];
        EndPoint from = new IPEndPoint(IPAddress.Any, 0);
        var end = DtlsPair.Now + TimeSpan.FromSeconds(10);
        while (!until())
        {
            Assert.True(DtlsPair.Now < end, "the peer did not do it in time");
            try
            {
                var length = socket.ReceiveFrom(buffer, ref from);
                server.Receive(buffer.AsSpan(0, length), DtlsPair.Now);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.TimedOut)
            {
                server.OnDeadline(DtlsPair.Now);
            }

            server.Drain(new Sink(socket, from));
        }
    }

    private sealed class Sink(Socket socket, EndPoint to) : IDatagramSink
    {
        public void Send(ReadOnlySpan<byte> datagram) => socket.SendTo(datagram, to);
    }
}
