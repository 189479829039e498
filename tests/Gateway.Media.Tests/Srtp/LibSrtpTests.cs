using Gateway.Media.Srtp;
using Gateway.Testing;

namespace Gateway.Media.Tests.Srtp;

/// <summary>The same packets through our SRTP and through libsrtp2, in both directions, past the first rollover.</summary>
public class LibSrtpTests
{
    private static readonly byte[] s_report = Hex.Bytes("80c90001 11223344 81ca0003 11223344 01046162 63640000");

    public static TheoryData<SrtpProfile> Profiles =>
    [
        SrtpProfile.Aes128CmSha1Tag80, SrtpProfile.Aes128CmSha1Tag32, SrtpProfile.AeadAes128Gcm, SrtpProfile.AeadAes256Gcm,
    ];

    [Theory]
    [MemberData(nameof(Profiles))]
    [Row(72)]
    [Rfc(3711, "3.3.1")]
    public void What_we_protect_libsrtp_reads_and_the_other_way_round(SrtpProfile profile)
    {
        Assert.SkipUnless(LibSrtp.IsInstalled, "libsrtp2-1 is not installed");
        using var key = SrtpSessionTests.Key(profile);
        using var sender = new SrtpSender(key);
        using var receiver = new SrtpReceiver(key);
        using var theirReceiver = new LibSrtp(key, inbound: true);
        using var theirSender = new LibSrtp(key, inbound: false);
        var random = new Random(2);
        for (var i = 0; i < 140_000; i += random.Next(1, 60))
        {
            var plain = SrtpSessionTests.Packet((ushort)(60_000 + i), payload: random.Next(200));

            Assert.Equal(plain, theirReceiver.Unprotect(SrtpSessionTests.Protect(sender, plain), rtcp: false));

            var wire = theirSender.Protect(plain, rtcp: false);
            Assert.Equal(SrtpStatus.Ok, receiver.Unprotect(wire, out var length));
            Assert.Equal(plain, wire[..length]);
        }
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    [Row(72)]
    [Rfc(3711, "3.4")]
    public void Rtcp_too(SrtpProfile profile)
    {
        Assert.SkipUnless(LibSrtp.IsInstalled, "libsrtp2-1 is not installed");
        using var key = SrtpSessionTests.Key(profile);
        using var sender = new SrtpSender(key);
        using var receiver = new SrtpReceiver(key);
        using var theirReceiver = new LibSrtp(key, inbound: true);
        using var theirSender = new LibSrtp(key, inbound: false);
        for (var i = 0; i < 20; i++)
        {
            var buffer = new byte[s_report.Length + SrtpProfiles.MaxOverhead];
            s_report.CopyTo(buffer, 0);
            Assert.Equal(SrtpStatus.Ok, sender.ProtectRtcp(buffer, s_report.Length, out var length));
            Assert.Equal(s_report, theirReceiver.Unprotect(buffer[..length], rtcp: true));

            var wire = theirSender.Protect(s_report, rtcp: true);
            Assert.Equal(SrtpStatus.Ok, receiver.UnprotectRtcp(wire, out length));
            Assert.Equal(s_report, wire[..length]);
        }
    }
}
