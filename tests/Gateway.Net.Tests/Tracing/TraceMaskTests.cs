using System.Text;
using Gateway.Net.Tracing;
using Gateway.Testing;

namespace Gateway.Net.Tests.Tracing;

/// <summary>What must never stand in a ladder.</summary>
public class TraceMaskTests
{
    [Theory]
    [InlineData("Authorization: Digest username=\"ada\", response=\"0123\"\r\n", "Authorization: Digest *************** ***************\r\n")]
    [InlineData("authorization :Bearer abc.def\r\n", "authorization :Bearer *******\r\n")]
    [InlineData("Proxy-Authorization: Digest response=\"0\"\r\n", "Proxy-Authorization: Digest ************\r\n")]
    [InlineData("Authorization: Digest username=\"a\",\r\n response=\"secret\"\r\n", "Authorization: Digest *************\r\n *****************\r\n")]
    [InlineData("Authorization: secret\r\n", "Authorization: ******\r\n")]
    [InlineData("Authorization: Digest,response=\"secret\"\r\n", "Authorization: ************************\r\n")]
    [InlineData("Contact: <sip:a@h;token=abc;x=1?b=c>\r\n", "Contact: <sip:a@h;token=***;x=1?b=c>\r\n")]
    [InlineData("X-Url: https://h/p?access_token=abc&x=1\r\n", "X-Url: https://h/p?access_token=***&x=1\r\n")]
    [InlineData("P-Asserted-Identity: <sip:a@h>\r\n", "P-Asserted-Identity: <sip:a@h>\r\n")]
    [Threat(39)]
    public void Secrets_of_the_head_become_asterisks_of_the_same_length(string given, string shown) =>
        Assert.Equal($"INVITE sip:a@h SIP/2.0\r\n{shown}Call-ID: c\r\n\r\n", Mask($"INVITE sip:a@h SIP/2.0\r\n{given}Call-ID: c\r\n\r\n"));

    [Fact]
    [Threat(39)]
    public void Keys_of_the_media_go_and_the_rest_of_the_description_stays()
    {
        const string Body = "v=0\r\nk=clear:abc\r\na=ice-ufrag:u\r\na=ice-pwd:secret\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:abcd|2^20\r\na=crypto:2 X\r\na=fingerprint:sha-256 AA\r\n";
        var masked = Mask("SIP/2.0 200 OK\r\nCall-ID: c\r\n\r\n" + Body);
        Assert.EndsWith("v=0\r\nk=*********\r\na=ice-ufrag:u\r\na=ice-pwd:******\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:*********\r\na=crypto:* *\r\na=fingerprint:sha-256 AA\r\n", masked, StringComparison.Ordinal);
    }

    [Fact]
    public void Digits_go_unless_they_are_wanted()
    {
        const string Info = "INFO sip:a@h SIP/2.0\r\nCall-ID: c\r\n\r\nSignal=5\r\nDuration=100\r\n";
        Assert.EndsWith("\r\n\r\nSignal=*\r\nDuration=100\r\n", Mask(Info), StringComparison.Ordinal);
        Assert.Equal(Info, Mask(Info, keepDigits: true));
        Assert.EndsWith("\r\n\r\n*", Mask("INFO sip:a@h SIP/2.0\r\nCall-ID: c\r\n\r\n5"), StringComparison.Ordinal);
    }

    [Fact]
    public void Any_bytes_are_taken()
    {
        var random = new Random(7);
        var pieces = new[] { "Authorization", ":", "=", "token", "\r\n", " ", "\r\n\r\n", "a=crypto:", "inline:", "x", "INFO ", "Signal", "\n", "\"" };
        for (var run = 0; run < 5000; run++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => pieces[random.Next(pieces.Length)]));
            Assert.Equal(text.Length, Mask(text).Length);
        }
    }

    private static string Mask(string message, bool keepDigits = false)
    {
        var bytes = Encoding.UTF8.GetBytes(message);
        TraceMask.Apply(bytes, keepDigits);
        return Encoding.UTF8.GetString(bytes);
    }
}
