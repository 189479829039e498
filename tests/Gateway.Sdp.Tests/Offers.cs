using System.Net;
using System.Text;

namespace Gateway.Sdp.Tests;

/// <summary>Descriptions as real peers write them, and the gateway's identities that the tests answer with.</summary>
internal static class Offers
{
    public const string Sha256 = "7B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:19:08";
    public const string OurSha256 = "19:E2:1C:3B:4B:9F:81:E6:B8:5C:F4:A5:A8:D8:73:04:BB:05:2F:70:9F:04:A9:0E:05:E9:26:33:E8:70:88:A2";

    /// <summary>Chromium 156's audio offer after full gathering: everything in the section. An mDNS and a server-reflexive candidate are added.</summary>
    public const string Chromium = $"""
        v=0
        o=- 3546004397921447048 2 IN IP4 127.0.0.1
        s=-
        t=0 0
        a=group:BUNDLE 0
        a=extmap-allow-mixed
        a=msid-semantic: WMS 2f1d3c8e-6a3d-4d6b-9a2c-0f1e2d3c4b5a
        m=audio 41234 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126
        c=IN IP4 192.0.2.10
        a=rtcp:9 IN IP4 0.0.0.0
        a=candidate:3350409123 1 udp 2122260223 192.0.2.10 41234 typ host generation 0 network-id 1
        a=candidate:842163049 1 udp 2122194687 2001:db8::10 41235 typ host generation 0 network-id 2
        a=candidate:1467250027 1 udp 2122129151 2f1d3c8e-1111-4d6b-9a2c-0f1e2d3c4b5a.local 52000 typ host generation 0 network-id 3
        a=candidate:2233411234 1 tcp 1518280447 192.0.2.10 9 typ host tcptype active generation 0 network-id 1
        a=candidate:842163049 1 udp 1685987071 198.51.100.7 41234 typ srflx raddr 192.0.2.10 rport 41234 generation 0 network-id 1
        a=ice-ufrag:Hk3d
        a=ice-pwd:asd88fgpdd777uzjYhagZgQx
        a=ice-options:trickle
        a=fingerprint:sha-256 {Sha256}
        a=setup:actpass
        a=mid:0
        a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
        a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
        a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
        a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
        a=sendrecv
        a=msid:2f1d3c8e-6a3d-4d6b-9a2c-0f1e2d3c4b5a 9b0c1d2e-3f40-4152-8a6b-7c8d9e0f1a2b
        a=rtcp-mux
        a=rtcp-rsize
        a=rtcp-xr:rcvr-rtt=all
        a=rtpmap:111 opus/48000/2
        a=rtcp-fb:111 transport-cc
        a=fmtp:111 minptime=10;useinbandfec=1
        a=rtpmap:63 red/48000/2
        a=fmtp:63 111/111
        a=rtpmap:9 G722/8000
        a=rtpmap:0 PCMU/8000
        a=rtpmap:8 PCMA/8000
        a=rtpmap:13 CN/8000
        a=rtpmap:110 telephone-event/48000
        a=rtpmap:126 telephone-event/8000
        a=ssrc:3570614608 cname:4TOk42mSjXCkVIa6
        a=ssrc:3570614608 msid:2f1d3c8e-6a3d-4d6b-9a2c-0f1e2d3c4b5a 9b0c1d2e-3f40-4152-8a6b-7c8d9e0f1a2b

        """;

