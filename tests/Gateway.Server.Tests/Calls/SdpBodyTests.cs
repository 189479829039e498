using System.Text;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>Session descriptions inside of other bodies, and what is no session description.</summary>
public class SdpBodyTests
{
    private readonly CallRig _rig = new();

    [Theory]
    [InlineData("multipart/mixed; boundary=b1", "--b1\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b1\r\nContent-Type: application/sdp\r\n\r\n{0}\r\n--b1--\r\n")]
    [InlineData("Multipart/Related;boundary=\"x y\"", "preamble\r\n--x y\r\ncontent-type : application/SDP\r\n\r\n{0}\r\n--x y--")]
    [InlineData("multipart/mixed;boundary=o", "--o\r\nContent-Type: multipart/alternative;boundary=i\r\n\r\n--i\r\nContent-Type: application/sdp\r\n\r\n{0}\r\n--i--\r\n--o--\r\n")]
    [Rfc(5621, "3.1")]
    [Threat(19)]
    public void A_description_in_a_multipart_is_found(string type, string body)
    {
        var alice = _rig.Phone("alice", 1);
        Invite(alice, string.Format(null, body, SdpText.Offer(false, "PCMU")), $"Content-Type: {type}\r\n");
        Assert.StartsWith("PCMU", SdpText.Codecs(SdpText.Body(alice.Take(200))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("multipart/mixed", "--b1\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b1--\r\n", 415)]
    [InlineData("multipart/mixed;boundary=b1", "--b1\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n", 415)]
    [InlineData("multipart/mixed;boundary=b1", "--b1--\r\n--b1\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b1--\r\n", 415)]
    [InlineData("multipart/mixed;boundary=b1", "--b1\r\n\r\n--b1\r\n\r\n--b1", 415)]
    [InlineData("multipart/mixed;boundary=b1", "--b1", 415)]
    [InlineData("multipart/mixed;boundary=b1", "--b1\r\nContent-Type: application/sdp\r\n\r\nv=9\r\n--b1--\r\n", 400)]
    [InlineData("application/sdp", "nonsense", 400)]
    [Threat(18)]
    [Threat(19)]
    public void What_is_broken_is_refused(string type, string body, int status)
    {
        var alice = _rig.Phone("alice", 1);
        Invite(alice, body, $"Content-Type: {type}\r\n");
        alice.Take(status);
    }

    [Fact]
    [Threat(19)]
    public void Parts_are_looked_at_up_to_a_limit_only()
    {
        var alice = _rig.Phone("alice", 1);
        var parts = string.Concat(Enumerable.Repeat("--b\r\nContent-Type: text/plain\r\n\r\nx\r\n", 8));
        Invite(alice, $"{parts}--b\r\nContent-Type: application/sdp\r\n\r\n{SdpText.Offer(false, "PCMU")}\r\n--b--\r\n", "Content-Type: multipart/mixed;boundary=b\r\n");
        alice.Take(415);
    }

    [Fact]
    public void A_body_that_may_be_left_unread_is_no_offer()
    {
        var alice = _rig.Phone("alice", 1);
        Invite(alice, "hello", "Content-Type: text/plain\r\nContent-Disposition: render;handling=optional\r\n");
        Assert.StartsWith("opus", SdpText.Codecs(SdpText.Body(alice.Take(200))), StringComparison.Ordinal);
    }

    private static void Invite(TestPeer alice, string body, string headers) => alice.Send(
        $"INVITE sip:echo@{CallRig.Realm} SIP/2.0\r\n{alice.Via("z9hG4bKbody")}\r\nMax-Forwards: 70\r\nFrom: <sip:alice@{CallRig.Realm}>;tag=1\r\n"
        + $"To: <sip:echo@{CallRig.Realm}>\r\nCall-ID: body\r\nCSeq: 1 INVITE\r\nContact: <{alice.ContactUri}>\r\n{headers}"
        + $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");
}
