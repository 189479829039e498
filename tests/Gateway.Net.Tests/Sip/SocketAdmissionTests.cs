using System.Net;
using Gateway.Testing;
using Gateway.Net.Sip;

namespace Gateway.Net.Tests.Sip;

public sealed class SocketAdmissionTests
{
    [Fact, Threat(15)]
    public void Each_address_has_its_share_and_all_have_a_limit()
    {
        var admission = new SocketAdmission(most: 3, mostPerAddress: 2);
        var first = IPAddress.Parse("192.0.2.1");
        var second = IPAddress.Parse("192.0.2.2");

        Assert.True(admission.TryEnter(first));
        Assert.True(admission.TryEnter(first));
        Assert.False(admission.TryEnter(first));
        Assert.True(admission.TryEnter(second));
        Assert.False(admission.TryEnter(second));
        admission.Leave(first);
        Assert.Equal(2, admission.Open);
        Assert.True(admission.TryEnter(first));
    }

    [Theory, Threat(15)]
    [InlineData("2001:db8::1", "2001:db8::ffff:1", true)]
    [InlineData("2001:db8::1", "2001:db8:0:1::1", false)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    public void A_subscriber_is_an_ipv4_address_or_an_ipv6_network(string one, string other, bool same)
    {
        var admission = new SocketAdmission(most: 10, mostPerAddress: 1);
        Assert.True(admission.TryEnter(IPAddress.Parse(one)));

        Assert.Equal(!same, admission.TryEnter(IPAddress.Parse(other)));
    }
}