    /// <summary>Firefox ESR: fingerprint and group at the session level, candidates for components 1 and 2.</summary>
    public const string Firefox = $$"""
        v=0
        o=mozilla...THIS_IS_SDPARTA-99.0 6187243290874108032 0 IN IP4 0.0.0.0
        s=-
        t=0 0
        a=fingerprint:sha-256 {{Sha256}}
        a=group:BUNDLE 0
        a=ice-options:trickle
        a=msid-semantic:WMS *
        m=audio 50123 UDP/TLS/RTP/SAVPF 109 9 0 8 101
        c=IN IP4 192.0.2.20
        a=candidate:0 1 UDP 2122252543 192.0.2.20 50123 typ host
        a=candidate:2 1 TCP 2105524479 192.0.2.20 9 typ host tcptype active
        a=candidate:0 2 UDP 2122252542 192.0.2.20 50124 typ host
        a=candidate:2 2 TCP 2105524478 192.0.2.20 9 typ host tcptype active
        a=sendrecv
        a=end-of-candidates
        a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
        a=extmap:2/recvonly urn:ietf:params:rtp-hdrext:csrc-audio-level
        a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid
        a=fmtp:109 maxplaybackrate=48000;stereo=1;useinbandfec=1
        a=fmtp:101 0-15
        a=ice-pwd:a5eb5a2cd17b6c0b6f7b1e3ab1a4d6c8
        a=ice-ufrag:3f1b2d9a
        a=mid:0
        a=msid:{8f5c7a56-0f2b-4ae5-8d1b-2b4c6a5e7d91} {c6c37fc5-6a1e-4d3b-b0f0-5c2d3a4e8b10}
        a=rtcp:50124 IN IP4 192.0.2.20
        a=rtcp-mux
        a=rtpmap:109 opus/48000/2
        a=rtpmap:9 G722/8000/1
        a=rtpmap:0 PCMU/8000
        a=rtpmap:8 PCMA/8000
        a=rtpmap:101 telephone-event/8000/1
        a=setup:actpass
        a=ssrc:1404312512 cname:{1e4f8c3b-5c2a-4d7f-9b1e-6a3d2c4b5e70}

        """;

    /// <summary>Firefox 153 before it has permission to show addresses: nothing but mDNS names, the session level says sendrecv as well.</summary>
    public const string FirefoxMdns = $$"""
        v=0
        o=mozilla...THIS_IS_SDPARTA-99.0 1673942904674873948 0 IN IP4 0.0.0.0
        s=-
        t=0 0
        a=sendrecv
        a=fingerprint:sha-256 {{Sha256}}
        a=group:BUNDLE 0
        a=ice-options:trickle
        a=msid-semantic:WMS *
        m=audio 9 UDP/TLS/RTP/SAVPF 109 9 0 8 101
        c=IN IP4 0.0.0.0
        a=candidate:0 1 UDP 2122187007 cde65e59-4b62-4273-aa51-777ab7ddbb05.local 50864 typ host
        a=candidate:1 1 UDP 2122252543 3928cc45-61da-49fb-8730-11958a553c26.local 45748 typ host
        a=candidate:2 1 TCP 2105458943 cde65e59-4b62-4273-aa51-777ab7ddbb05.local 9 typ host tcptype active
        a=candidate:0 2 UDP 2122187006 cde65e59-4b62-4273-aa51-777ab7ddbb05.local 60384 typ host
        a=sendrecv
        a=end-of-candidates
        a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
        a=extmap:2/recvonly urn:ietf:params:rtp-hdrext:csrc-audio-level
        a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid
        a=extmap:7 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
        a=extmap-allow-mixed
        a=fmtp:109 maxplaybackrate=48000;stereo=1;useinbandfec=1
        a=fmtp:101 0-15
        a=ice-pwd:66f5cbb7067c41082892c6f962686578
        a=ice-ufrag:936626d5
        a=mid:0
        a=msid:{1dfd83a0-50e0-4cab-9b86-2eb3549bcd71} {1c4aac8c-fd60-44fd-92ef-b1d478e1d647}
        a=rtcp:60384 IN IP4 cde65e59-4b62-4273-aa51-777ab7ddbb05.local
        a=rtcp-fb:109 transport-cc
        a=rtcp-fb:9 transport-cc
        a=rtcp-mux
        a=rtpmap:109 opus/48000/2
        a=rtpmap:9 G722/8000/1
        a=rtpmap:0 PCMU/8000
        a=rtpmap:8 PCMA/8000
        a=rtpmap:101 telephone-event/8000
        a=setup:actpass
        a=ssrc:2140592582 cname:{cc54003c-3cbe-4386-8c43-5ff16403354c}

        """;

