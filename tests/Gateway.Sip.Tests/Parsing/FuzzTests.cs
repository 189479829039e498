using System.Text;
using Gateway.Testing;

namespace Gateway.Sip.Tests.Parsing;

/// <summary>
/// A seeded mutator over the torture messages: whatever comes in, nothing throws, every slice lies in the buffer, an accepted
/// message reads the same after it was written, and an answerable one gives an answer that parses.
/// </summary>
public sealed class FuzzTests
{
    private static readonly byte[][] Corpus = [.. Torture.TortureFiles.Names.Select(Torture.TortureFiles.Read), LeaseTests.Invite800];

    private static readonly byte[][] Tokens =
    [
        .. new[]
        {
            "\r\n", "\r\n ", "\r\n\r\n", "\r", "\n", "\0", "\"", "\\", "<", ">", ";", ",", ":", "@", "[", "]", "::", "%", "%0d%0a", "=", "*", "?",
            "&", " ", "\t", "SIP/2.0", "SIP/2.0/UDP ", ";branch=z9hG4bK", ";tag=", ";rport", "l: 4294967296", "Content-Length: -1\r\n", "v:", "f:", "t:",
            "i:", "m: *", "CSeq: 2147483648 INVITE\r\n", "sip:", "sips:", "tel:", "\u00e9", "(", ")", "/", "0", "99999999999999999999", "INVITE", "Contact: ",
        }.Select(Encoding.UTF8.GetBytes),
        [0xFF], [0xC3], [0xE2, 0x82],
    ];

