using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Net.Tests.Sip.Streams;

public sealed class TlsTests
{
    internal static SslClientAuthenticationOptions Trusting(Authority authority, string name)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPem(authority.Pem);
        return new SslClientAuthenticationOptions { TargetHost = name, CertificateChainPolicy = policy };
    }
}