    /// <summary>baresip 1.0.0 with the modules g711, g722 and opus.</summary>
    public const string Baresip = """
        v=0
        o=- 4125184171 1777775166 IN IP4 192.0.2.30
        s=-
        c=IN IP4 192.0.2.30
        t=0 0
        a=tool:baresip 1.0.0
        m=audio 10000 RTP/AVP 0 8 9 96 101
        a=rtpmap:0 PCMU/8000
        a=rtpmap:8 PCMA/8000
        a=rtpmap:9 G722/8000
        a=rtpmap:96 opus/48000/2
        a=fmtp:96 stereo=1;sprop-stereo=1
        a=rtpmap:101 telephone-event/8000
        a=fmtp:101 0-15
        a=sendrecv
        a=label:1
        a=rtcp-rsize
        a=ssrc:2737111412 cname:sip:alice@192.0.2.30
        a=minptime:20
        a=ptime:20

        """;

    /// <summary>The body of sipp's built-in UAC scenario.</summary>
    public const string Sipp = """
        v=0
        o=user1 53655765 2353687637 IN IP4 127.0.1.1
        s=-
        c=IN IP4 127.0.1.1
        t=0 0
        m=audio 6000 RTP/AVP 0
        a=rtpmap:0 PCMU/8000

        """;

    public const string Linphone = """
        v=0
        o=alice 3301 1721 IN IP4 192.0.2.40
        s=Talk
        c=IN IP4 192.0.2.40
        t=0 0
        a=rtcp-xr:rcvr-rtt=all:10000 stat-summary=loss,dup,jitt,TTL voip-metrics
        a=record:off
        m=audio 7078 RTP/AVPF 96 97 98 0 8 18 101 99 100
        a=rtpmap:96 opus/48000/2
        a=fmtp:96 useinbandfec=1
        a=rtpmap:97 speex/16000
        a=fmtp:97 vbr=on
        a=rtpmap:98 speex/8000
        a=fmtp:98 vbr=on
        a=fmtp:18 annexb=yes
        a=rtpmap:101 telephone-event/48000
        a=rtpmap:99 telephone-event/16000
        a=rtpmap:100 telephone-event/8000
        a=rtcp-fb:* trr-int 1000
        a=rtcp-fb:* ccm tmmbr

        """;

    public static LocalMedia OurWebRtc { get; } = new()
    {
        Rtp = new IPEndPoint(IPAddress.Parse("203.0.113.5"), 40000),
        Candidates = [new IPEndPoint(IPAddress.Parse("203.0.113.5"), 40000), new IPEndPoint(IPAddress.Parse("2001:db8::5"), 40000)],
        Ssrc = 0x11223344,
        CName = "gw-cname",
        IceUfrag = "gwUf",
        IcePassword = "gwPwd0123456789abcdefghi",
        Fingerprint = "sha-256 " + OurSha256,
    };

    public static LocalMedia OurRtp { get; } = new()
    {
        Rtp = new IPEndPoint(IPAddress.Parse("203.0.113.5"), 30000),
        Rtcp = new IPEndPoint(IPAddress.Parse("203.0.113.5"), 30001),
        Ssrc = 0x55667788,
        CName = "gw-cname",
    };

    /// <summary>The octets on the wire: CRLF after each line.</summary>
    public static byte[] Wire(string text) => Encoding.UTF8.GetBytes(text.ReplaceLineEndings("\r\n"));

    public static SessionDescription Parse(string text) =>
        SdpParser.TryParse(Wire(text), out var description, out var error) ? description : throw new InvalidDataException($"{error.Kind} in line {error.Line}");

    /// <summary>The lines of a description with one prefix, for assertions that name what they look at.</summary>
    public static string[] Lines(string sdp, string prefix) => [.. sdp.Split("\r\n").Where(line => line.StartsWith(prefix, StringComparison.Ordinal))];
}
