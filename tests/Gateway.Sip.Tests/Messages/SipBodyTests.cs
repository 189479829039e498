using System.Text;
using Gateway.Testing;

namespace Gateway.Sip.Tests.Messages;

public sealed class SipBodyTests
{
    private const string Sdp = "v=0\r\ns=-\r\n";

    private static SipRequest With(string contentType, string body, string more = "")
        => Sip.Request(Sip.InviteWith($"Content-Type: {contentType}{more}", body));

    private static string? Find(SipMessage message, string type = "application/sdp")
        => SipBody.TryFind(message, Encoding.ASCII.GetBytes(type), out var content) ? Sip.Text(content) : null;

    private static string Part(string headers, string content, string boundary = "b1") => $"--{boundary}\n{headers}\n\n{content}\n";

    [Fact]
    [Rfc(3261, "20.15")]
    public void A_plain_body_is_found_by_its_type()
    {
        Assert.Equal(Sdp, Find(With("Application/SDP ; charset=x", Sdp.ReplaceLineEndings("\n"))));
        Assert.Null(Find(With("text/plain", "x")));
        Assert.Null(Find(With("application/sdp", "x", "\nContent-Encoding: gzip")));
        Assert.Equal("x", Find(With("application/sdp", "x", "\ne: identity")));
        Assert.Null(Find(Sip.Request(Sip.InviteWith("", "x"))));
        Assert.Null(Find(Sip.Request(Sip.InviteWith("Content-Type: application/sdp"))));
    }

    [Theory]
    [InlineData("multipart/mixed;boundary=b1")]
    [InlineData("multipart/mixed; boundary=\"b1\"")]
    [InlineData("Multipart/Related; type=x; Boundary=b1")]
    [Rfc(5621, "3.1")]
    [Rfc(2046, "5.1.1")]
    public void Of_a_multipart_the_part_of_the_type_is_found(string contentType)
    {
        var body = "preamble --b1 no\n" + Part("Content-Type: text/plain", "--b1x\n--b")
            + Part("c: application/sdp\nContent-Disposition: session;handling=required", Sdp) + Part("Content-Type: application/sdp", "second") + "--b1--\nepilogue";

        Assert.Equal(Sdp, Find(With(contentType, body)));
        Assert.Equal("--b1x\r\n--b", Find(With(contentType, body), "text/plain"));
        Assert.Null(Find(With(contentType, body), "image/png"));
    }

    [Fact]
    [Rfc(2046, "5.1.4")]
    public void Of_alternatives_the_last_is_the_best()
        => Assert.Equal("two", Find(With("multipart/alternative;boundary=b1", Part("c: application/sdp", "one") + Part("c: application/sdp", "two") + Part("c: text/plain", "three") + "--b1--")));

    [Fact]
    [Rfc(3261, "20.11")]
    public void Parts_for_another_purpose_are_passed_over()
        => Assert.Equal("two", Find(With("multipart/mixed;boundary=b1", Part("c: application/sdp\nContent-Disposition: early-session", "one") + Part("c: application/sdp", "two") + "--b1--")));

    [Fact]
    [Threat(19)]
    public void Nesting_parts_and_boundaries_have_limits()
    {
        string inner = Part("c: application/sdp", Sdp, "b2") + "--b2--";
        var two = Part("c: multipart/mixed;boundary=b2", inner) + "--b1--";
        Assert.Equal(Sdp, Find(With("multipart/mixed;boundary=b1", two)));
        var three = Part("c: multipart/mixed;boundary=b1", two, "b0") + "--b0--";
        Assert.Null(Find(With("multipart/mixed;boundary=b0", three)));

        static string After(int others) => string.Concat(Enumerable.Repeat(Part("c: text/plain", "x"), others)) + Part("c: application/sdp", "here") + "--b1--";
        Assert.Equal("here", Find(With("multipart/mixed;boundary=b1", After(SipLimits.Parts - 1))));
        Assert.Null(Find(With("multipart/mixed;boundary=b1", After(SipLimits.Parts))));

        static string Long(int length) => new('b', length);
        Assert.Equal("x", Find(With("multipart/mixed;boundary=" + Long(70), Part("c: application/sdp", "x", Long(70)) + $"--{Long(70)}--")));
        Assert.Null(Find(With("multipart/mixed;boundary=" + Long(71), Part("c: application/sdp", "x", Long(71)) + $"--{Long(71)}--")));
    }

    [Theory]
    [InlineData("multipart/mixed", "--b1\nc: application/sdp\n\nx\n--b1--")]
    [InlineData("multipart/mixed;boundary=", "--b1\nc: application/sdp\n\nx\n--b1--")]
    [InlineData("multipart/mixed;boundary=\"\"", "--\nc: application/sdp\n\nx\n----")]
    [InlineData("multipart/mixed;boundary=b1", "--b1")]
    [InlineData("multipart/mixed;boundary=b1", "--b1\n")]
    [InlineData("multipart/mixed;boundary=b1", "--b1--")]
    [InlineData("multipart/mixed;boundary=b1", "--b1\nc: application/sdp\n\nno end")]
    [InlineData("multipart/mixed;boundary=b1", "--b1\nc: application/sdp\n--b1--")]
    [InlineData("multipart/mixed;boundary=b1", "x--b1\nc: application/sdp\n\nx\n--b1--")]
    [Threat(19)]
    public void Broken_multiparts_hold_nothing(string contentType, string body)
    {
        var found = Find(With(contentType, body));
        Assert.True(found is null or "", found);
    }

    [Fact]
    [Rfc(4475, "3.1.1.11")]
    public void The_multipart_of_the_torture_messages_has_two_parts()
    {
        Assert.True(Sip.Parser.TryParse(Torture.TortureFiles.Read("mpart01"), stream: false, out var message, out _));

        Assert.Equal("Hello", Find(message!, "text/plain"));
        Assert.True(SipBody.TryFind(message!, "application/octet-stream"u8, out var signature));
        Assert.Equal(0x30, signature[0]);
        message!.Return();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [Threat(19)]
    public void Broken_at_random_nothing_throws_and_the_time_is_bounded(int seed)
    {
        var random = new Random(seed);
        var good = Encoding.ASCII.GetBytes((Part("c: multipart/alternative;boundary=b2", Part("c: application/sdp", Sdp, "b2") + "--b2--") + Part("c: text/plain", "x") + "--b1--").ReplaceLineEndings("\r\n"));
        var found = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var body = (byte[])good.Clone();
            for (var i = random.Next(4); i > 0; i--)
            {
                body[random.Next(body.Length)] = "-\r\nb12c: \0x"u8[random.Next(11)];
            }
            Assert.True(MediaTypeView.TryParse("multipart/mixed;boundary=b1"u8, out var type));
            Assert.True(MultipartReader.TryCreate(type, body.AsSpan(0, random.Next(body.Length + 1)), out var parts));
            while (parts.Next())
            {
                found++;
                Assert.InRange(parts.Content.Length + parts.ContentType.Length, 0, body.Length);
            }
        }
        Assert.True(found > 1_000, $"{found} parts");
    }
}
