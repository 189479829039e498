using System.Text;
using Gateway.Net.Sip;

namespace Gateway.Net.Tests.Sip;

public sealed class ProofOfAuthenticationTests
{
    [Theory]
    [InlineData("SIP/2.0 200 OK\r\nCSeq: 2 REGISTER\r\n\r\n", true)]
    [InlineData("SIP/2.0 202 Accepted\r\nCSeq: 7 MESSAGE\r\n\r\n", true)]
    [InlineData("INVITE sip:alice@x.invalid SIP/2.0\r\n\r\n", true)]
    [InlineData("SIP/2.0 200 OK\r\nCSeq: 1 OPTIONS\r\n\r\n", false)]
    [InlineData("SIP/2.0 401 Unauthorized\r\nCSeq: 1 REGISTER\r\n\r\n", false)]
    [InlineData("SIP/2.0 100 Trying\r\nCSeq: 1 INVITE\r\n\r\n", false)]
    [InlineData("SIP/2.0 200 OK\r\n\r\n", false)]
    [InlineData("\r\n", false)]
    [InlineData("", false)]
    public void What_only_an_authenticated_peer_gets(string message, bool proves) =>
        Assert.Equal(proves, ProofOfAuthentication.IsIn(Encoding.ASCII.GetBytes(message)));
}