    [Theory]
    [InlineData(20260101)]
    [InlineData(4475)]
    [InlineData(5118)]
    [Threat(20)]
    [Threat(22)]
    public void Mutated_messages_never_break_the_parser(int seed)
    {
        var random = new Random(seed);
        var parser = new SipParser(8);
        var writer = new SipWriter();
        const int rounds = 40_000;
        var (accepted, answered) = (0, 0);
        for (var round = 0; round < rounds; round++)
        {
            var bytes = Mutate(random);
            var stream = random.Next(4) == 0;
            var ok = parser.TryParse(bytes, stream, out var message, out var error);
            if (message is null)
            {
                Assert.False(ok);
                Assert.InRange(error.Offset, 0, bytes.Length);
                Assert.NotEmpty(error.Label);
                continue;
            }
            Visit(message);
            if (ok)
            {
                accepted++;
                Assert.Equal(default, error);
                RoundTrip(parser, writer, message);
            }
            else
            {
                answered++;
                Answer(parser, writer, Assert.IsType<SipRequest>(message), error);
            }
            message.Return();
        }
        // The mutator must reach all three outcomes, or this test shows nothing.
        Assert.True(accepted > rounds / 20, $"{accepted} of {rounds} accepted");
        Assert.True(answered > rounds / 100, $"{answered} of {rounds} answered");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [Threat(14)]
    public void Mutated_streams_never_break_the_framer(int seed)
    {
        var random = new Random(seed);
        var failed = 0;
        var messages = 0;
        for (var round = 0; round < 1500; round++)
        {
            byte[] stream = [.. Mutate(random), .. Mutate(random), .. Mutate(random)];
            var framer = new StreamFramer();
            var kind = FrameKind.None;
            for (var at = 0; at < stream.Length && kind != FrameKind.Failed;)
            {
                var take = Math.Min(random.Next(1, 700), stream.Length - at);
                ReadOnlySpan<byte> input = stream.AsSpan(at, take);
                at += take;
                while ((kind = framer.Next(ref input, out var frame, out var error)) is not (FrameKind.None or FrameKind.Failed))
                {
                    messages += kind == FrameKind.Message ? 1 : 0;
                    Assert.InRange(frame.Length, 0, SipLimits.Message);
                    if (kind == FrameKind.Message && Sip.Parser.TryParse(frame, stream: true, out var message, out _))
                    {
                        // One grammar: what the framer cut is what the parser reads, to the last byte.
                        Assert.Equal(frame.Length, message!.Bytes.Length);
                        message.Return();
                    }
                }
                Assert.InRange(framer.Held, 0, SipLimits.Message);
                Assert.True(input.IsEmpty || kind == FrameKind.Failed);
            }
            failed += kind == FrameKind.Failed ? 1 : 0;
        }
        Assert.True(failed > 100, $"{failed} failed");
        Assert.True(messages > 100, $"{messages} messages");
    }

    [Theory]
    [InlineData(7)]
    [InlineData(8)]
    public void Mutated_values_never_break_the_views(int seed)
    {
        string[] values =
        [
            "\"A \\\"B\\\"\" <sip:a%20b:pw@[2001:db8::1]:5060;lr;x=%41?Subject=a%20b&Replaces=c%3Bto-tag%3D1%3Bfrom-tag%3D2>;tag=1;q=0.7;expires=60;+sip.instance=\"<urn:uuid:1>\";reg-id=1",
            "SIP/2.0/WSS host.invalid:443;branch=z9hG4bK1;rport;received=192.0.2.1", "tel:+1-201-555-0123;phone-context=+1;ext=5",
            "1800;refresher=uac", "1 2 INVITE", "120 (comment) ;duration=60", "multipart/mixed;boundary=\"a b\"", "SIP;cause=200;text=\"x\"",
            "callid@host;to-tag=1;from-tag=2;early-only", "presence;id=7", "terminated;reason=timeout;expires=0", "*",
        ];
        var random = new Random(seed);
        var read = 0;
        for (var round = 0; round < 30_000; round++)
        {
            var bytes = MutateOne(random, Encoding.UTF8.GetBytes(values[random.Next(values.Length)]));
            read += ReadAll(bytes) ? 1 : 0;
        }
        Assert.True(read > 1000, $"{read} values read");
    }

    private static bool ReadAll(byte[] bytes)
    {
        var any = false;
        if (NameAddressView.TryParse(bytes, out var address))
        {
            any = true;
            _ = address.DisplayName.Length + address.UriBytes.Length + address.Tag.Length + address.Parameters.Length;
            address.TryGetParameter("expires"u8, out _);
            QuotedText.Unescape(address.DisplayName);
        }
        if (ContactView.TryParse(bytes, out var contact))
        {
            Assert.InRange(contact.Q, 0, 1000);
        }
        if (SipUri.TryParse(bytes, out var uri))
        {
            any = true;
            // Parse, print, parse: the same URI, and printing is then stable.
            var text = uri.ToString();
            Assert.True(SipUri.TryParse(text.AsSpan(), out var again), text);
            Assert.Equal(uri, again);
            Assert.Equal(text, again.ToString());
            Assert.Equal(uri.GetHashCode(), again.GetHashCode());
        }
        any |= ViaView.TryParse(bytes, out var via) && via.Raw.Length > 0;
        any |= SessionExpires.TryParse(bytes, out _) | RAck.TryParse(bytes, out _) | RetryAfter.TryParse(bytes, out _);
        any |= MediaTypeView.TryParse(bytes, out _) | ReasonView.TryParse(bytes, out _) | EventView.TryParse(bytes, out _);
        any |= Replaces.TryParse(bytes, out _) | ReferTo.TryParse(bytes, out _) | SubscriptionStateView.TryParse(bytes, out _);
        return any;
    }

    private static void Visit(SipMessage message)
    {
        var total = message.CallId.Length + message.FromTag.Length + message.ToTag.Length + message.CSeqMethodToken.Length
            + message.TopVia.Branch.Length + message.TopVia.Host.Length + message.Body.Length + message.From.DisplayName.Length;
        Assert.InRange(total, 0, 8 * SipLimits.Message);
        foreach (var field in message.Fields)
        {
            Assert.False(field.Value.ContainsAny("\r\n"u8));
            Assert.True(field.Name.Length > 0);
        }
        foreach (var id in (HeaderId[])[HeaderId.Via, HeaderId.Contact, HeaderId.Route, HeaderId.Supported, HeaderId.Warning])
        {
            foreach (var value in message.Values(id))
            {
                Assert.False(value.IsEmpty);
            }
        }
        message.TryGetNumber(HeaderId.Expires, out _);
        message.ListHas(HeaderId.Require, "100rel"u8);
        var kept = message.Retain();
        Assert.Equal(message.Bytes.Length, kept.Bytes.Length);
    }

    private static void RoundTrip(SipParser parser, SipWriter writer, SipMessage message)
    {
        if (message is SipRequest request)
        {
            writer.Request(request.MethodToken, request.UriBytes);
        }
        else
        {
            writer.Response(((SipResponse)message).StatusCode, "x");
        }
        foreach (var field in message.Fields)
        {
            if (field.Id != HeaderId.ContentLength)
            {
                writer.Copy(field);
            }
        }
        writer.BodyOnly(message.Body);
        if (writer.Written.Length > SipLimits.Message)
        {
            return;
        }
        Assert.True(parser.TryParse(writer.Written, stream: true, out var again, out var error), $"{error}\n{Sip.Text(writer.Written)}");
        Assert.Equal(Sip.Text(message.CallId), Sip.Text(again!.CallId));
        Assert.Equal(Sip.Text(message.From.Raw), Sip.Text(again.From.Raw));
        Assert.Equal(message.CSeq, again.CSeq);
        Assert.True(message.Body.SequenceEqual(again.Body));
        Assert.Equal(Sip.Text(message.TopVia.Raw), Sip.Text(again.TopVia.Raw));
        again.Return();
    }

    private static void Answer(SipParser parser, SipWriter writer, SipRequest request, SipParseError error)
    {
        Assert.NotEqual(SipMethod.Ack, request.Method);
        SipResponses.Begin(writer, request, default, error.StatusCode, error.Reason, "t");
        writer.NoBody();
        var cookieAlone = request.TopVia.HasCookie && request.TopVia.Branch.Length == 7;
        var isWhole = !request.CallId.IsEmpty && !request.CSeqMethodToken.IsEmpty && !request.From.Raw.IsEmpty && !request.To.Raw.IsEmpty;
        if (!cookieAlone && isWhole)
        {
            // A CSeq out of range stands in its 400 as it came: that is the number the sender knows (RFC 4475 §3.1.2.4).
            Assert.True(parser.TryParse(writer.Written, stream: true, out var answer, out var problem) || problem.Kind == SipParseErrorKind.CSeq,
                $"{problem}\n{Sip.Text(writer.Written)}");
            answer?.Return();
        }
    }

    private static byte[] Mutate(Random random)
    {
        var bytes = Corpus[random.Next(Corpus.Length)];
        for (var times = random.Next(4); times >= 0; times--)
        {
            bytes = MutateOne(random, bytes);
        }
        return bytes;
    }

    private static byte[] MutateOne(Random random, byte[] bytes)
    {
        var at = random.Next(bytes.Length + 1);
        var length = Math.Min(random.Next(1, 20), bytes.Length - at);
        var token = Tokens[random.Next(Tokens.Length)];
        var other = Corpus[random.Next(Corpus.Length)];
        var from = random.Next(other.Length);
        return random.Next(7) switch
        {
            0 => [.. bytes[..at], .. token, .. bytes[at..]],
            1 => [.. bytes[..at], .. token, .. bytes[(at + length)..]],
            2 => [.. bytes[..at], .. bytes[(at + length)..]],
            3 => [.. bytes[..at], (byte)random.Next(256), .. bytes[Math.Min(at + 1, bytes.Length)..]],
            4 => [.. bytes[..(at + length)], .. bytes[at..]],
            5 => bytes[..at],
            _ => [.. bytes[..at], .. other[from..Math.Min(other.Length, from + 60)], .. bytes[at..]],
        };
    }
}
