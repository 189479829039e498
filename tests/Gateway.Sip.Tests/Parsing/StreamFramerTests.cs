using System.Text;
using Gateway.Testing;

namespace Gateway.Sip.Tests.Parsing;

public sealed class StreamFramerTests
{
    private static readonly string First = "OPTIONS sip:a@b SIP/2.0\r\nContent-Length : 5\r\nX: 1\r\n\r\nhello";
    private static readonly string Second = "SIP/2.0 200 OK\r\nL:\r\n 3\r\n\r\nabc";
    private static readonly string Third = "BYE sip:a@b SIP/2.0\r\ncontent-length: 0\r\nl: 0\r\n\r\n";

    [Fact]
    [Rfc(3261, "18.3")]
    [Rfc(5626, "3.5.1")]
    [Threat(14)]
    public void The_same_frames_come_out_wherever_the_stream_is_split()
    {
        var stream = Encoding.ASCII.GetBytes("\r\n\r\n" + First + Second + "\r\n" + Third + "\r\n\r\n\r\n" + First);
        string[] expected = ["Pong", "Ping", First, Second, "Pong", Third, "Pong", "Ping", "Pong", First];

        Assert.Equal(expected, Frames(stream, stream.Length));
        for (var split = 1; split < stream.Length; split++)
        {
            var framer = new StreamFramer();
            List<string> frames = [.. Feed(framer, stream.AsSpan(0, split)), .. Feed(framer, stream.AsSpan(split))];
            Assert.Equal(expected, frames);
            Assert.Equal(0, framer.Held);
        }
        for (var piece = 1; piece < 40; piece++)
        {
            Assert.Equal(expected, Frames(stream, piece));
        }
    }

    [Theory]
    [InlineData("l: 1\r\nContent-Length: 2", SipParseErrorKind.ContentLength, 400)]
    [InlineData("Content-Length: -1", SipParseErrorKind.ContentLength, 400)]
    [InlineData("Content-Length: 1 1", SipParseErrorKind.ContentLength, 400)]
    [InlineData("Content-Length: 1\r\n 1", SipParseErrorKind.ContentLength, 400)]
    [InlineData("Content-Length:", SipParseErrorKind.ContentLength, 400)]
    [InlineData("X: 1", SipParseErrorKind.MissingHeader, 400)]
    [InlineData("Content-Length: 65536", SipParseErrorKind.TooLong, 513)]
    [InlineData("Content-Length: 4294967295", SipParseErrorKind.TooLong, 513)]
    [InlineData("Content-Length: 4294967297", SipParseErrorKind.TooLong, 513)]
    [InlineData("Content-Length: 99999999999999999999999", SipParseErrorKind.TooLong, 513)]
    [Threat(14)]
    public void A_length_that_cannot_be_trusted_ends_the_stream_before_memory_is_taken(string header, SipParseErrorKind kind, int status)
    {
        var bytes = Encoding.ASCII.GetBytes($"OPTIONS sip:a@b SIP/2.0\r\n{header}\r\n\r\n");
        var framer = new StreamFramer();
        ReadOnlySpan<byte> input = bytes;

        Assert.Equal(FrameKind.Failed, framer.Next(ref input, out var frame, out var error));
        Assert.Equal((kind, status), (error.Kind, error.StatusCode));
        Assert.Equal(bytes, frame.ToArray());
        input = Encoding.ASCII.GetBytes(Third);
        Assert.Equal(FrameKind.Failed, framer.Next(ref input, out _, out error));
        Assert.Equal(kind, error.Kind);
    }

