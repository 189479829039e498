using System.Net;
using Gateway.Media.Ice;
using Gateway.Testing;

namespace Gateway.Media.Tests.Ice;

public class IceCandidateTests
{
    [Theory]
    [Row(84)]
    [Rfc(8445, "5.1.2.1")]
    [InlineData(IceCandidateType.Host, 65535, 1, 2130706431u)]
    [InlineData(IceCandidateType.PeerReflexive, 65535, 1, 1862270975u)]
    [InlineData(IceCandidateType.ServerReflexive, 65535, 2, 1694498814u)]
    [InlineData(IceCandidateType.Relayed, 0, 1, 255u)]
    public void Candidate_priorities_follow_the_formula(IceCandidateType type, int preference, int component, uint expected) =>
        Assert.Equal(expected, IcePriority.OfCandidate(type, preference, component));

    [Fact]
    [Row(84)]
    [Rfc(8445, "6.1.2.3")]
    public void Pair_priorities_follow_the_formula()
    {
        Assert.Equal((5UL << 32) + 14 + 1, IcePriority.OfPair(controlling: 7, controlled: 5));
        Assert.Equal((5UL << 32) + 14, IcePriority.OfPair(controlling: 5, controlled: 7));
        Assert.Equal((7UL << 32) + 14, IcePriority.OfPair(7, 7));
    }

    [Theory]
    [Rfc(8839, "5.1")]
    [InlineData("1 1 udp 2130706431 203.0.113.1 9000 typ host")]
    [InlineData("2 2 udp 1694498814 2001:db8::1 9001 typ srflx")]
    public void A_candidate_is_read_and_written(string text)
    {
        Assert.True(IceCandidate.TryParse("candidate:" + text, out var candidate));
        Assert.Equal(text, candidate!.ToString());
    }

    [Fact]
    public void Extensions_are_ignored_and_letter_case_does_not_matter()
    {
        Assert.True(IceCandidate.TryParse(
            "842163049 1 UDP 1677729535 198.51.100.3 46154 typ srflx raddr 10.0.1.1 rport 46154 generation 0 network-cost 999", out var candidate));
        Assert.Equal(IceCandidateType.ServerReflexive, candidate!.Type);
        Assert.Equal("198.51.100.3:46154", candidate.Address.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("1 1 udp 1 203.0.113.1 9000 typ")]
    [InlineData("1 1 tcp 1 203.0.113.1 9 typ host tcptype active")]
    [InlineData("1 1 udp 1 4f1c9b54-9a1e-4f6a-8f3c-2b1c0f1d9a77.local 9000 typ host")]
    [InlineData("1 0 udp 1 203.0.113.1 9000 typ host")]
    [InlineData("1 1 udp -1 203.0.113.1 9000 typ host")]
    [InlineData("1 1 udp 4294967296 203.0.113.1 9000 typ host")]
    [InlineData("1 1 udp 1 203.0.113.1 65536 typ host")]
    [InlineData("1 1 udp 1 203.0.113.1 9000 typ other")]
    public void What_a_lite_agent_cannot_use_is_left_out(string text) => Assert.False(IceCandidate.TryParse(text, out _));

    [Fact]
    public void A_host_candidate_of_ours_has_the_highest_type_preference() =>
        Assert.Equal("1 1 udp 2130706431 203.0.113.1 9000 typ host", IceCandidate.Host(MediaAddress.From(IPAddress.Parse("203.0.113.1"), 9000)).ToString());
}
