using Gateway.Media.Srtp;
using Gateway.Testing;

namespace Gateway.Media.Tests.Srtp;

public class SrtpKeyDerivationTests
{
    [Theory]
    [Rfc(3711, "B.3")]
    [InlineData(SrtpLabel.RtpEncryption, "C61E7A93744F39EE10734AFE3FF7A087")]
    [InlineData(SrtpLabel.RtpSalt, "30CBBC08863D8C85D49DB34A9AE1")]
    [InlineData(SrtpLabel.RtpAuthentication, """
        CEBE321F6FF7716B6FD4AB49AF256A15 6D38BAA48F0A0ACF3C34E2359E6CDBCE E049646C43D9327AD175578EF7227098
        6371C10C9A369AC2F94A8C5FBCDDDC25 6D6E919A48B610EF17C2041E47403576 6B68642C59BBFC2F34DB60DBDFB2
        """)]
    public void Aes128_derives_the_values_of_the_rfc(byte label, string expected)
    {
        var output = new byte[Hex.Bytes(expected).Length];
        SrtpKeyDerivation.Derive(
            Hex.Bytes("E1F97A0D3E018BE0D64FA32C06DE4139"), Hex.Bytes("0EC675AD498AFEEBB6960B3AABE6"), label, output);

        Assert.Equal(Hex.Text(Hex.Bytes(expected)), Hex.Text(output));
    }

    [Theory]
    [Rfc(6188, "7.2")]
    [InlineData(SrtpLabel.RtpEncryption, "5ba1064e30ec51613cad926c5a28ef73 1ec7fb397f70a960653caf06554cd8c4")]
    [InlineData(SrtpLabel.RtpSalt, "fa31791685ca444a9e07c6c64e93")]
    [InlineData(SrtpLabel.RtpAuthentication, "fd9c32d39ed5fbb5a9dc96b30818454d1313dc05")]
    public void Aes256_derives_the_values_of_the_rfc(byte label, string expected)
    {
        var output = new byte[Hex.Bytes(expected).Length];
        SrtpKeyDerivation.Derive(
            Hex.Bytes("f0f04914b513f2763a1b1fa130f10e29 98f6f6e43e4309d1e622a0e332b9f1b6"),
            Hex.Bytes("3b04803de51ee7c96423ab5b78d2"),
            label,
            output);

        Assert.Equal(Hex.Text(Hex.Bytes(expected)), Hex.Text(output));
    }

    [Fact]
    [Rfc(7714, "11")]
    public void A_twelve_octet_salt_is_padded_with_two_zero_octets()
    {
        var key = Hex.Bytes("E1F97A0D3E018BE0D64FA32C06DE4139");
        var padded = new byte[16];
        var given = new byte[16];
        SrtpKeyDerivation.Derive(key, Hex.Bytes("0EC675AD498AFEEBB6960B3A 0000"), SrtpLabel.RtcpSalt, padded);
        SrtpKeyDerivation.Derive(key, Hex.Bytes("0EC675AD498AFEEBB6960B3A"), SrtpLabel.RtcpSalt, given);

        Assert.Equal(padded, given);
    }
}
