using System.Net;
using System.Text;
using BenchmarkDotNet.Attributes;
using Gateway.Sip;

namespace Gateway.Bench;

/// <summary>
/// What one SIP message costs on the receive thread: the 800-byte INVITE of the targets (1 µs, 200 B), a small REGISTER, and
/// the answer that is written to it.
/// </summary>
[MemoryDiagnoser]
public class ParserBench
{
    private readonly SipParser _parser = new();
    private readonly SipWriter _writer = new();
    private readonly Flow _flow = new(SipTransport.Udp, new IPEndPoint(IPAddress.Parse("192.0.2.1"), 5060), 0, 0);
    private byte[] _invite = [];
    private byte[] _register = [];
    private SipRequest? _parsed;

    [GlobalSetup]
    public void Setup()
    {
        const string body = "v=0\r\no=alice 2890844526 2890844526 IN IP4 192.0.2.101\r\ns=-\r\nc=IN IP4 192.0.2.101\r\nt=0 0\r\n"
            + "m=audio 49172 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n";
        _invite = Encoding.ASCII.GetBytes(
            "INVITE sip:bob@biloxi.example.com;transport=tcp SIP/2.0\r\n"
            + "Via: SIP/2.0/UDP pc33.atlanta.example.com:5060;branch=z9hG4bK74bf9a8c7d;rport\r\n"
            + "Max-Forwards: 70\r\n"
            + "From: \"Alice Liddell\" <sip:alice@atlanta.example.com>;tag=9fxced76sl\r\n"
            + "To: Bob <sip:bob@biloxi.example.com>\r\n"
            + "Call-ID: 3848276298220188511@atlanta.example.com\r\n"
            + "CSeq: 1 INVITE\r\n"
            + "Contact: <sip:alice@192.0.2.101:5060;transport=udp>\r\n"
            + "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, UPDATE, PRACK\r\n"
            + "Supported: replaces, timer, 100rel\r\n"
            + "Session-Expires: 1800;refresher=uac\r\n"
            + "User-Agent: Example Phone 1.0\r\n"
            + "Content-Type: application/sdp\r\n"
            + $"Content-Length: {body.Length}\r\n\r\n" + body);
        _register = Encoding.ASCII.GetBytes(
            "REGISTER sip:example.com SIP/2.0\r\n"
            + "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK74bf9a8c7d\r\n"
            + "Max-Forwards: 70\r\n"
            + "From: <sip:alice@example.com>;tag=9fxced76sl\r\n"
            + "To: <sip:alice@example.com>\r\n"
            + "Call-ID: 3848276298220188511\r\n"
            + "CSeq: 2 REGISTER\r\n"
            + "Contact: <sip:alice@192.0.2.1:5060>\r\n"
            + "Expires: 3600\r\n"
            + "Content-Length: 0\r\n\r\n");
        _parser.TryParse(_invite, stream: false, out var message, out _);
        _parsed = (SipRequest)message!.Retain();
    }

    /// <summary>Copy, index, return the lease.</summary>
    [Benchmark(Baseline = true)]
    public uint ParseInvite()
    {
        _parser.TryParse(_invite, stream: false, out var message, out _);
        var number = message!.CSeq;
        message.Return();
        return number;
    }

    [Benchmark]
    public uint ParseRegister()
    {
        _parser.TryParse(_register, stream: false, out var message, out _);
        var number = message!.CSeq;
        message.Return();
        return number;
    }

    /// <summary>The exact-size copy that an INVITE server transaction keeps.</summary>
    [Benchmark]
    public SipRequest Retain() => _parsed!.Retain();

    /// <summary>A 180 with its headers.</summary>
    [Benchmark]
    public int WriteRinging()
    {
        SipResponses.Begin(_writer, _parsed!, _flow, 180, toTag: "8321234356");
        _writer.Copy(_parsed!, HeaderId.RecordRoute);
        _writer.Header(HeaderId.Contact, "<sip:gw@192.0.2.9:5060>"u8);
        _writer.NoBody();
        return _writer.Written.Length;
    }

    [Benchmark]
    public bool ParseUri() => SipUriView.TryParse("sip:alice@atlanta.example.com:5060;transport=tcp;lr"u8, out _);
}
