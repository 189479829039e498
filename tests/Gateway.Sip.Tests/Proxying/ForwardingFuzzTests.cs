using System.Text;
using Gateway.Testing;

namespace Gateway.Sip.Tests.Proxying;

/// <summary>A seeded mutator over valid messages: whatever parses is forwarded without a throw, and what leaves parses again and says the same.</summary>
public sealed class ForwardingFuzzTests
{
    private static readonly string[] s_tokens =
    [
        "\r\n ", "\r\n", ",", ";", "<", ">", "\"", " ", "\t", "Route: <sip:gw.example.com;lr>\r\n", "Route: <sip:strict>\r\n", "Via: SIP/2.0/UDP x;branch=z9hG4bK1, SIP/2.0/TCP y\r\n",
        "Max-Forwards: 0\r\n", "Max-Breadth: 3\r\n", "P-Asserted-Identity : <sip:x@y>\r\n", "sip:gw.example.com;lr", ";maddr=192.0.2.9", ";rport", ";lr", ",,", "%41", "?a=b",
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [Threat(20)]
    [Threat(21)]
    [Row(42)]
    public void Whatever_parses_is_forwarded_and_parses_again(int seed)
    {
        var random = new Random(seed);
        var own = new OwnAddresses([new OwnAddress("192.0.2.9", 5060, SipTransport.Udp)], ["gw.example.com"]);
        var corpus = Torture.TortureFiles.Names.Select(Torture.TortureFiles.Read)
            .Append(Sip.Wire(Sip.InviteWith("Route: <sip:gw.example.com;lr>, <sip:a;lr>\nRoute: <sip:strict.example.com>\nMax-Breadth: 9")))
            .Append(Sip.Wire("SIP/2.0 200 OK\nVia: SIP/2.0/UDP a;branch=z9hG4bKa, SIP/2.0/UDP b\nFrom: <sip:a@b>;tag=1\nTo: <sip:a@b>;tag=2\nCall-ID: x\nCSeq: 1 INVITE\n\n"))
            .ToArray();
        var parser = new SipParser(8);
        var writer = new SipWriter();
        var (requests, responses) = (0, 0);
        for (var round = 0; round < 30_000; round++)
        {
            var bytes = Mutate(random, corpus[random.Next(corpus.Length)]);
            if (parser.TryParse(bytes, stream: false, out var message, out _))
            {
                if (message is SipRequest request)
                {
                    requests++;
                    Forward(parser, writer, request, own, random);
                }
                else
                {
                    responses++;
                    ForwardedMessage.Write(writer, (SipResponse)message!, new ResponseEdits { Remove = HeaderStrip.ToUntrusted });
                    Assert.Equal(message!.Body.ToArray(), writer.Written[^message.Body.Length..].ToArray());
                }
            }
            message?.Return();
        }
        Assert.True(requests > 3000 && responses > 300, $"{requests} requests, {responses} responses");
    }

    private static void Forward(SipParser parser, SipWriter writer, SipRequest request, OwnAddresses own, Random random)
    {
        var hash = LoopDetection.HashOf(request);
        LoopDetection.Find(request, own, hash);
        var route = ReceivedRoute.Read(request, own).Toward(random.Next(2) == 0 ? null : "sip:bob@192.0.2.4;ob", random.Next(2) == 0 ? null : ["<sip:edge;lr>"]);
        ForwardedMessage.Write(writer, request, new RequestEdits
        {
            Transport = (SipTransport)random.Next(5),
            SentBy = "192.0.2.9:5060",
            Branch = "z9hG4bKnew",
            Route = route,
            Remove = HeaderStrip.FromUntrusted,
            RecordRoute = random.Next(2) == 0 ? [] : ["<sip:192.0.2.9;lr>"],
            Source = new Flow(SipTransport.Udp, new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 5), 0, 0),
            Realm = "gw.example.com",
            MaxBreadth = 4,
        });
        var written = writer.ToArray();
        Assert.True(parser.TryParse(written, stream: false, out var again, out var error) || error.Kind is SipParseErrorKind.HeaderTooLong or SipParseErrorKind.TooLong or SipParseErrorKind.TooManyHeaders or SipParseErrorKind.Via or SipParseErrorKind.HeaderSyntax or SipParseErrorKind.UriTooLong,
            $"{error.Kind} at {error.Offset}: {Encoding.Latin1.GetString(written)}");
        if (error.Kind == SipParseErrorKind.None)
        {
            var forwarded = Assert.IsType<SipRequest>(again);
            Assert.Equal(request.CallId.ToArray(), forwarded.CallId.ToArray());
            Assert.Equal(request.From.Raw.ToArray(), forwarded.From.Raw.ToArray());
            Assert.Equal(request.Body.ToArray(), forwarded.Body.ToArray());
            Assert.Equal(request.CSeq, forwarded.CSeq);
            Assert.False(forwarded.Has(HeaderId.PAssertedIdentity));
            Assert.Equal("z9hG4bKnew"u8.ToArray(), forwarded.TopVia.Branch.ToArray());
        }
        else
        {
            Assert.True(written.Length > 8000 || error.Kind is SipParseErrorKind.Via or SipParseErrorKind.HeaderSyntax or SipParseErrorKind.TooManyHeaders, $"{error.Kind}");
        }
        again?.Return();
    }

    private static byte[] Mutate(Random random, byte[] message)
    {
        var text = new List<byte>(message);
        for (var edits = random.Next(3); edits > 0; edits--)
        {
            var at = random.Next(Math.Min(text.Count, 600));
            switch (random.Next(3))
            {
                case 0:
                    text.InsertRange(at, Encoding.ASCII.GetBytes(s_tokens[random.Next(s_tokens.Length)]));
                    break;
                case 1:
                    text.RemoveAt(at);
                    break;
                default:
                    // Whole lines, where most of them still make a message.
                    var line = Encoding.Latin1.GetString([.. text]).IndexOf("\r\n", at, StringComparison.Ordinal);
                    if (line >= 0)
                    {
                        text.InsertRange(line + 2, Encoding.ASCII.GetBytes(s_tokens[9 + random.Next(6)]));
                    }
                    break;
            }
        }
        return [.. text];
    }
}
