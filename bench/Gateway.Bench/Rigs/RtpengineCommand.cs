using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Bench.Load;
using Gateway.Media.Dtls;

namespace Gateway.Bench.Rigs;

/// <summary>"rtpengine": sets up the same calls in an rtpengine by its control protocol (bencoded dictionaries over UDP) and writes the same call file.</summary>
internal static class RtpengineCommand
{
    public static int Run(RelayOptions options)
    {
        using var control = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 3000 };
        control.Connect(new IPEndPoint(IPAddress.Loopback, options.NgPort));
        var fingerprint = "";
        if (options.IsIce)
        {
            using var certificate = X509Certificate2.CreateFromPem(File.ReadAllText(options.Certificate));
            fingerprint = Fingerprint.OfCertificate(certificate.RawData).ToString();
        }

        var cpu = options.Pid == 0 ? 0 : ServerProcess.CpuNanoseconds(options.Pid);
        var calls = new StringBuilder();
        for (var i = 0; i < options.Calls; i++)
        {
            calls.Append(OneCall(control, options, fingerprint, i)).Append('\n');
        }

        File.WriteAllText(options.Out, calls.ToString());
        if (options.Pid != 0)
        {
            new Result("rtpengine-control-" + options.Mode).Add("n", options.Calls)
                .Add("srv_cpu_ms", (ServerProcess.CpuNanoseconds(options.Pid) - cpu) / 1e6 / options.Calls).Print();
        }

        return 0;
    }

    private static string OneCall(Socket control, RelayOptions options, string fingerprint, int call)
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12));
        var (ufrag, password) = RelayOptions.Peer(call);
        var port = options.APortOf(call);
        var offer = options.IsIce
            ? Description(port, "UDP/TLS/RTP/SAVPF", string.Create(
                CultureInfo.InvariantCulture,
                $"a=rtcp-mux\r\na=setup:active\r\na=fingerprint:{fingerprint}\r\na=ice-ufrag:{ufrag}\r\na=ice-pwd:{password}\r\na=candidate:1 1 UDP 2130706431 127.0.0.1 {port} typ host\r\n"))
            : Description(port, "RTP/AVP", "a=rtcp-mux\r\n");
        var toB = Ask(control, "offer", id, offer, "8:from-tag1:A18:transport-protocol7:RTP/AVP3:ICE6:remove8:rtcp-muxl5:demuxe");
        var toA = Ask(control, "answer", id, Description(options.BPort, "RTP/AVP", ""), "8:from-tag1:A6:to-tag1:B");
        var modeA = options.IsIce
            ? $"ice:{SipText.Attribute(toA, "a=ice-ufrag:")}:{SipText.Attribute(toA, "a=ice-pwd:")}:{ufrag}:{password}"
            : "rtp";
        return $"{Address(toA)} {modeA} {Address(toB)} rtp";
    }

    private static string Description(int port, string profile, string more) => string.Create(
        CultureInfo.InvariantCulture,
        $"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} {profile} 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n{more}");

    private static string Address(string sdp) =>
        SipText.Attribute(sdp, "c=IN IP4 ") + " " + SipText.Attribute(sdp, "m=audio ").Split(' ')[0];

    /// <summary>A bencoded request without nested quoting: keys need no order for this daemon. Gives the description of the answer.</summary>
    private static string Ask(Socket control, string command, string callId, string sdp, string more)
    {
        var cookie = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
        control.Send(Encoding.ASCII.GetBytes($"{cookie} d7:command{Quoted(command)}7:call-id{Quoted(callId)}3:sdp{Quoted(sdp)}{more}e"));
        var buffer = new byte[65536];
        var answer = Encoding.ASCII.GetString(buffer, 0, control.Receive(buffer));
        var at = answer.IndexOf("3:sdp", StringComparison.Ordinal);
        if (at < 0 || !answer.Contains("6:result2:ok", StringComparison.Ordinal))
        {
            throw new InvalidOperationException("rtpengine refuses: " + answer);
        }

        at += 5;
        var colon = answer.IndexOf(':', at);
        return answer.Substring(colon + 1, int.Parse(answer.AsSpan(at, colon - at), CultureInfo.InvariantCulture));
    }

    private static string Quoted(string text) => text.Length.ToString(CultureInfo.InvariantCulture) + ":" + text;
}