    [Fact]
    [Threat(15)]
    public void A_header_section_without_end_is_refused_at_the_limit()
    {
        var framer = new StreamFramer();
        var line = Encoding.ASCII.GetBytes("X-Endless: " + new string('x', 1000) + "\r\n");
        ReadOnlySpan<byte> input = "OPTIONS sip:a@b SIP/2.0\r\n"u8;
        Assert.Equal(FrameKind.None, framer.Next(ref input, out _, out _));
        var kind = FrameKind.None;
        SipParseError error = default;
        for (var sent = 0; kind == FrameKind.None && sent < 100; sent++)
        {
            input = line;
            kind = framer.Next(ref input, out _, out error);
            Assert.True(framer.IsMidMessage);
            Assert.InRange(framer.Held, 0, SipLimits.HeaderSection);
        }

        Assert.Equal((FrameKind.Failed, SipParseErrorKind.HeaderTooLong, 513), (kind, error.Kind, error.StatusCode));
    }

    [Fact]
    public void The_largest_message_passes_and_its_buffer_is_not_kept()
    {
        var head = "OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 65000\r\n\r\n";
        var bytes = Encoding.ASCII.GetBytes(head + new string('b', 65000) + Third);
        var framer = new StreamFramer();

        var frames = new List<string>();
        for (var at = 0; at < bytes.Length; at += 4096)
        {
            frames.AddRange(Feed(framer, bytes.AsSpan(at, Math.Min(4096, bytes.Length - at))));
        }

        Assert.Equal([head.Length + 65000, Third.Length], frames.Select(frame => frame.Length));
        Assert.False(framer.IsMidMessage);
    }

    [Theory]
    [InlineData("\u0016\u0003\u0001")]
    [InlineData(" OPTIONS")]
    [InlineData("<xml/>")]
    public void What_cannot_start_a_message_fails_at_its_first_byte(string text)
    {
        ReadOnlySpan<byte> input = Encoding.ASCII.GetBytes(text);

        Assert.Equal(FrameKind.Failed, new StreamFramer().Next(ref input, out var frame, out var error));
        Assert.Equal(SipParseErrorKind.StartLine, error.Kind);
        Assert.True(frame.IsEmpty);
    }

    [Theory]
    [InlineData("mcl01", SipParseErrorKind.ContentLength)]
    [InlineData("ncl", SipParseErrorKind.ContentLength)]
    [InlineData("inv2543", SipParseErrorKind.MissingHeader)]
    [Rfc(4475, "3.3.9")]
    [Threat(14)]
    public void Framing_errors_of_the_torture_messages_end_a_stream_with_an_answer(string name, SipParseErrorKind kind)
    {
        ReadOnlySpan<byte> input = Torture.TortureFiles.Read(name);

        Assert.Equal(FrameKind.Failed, new StreamFramer().Next(ref input, out var headers, out var error));
        Assert.Equal(kind, error.Kind);
        Assert.False(Sip.Parser.TryParse(headers, stream: true, out var message, out _));
        Assert.NotNull(message);
        message.Return();
    }

    [Fact]
    [Rfc(4475, "3.1.2.2")]
    public void A_body_shorter_than_its_length_keeps_the_stream_waiting()
    {
        var framer = new StreamFramer();
        ReadOnlySpan<byte> input = Torture.TortureFiles.Read("clerr");

        Assert.Equal(FrameKind.None, framer.Next(ref input, out _, out _));
        Assert.True(framer.IsMidMessage);
    }

    private static List<string> Frames(byte[] stream, int piece)
    {
        var framer = new StreamFramer();
        var frames = new List<string>();
        for (var at = 0; at < stream.Length; at += piece)
        {
            frames.AddRange(Feed(framer, stream.AsSpan(at, Math.Min(piece, stream.Length - at))));
        }
        return frames;
    }

    private static List<string> Feed(StreamFramer framer, ReadOnlySpan<byte> input)
    {
        var frames = new List<string>();
        while (true)
        {
            switch (framer.Next(ref input, out var frame, out var error))
            {
                case FrameKind.None:
                    Assert.True(input.IsEmpty);
                    return frames;
                case FrameKind.Message:
                    frames.Add(Encoding.ASCII.GetString(frame));
                    break;
                case FrameKind.Failed:
                    Assert.Fail(error.ToString());
                    break;
                case var kind:
                    frames.Add(kind.ToString());
                    break;
            }
        }
    }
}
