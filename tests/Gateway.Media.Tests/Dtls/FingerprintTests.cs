using System.Security.Cryptography;
using Gateway.Media.Dtls;
using Gateway.Testing;

namespace Gateway.Media.Tests.Dtls;

[Rfc(8122, "5")]
[Threat(4)]
public class FingerprintTests
{
    private static readonly byte[] s_certificate = [.. Enumerable.Range(0, 500).Select(i => (byte)i)];

    [Fact]
    public void The_fingerprint_of_a_certificate_is_written_and_read_back()
    {
        var made = Fingerprint.OfCertificate(s_certificate);
        Assert.Matches("^sha-256 ([0-9A-F]{2}:){31}[0-9A-F]{2}$", made.ToString());

        Assert.Equal(FingerprintError.None, Fingerprint.TryParse(made.ToString(), out var read));
        Assert.Equal(made, read);
        Assert.True(read!.Matches(s_certificate));
        Assert.False(read.Matches(s_certificate.AsSpan(1)));
    }

    [Theory]
    [InlineData("SHA-256")]
    [InlineData("Sha-384")]
    [InlineData("sha-512")]
    public void Strong_hashes_are_read_in_any_letter_case(string name)
    {
        var hash = name[4..] switch
        {
            "256" => SHA256.HashData(s_certificate),
            "384" => SHA384.HashData(s_certificate),
            _ => SHA512.HashData(s_certificate),
        };
        var text = name + " " + BitConverter.ToString(hash).Replace('-', ':').ToLowerInvariant();

        Assert.Equal(FingerprintError.None, Fingerprint.TryParse(text, out var read));
        Assert.True(read!.Matches(s_certificate));
    }

    [Theory]
    [InlineData("sha-1 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33", FingerprintError.Weak)]
    [InlineData("MD5 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF", FingerprintError.Weak)]
    [InlineData("sha-224 00:11", FingerprintError.Unknown)]
    [InlineData("sha-256 00:11", FingerprintError.Malformed)]
    [InlineData("sha-256", FingerprintError.Malformed)]
    [InlineData("", FingerprintError.Malformed)]
    [InlineData("sha-256 00-11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF", FingerprintError.Malformed)]
    [InlineData("sha-256 0G:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF", FingerprintError.Malformed)]
    public void Weak_unknown_and_malformed_values_are_refused(string text, FingerprintError expected)
    {
        Assert.Equal(expected, Fingerprint.TryParse(text, out var read));
        Assert.Null(read);
    }

    [Fact]
    [Rfc(8122, "6.2")]
    public void No_fingerprint_matches_no_certificate_and_any_of_several_does()
    {
        var right = Fingerprint.OfCertificate(s_certificate);
        var wrong = Fingerprint.OfCertificate([1]);

        Assert.False(Fingerprint.MatchesAny([], s_certificate));
        Assert.False(Fingerprint.MatchesAny([wrong], s_certificate));
        Assert.True(Fingerprint.MatchesAny([wrong, right], s_certificate));
    }
}
