using System.Net;
using Gateway.Net.Sip;
using Gateway.Net.Tests.Dns;
using Gateway.Testing;

namespace Gateway.Net.Tests.Sip;

public sealed class PathSizesTests
{
    private static readonly IPAddress s_peer = IPAddress.Parse("192.0.2.7");

    private readonly ManualTime _time = new();
    private readonly PathSizes _sizes;

    public PathSizesTests() => _sizes = new PathSizes(new LoopClock(_time));

    [Theory, Row(68), Rfc(3261, "18.1.1")]
    [InlineData(0, 1300)]
    [InlineData(65536, 1300)]
    [InlineData(1500, 1300)]
    [InlineData(1499, 1299)]
    [InlineData(1280, 1080)]
    [InlineData(100, 376)]
    public void A_request_may_have_1300_bytes_or_the_cards_mtu_less_200(int card, int largest) => Assert.Equal(largest, _sizes.Largest(s_peer, card));

    [Fact, Row(68), Rfc(3261, "18.1.1")]
    public void What_a_router_says_holds_for_that_peer_and_for_ten_minutes()
    {
        _sizes.Learn(s_peer, 1280);

        Assert.Equal(1080, _sizes.Largest(s_peer, 1500));
        Assert.Equal(1300, _sizes.Largest(IPAddress.Parse("192.0.2.8"), 1500));
        _sizes.Learn(s_peer, 1);
        Assert.Equal(376, _sizes.Largest(s_peer, 1500));
        _time.Pass(TimeSpan.FromMinutes(11));
        Assert.Equal(1300, _sizes.Largest(s_peer, 1500));
    }

    [Fact]
    public void The_mtu_of_loopback_is_known()
    {
        Assert.True(PathSizes.OfCard(IPAddress.Loopback) >= 1280);
        Assert.Equal(0, PathSizes.OfCard(s_peer));
    }
}
