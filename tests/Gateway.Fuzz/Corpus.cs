using System.Text;
using System.Text.RegularExpressions;
using Gateway.Sdp.Tests;

namespace Gateway.Fuzz;

/// <summary>What is mutated: real messages, embedded in this program.</summary>
internal static partial class Corpus
{
    /// <summary>Whole messages: the torture files of RFC 4475 and 5118, those of the sipp scenarios, and what once failed.</summary>
    public static IReadOnlyList<byte[]> Messages { get; } = [.. Of("message/"), .. Of("regression/"), .. Of("scenario/").SelectMany(OfScenario)];

    /// <summary>Descriptions as Chromium, Firefox, baresip, sipp and linphone write them.</summary>
    public static IReadOnlyList<byte[]> Descriptions { get; } =
        [.. new[] { Offers.Chromium, Offers.Firefox, Offers.FirefoxMdns, Offers.Baresip, Offers.Sipp, Offers.Linphone }.Select(Offers.Wire)];

    public static IReadOnlyList<byte[]> Multiparts { get; } =
    [
        .. Messages.Where(message => message.AsSpan().IndexOf("multipart/"u8) >= 0).Select(message => message[(message.AsSpan().IndexOf("\r\n\r\n"u8) + 4)..]),
        Text("--a b\nContent-Type: application/sdp\n\nv=0\n\n--a b\nContent-Type: application/isup;version=x\nContent-Disposition: signal;handling=optional\n\n\0\u0001\n--a b--\n"),
        Text("preamble\n--a b\n\nno headers\n--a b\nContent-Type: multipart/mixed;boundary=inner\n\n--inner\n\nx\n--inner--\n--a b--\nepilogue"),
    ];

    /// <summary>Pieces that mean something to a parser, put where they do not belong.</summary>
    public static IReadOnlyList<byte[]> Tokens { get; } =
    [
        .. new[]
        {
            "\r\n", "\r\n ", "\r\n\r\n", "\r", "\n", "\0", "\"", "\\", "<", ">", ";", ",", ":", "@", "[", "]", "::", "%", "%0d%0a", "%00", "=", "*", "?", "&", " ", "\t",
            "SIP/2.0", "SIP/2.0/UDP ", ";branch=z9hG4bK", ";tag=", ";rport", ";lr", ";maddr=", "l: 4294967296", "Content-Length: -1\r\n", "v:", "f:", "t:", "i:", "m: *", "e: gzip\r\n",
            "CSeq: 2147483648 INVITE\r\n", "Max-Forwards: 0\r\n", "Require: 100rel\r\n", "Replaces: a;to-tag=b;from-tag=c\r\n", "Route: <sip:192.0.2.1;lr>\r\n", "Expires: 0\r\n", "Session-Expires: 90\r\n",
            "sip:", "sips:", "tel:", "\u00e9", "(", ")", "/", "0", "-1", "65536", "4294967296", "99999999999999999999", "INVITE", "Contact: ", "--", "--a b", "boundary=", "a=", "m=audio 0 RTP/AVP 0\r\n",
            "c=IN IP4 0.0.0.0\r\n", "c=IN IP6 ::\r\n", "a=ptime:", "a=rtpmap:", "a=fmtp:", "a=rtcp:", "a=mid:", "a=group:BUNDLE ", "a=candidate:", "a=fingerprint:sha-256 ", "a=setup:passive\r\n",
            "a=rtcp-mux\r\n", "a=bundle-only\r\n", "a=sendonly\r\n", "a=inactive\r\n", "v=0\r\n", "opus/0/0", "telephone-event/8000", "127", "128", "65535", "255.255.255.255", "%s%n",
        }.Select(Encoding.UTF8.GetBytes),
        [0xFF], [0xC3], [0xE2, 0x82], [0xC0, 0x80],
    ];

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text.ReplaceLineEndings("\r\n"));

    private static IEnumerable<byte[]> Of(string prefix)
    {
        var assembly = typeof(Corpus).Assembly;
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            yield return bytes;
        }
    }

    /// <summary>What a scenario sends, its variables filled in as sipp would.</summary>
    private static IEnumerable<byte[]> OfScenario(byte[] xml)
    {
        foreach (Match sent in Sent().Matches(Encoding.UTF8.GetString(xml)))
        {
            var lines = sent.Groups[1].Value.ReplaceLineEndings("\n").Trim('\n', ' ').Split('\n').Select(line => line.Trim()).ToList();
            var blank = lines.IndexOf("");
            var body = blank < 0 ? "" : string.Join("\r\n", lines[(blank + 1)..]) + "\r\n";
            var head = string.Join("\r\n", blank < 0 ? lines : lines[..blank]);
            head = LastHeader().Replace(head, match => match.Groups[1].Value switch
            {
                "Via" => "Via: SIP/2.0/UDP 198.51.100.7:5062;branch=z9hG4bKlast",
                "To" => "To: <sip:ada@gw.example>;tag=last",
                "From" => "From: <sip:bob@gw.example>;tag=f",
                "Call-ID" => "Call-ID: last@phone",
                "CSeq" => "CSeq: 1 INVITE",
                var other => other + ": 1",
            });
            head = Variable().Replace(head, match => match.Groups[1].Value switch
            {
                "remote_ip" => "gw.example",
                "remote_port" => "5060",
                "local_ip" => "198.51.100.7",
                "local_port" => "5062",
                "transport" => "UDP",
                "branch" => "z9hG4bKsipp",
                "call_id" => "sipp@198.51.100.7",
                "user" => "ada",
                "target" => "bob",
                "len" => "0",
                _ => "1",
            });
            yield return Encoding.UTF8.GetBytes(head.Replace("Content-Length: 0", $"Content-Length: {body.Length}", StringComparison.Ordinal) + "\r\n\r\n" + Variable().Replace(body, "192.0.2.9"));
        }
    }

    [GeneratedRegex(@"<!\[CDATA\[(.*?)\]\]>", RegexOptions.Singleline)]
    private static partial Regex Sent();

    [GeneratedRegex(@"\[last_([A-Za-z-]+):?\]")]
    private static partial Regex LastHeader();

    [GeneratedRegex(@"\[([a-z_]+)[^\]]*\]")]
    private static partial Regex Variable();
}
