using System.Globalization;
using System.Text;
using Gateway.Sip;

namespace Gateway.Server.Tests.Calls;

/// <summary>Descriptions as phones and browsers write them, made from what the other side offered.</summary>
internal static class SdpText
{
    public const string Fingerprint =
        "sha-256 AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99";

    private static readonly Dictionary<string, string> Maps = new(StringComparer.OrdinalIgnoreCase)
    {
        ["PCMU"] = "0 PCMU/8000",
        ["PCMA"] = "8 PCMA/8000",
        ["G722"] = "9 G722/8000",
        ["opus"] = "111 opus/48000/2",
        ["telephone-event"] = "101 telephone-event/8000",
        ["telephone-event/48000"] = "110 telephone-event/48000",
        ["GSM"] = "3 GSM/8000",
    };

    public static string Offer(bool browser, string codecs, string direction = "sendrecv", string address = "192.0.2.50", int version = 1, string ufrag = "peerU") =>
        Write(browser, [.. codecs.Split(' ').Select(name => Maps[name])], direction, address, "actpass", version, ufrag);

    /// <summary>Takes of an offer those codecs that are named, with the numbers of the offer.</summary>
    public static string Answer(SipMessage offer, bool browser, string codecs, string direction = "sendrecv", string address = "192.0.2.50")
    {
        var names = codecs.Split(' ');
        var maps = RtpMaps(Body(offer)).Where(map => names.Contains(map.Split(' ')[1].Split('/')[0], StringComparer.OrdinalIgnoreCase));
        return Write(browser, [.. maps], direction, address, "active", 1, "peerU");
    }

    public static string Body(SipMessage message) => Encoding.UTF8.GetString(message.Body);

    public static IEnumerable<string> RtpMaps(string sdp) => Lines(sdp, "a=rtpmap:");

    /// <summary>The codec names of a description, in the order of its m= line.</summary>
    public static string Codecs(string sdp)
    {
        var maps = RtpMaps(sdp).ToDictionary(map => map.Split(' ')[0], map => map.Split(' ')[1].Split('/')[0]);
        var formats = Lines(sdp, "m=audio ").Single().Split(' ')[2..];
        return string.Join(' ', formats.Select(format => maps.GetValueOrDefault(format) ?? (format == "0" ? "PCMU" : format == "8" ? "PCMA" : format)));
    }

    public static string Direction(string sdp) =>
        new[] { "sendrecv", "sendonly", "recvonly", "inactive" }.FirstOrDefault(name => Lines(sdp, "a=" + name).Any()) ?? "sendrecv";

    private static IEnumerable<string> Lines(string sdp, string prefix) =>
        sdp.Split("\r\n").Where(line => line.StartsWith(prefix, StringComparison.Ordinal)).Select(line => line[prefix.Length..]);

    private static string Write(bool browser, string[] maps, string direction, string address, string setup, int version, string ufrag)
    {
        var formats = string.Join(' ', maps.Select(map => map.Split(' ')[0]));
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"v=0\r\no=- 4711 {version} IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\n");
        if (browser) text.Append("a=group:BUNDLE 0\r\n");
        text.Append(CultureInfo.InvariantCulture, $"m=audio {(browser ? "9 UDP/TLS/RTP/SAVPF" : "40000 RTP/AVP")} {formats}\r\n");
        foreach (var map in maps) text.Append(CultureInfo.InvariantCulture, $"a=rtpmap:{map}\r\n");
        text.Append(CultureInfo.InvariantCulture, $"a={direction}\r\n");
        if (browser)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"a=mid:0\r\na=rtcp-mux\r\na=ice-ufrag:{ufrag}\r\na=ice-pwd:0123456789abcdefghijklmn\r\na=fingerprint:{Fingerprint}\r\na=setup:{setup}\r\n");
        }
        return text.ToString();
    }
}
