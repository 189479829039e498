using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Gateway.Net.Sip.Streams;
using Gateway.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Net.Tests.Sip.Streams;

/// <summary>What the gateway shows to TLS clients: by server name, and a renewed certificate without a restart.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-certs-").FullName;
    private readonly Authority _authority = new();

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    internal static SslClientAuthenticationOptions Trusting(Authority authority, string name)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPem(authority.Pem);
        return new SslClientAuthenticationOptions { TargetHost = name, CertificateChainPolicy = policy };
    }

    [Fact, Row(67)]
    public async Task A_client_is_shown_the_certificate_of_the_name_it_asks_for()
    {
        _authority.Issue("gw.example").Save(_folder);
        _authority.Issue("other.example").Save(Path.Combine(_folder, "other.example"));
        await using var rig = Rig(out _);
        await rig.StartAsync();

        using var first = await StreamPhone.ConnectAsync("ada", rig.Host.TlsEndpoints[0], Trusting(_authority, "gw.example"));
        using var second = await StreamPhone.ConnectAsync("bob", rig.Host.TlsEndpoints[0], Trusting(_authority, "OTHER.example"));

        Assert.Equal("gw.example", NameOf(first));
        Assert.Equal("other.example", NameOf(second));
        // A name of which there is nothing gets what everyone gets.
        await Assert.ThrowsAsync<System.Security.Authentication.AuthenticationException>(() => StreamPhone.ConnectAsync("eve", rig.Host.TlsEndpoints[0], Trusting(_authority, "third.example")));
    }

    [Fact, Row(67)]
    public async Task A_renewed_certificate_is_shown_to_new_clients_and_drops_nobody()
    {
        _authority.Issue("gw.example", "first.example").Save(_folder);
        await using var rig = Rig(out var time);
        await rig.StartAsync();
        using var first = await StreamPhone.ConnectAsync("ada", rig.Host.TlsEndpoints[0], Trusting(_authority, "gw.example"));
        var old = Serial(first);

        // Half a renewal, as a tool that writes one file after the other leaves it for a moment.
        var next = _authority.Issue("gw.example", "second.example");
        File.WriteAllText(Path.Combine(_folder, CertificateFolder.CertificateFile), next.Certificate);
        time.Pass();
        using (var between = await StreamPhone.ConnectAsync("eve", rig.Host.TlsEndpoints[0], Trusting(_authority, "gw.example")))
        {
            Assert.Equal(old, Serial(between));
        }

        next.Save(_folder);
        time.Pass();
        using var second = await StreamPhone.ConnectAsync("bob", rig.Host.TlsEndpoints[0], Trusting(_authority, "gw.example"));

        Assert.NotEqual(old, Serial(second));
        await first.SendAsync(first.Request("OPTIONS", $"sip:{HostRig.Realm}"));
        Assert.Equal(200, (await first.ReceiveAsync()).Status);
    }

    [Fact, Threat(15)]
    public async Task A_stranger_who_never_shakes_hands_is_let_go()
    {
        _authority.Issue("gw.example").Save(_folder);
        await using var rig = Rig(out _, TimeSpan.FromMilliseconds(300));
        await rig.StartAsync();
        using var silent = await StreamPhone.ConnectAsync("eve", rig.Host.TlsEndpoints[0]);

        Assert.Empty(await silent.ReceiveBytesAsync());
        Assert.Equal(0, rig.Host.OpenConnections);
    }

    private HostRig Rig(out Ahead time, TimeSpan? handshake = null)
    {
        time = new Ahead();
        return new HostRig
        {
            Net = new NetOptions { Listen = [IPAddress.Loopback], SipPort = 0, SipsPort = HostRig.FreePort(), HandshakeTime = handshake ?? TimeSpan.FromSeconds(10) },
            Certificate = new CertificateFolder(_folder, time, NullLogger.Instance).Choose,
        };
    }

    private static string NameOf(StreamPhone phone) =>
        Assert.Single(Peer(phone).Extensions.OfType<X509SubjectAlternativeNameExtension>().Single().EnumerateDnsNames());

    private static string Serial(StreamPhone phone) => Peer(phone).SerialNumber;

    private static X509Certificate2 Peer(StreamPhone phone) => (X509Certificate2)((SslStream)phone.Stream).RemoteCertificate!;

    /// <summary>A clock that jumps past the pause between two looks at the files.</summary>
    internal sealed class Ahead : TimeProvider
    {
        private long _passed;

        public void Pass() => _passed += 10 * TimestampFrequency;

        public override long GetTimestamp() => base.GetTimestamp() + _passed;
    }
}
