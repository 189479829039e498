using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Bench.Load;

/// <summary>
/// One SIP phone on UDP that takes every call at once: 180, 200 with PCMU. Which browser calls it knows by the number in
/// the caller's name, and hands the gateway's RTP address to that call.
/// </summary>
internal sealed class PhoneLine : IDisposable
{
    private const string User = "phone";
    private const string Domain = "gateway";

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly Func<int, IPEndPoint, int> _answer;
    private readonly Thread _thread;
    private volatile bool _stopping;

    /// <param name="answer">Takes the caller's number and the gateway's RTP address, gives the phone's RTP port.</param>
    public PhoneLine(IPEndPoint gateway, Func<int, IPEndPoint, int> answer)
    {
        _answer = answer;
        _socket.ReceiveBufferSize = 4 << 20;
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _socket.Connect(gateway);
        _thread = new Thread(Run) { IsBackground = true, Name = "phone" };
    }

    private int Port => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    public void Register()
    {
        UdpRegistration.Register(_socket, User, Domain);
        _thread.Start();
    }

    public void Dispose()
    {
        _stopping = true;
        _socket.Dispose();
    }

    private void Run()
    {
        var buffer = new byte[64 * 1024];
        while (!_stopping)
        {
            try
            {
                Take(Encoding.UTF8.GetString(buffer, 0, _socket.Receive(buffer)));
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // Closed, or an ICMP answer of a gateway that stops.
            }
        }
    }

    private void Take(string message)
    {
        if (message.StartsWith("SIP/2.0", StringComparison.Ordinal) || message.StartsWith("ACK ", StringComparison.Ordinal))
        {
            return;
        }

        if (!message.StartsWith("INVITE ", StringComparison.Ordinal))
        {
            Send(SipText.Answer(message, "200 OK", "phone"));
            return;
        }

        Send(SipText.Answer(message, "180 Ringing", "phone", Contact()));
        var sdp = SipText.Body(message);
        var gateway = new IPEndPoint(
            IPAddress.Parse(SipText.Attribute(sdp, "c=IN IP4 ")),
            int.Parse(SipText.Attribute(sdp, "m=audio ").Split(' ')[0], CultureInfo.InvariantCulture));
        var port = _answer(Caller(message), gateway);
        var answer = string.Create(
            CultureInfo.InvariantCulture,
            $"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\na=sendrecv\r\n");
        Send(SipText.Answer(message, "200 OK", "phone", Contact() + "Content-Type: application/sdp\r\n", answer));
    }

    private string Contact() => string.Create(CultureInfo.InvariantCulture, $"Contact: <sip:{User}@127.0.0.1:{Port}>\r\n");

    /// <summary>From: &lt;sip:u12@gateway&gt; is browser 12.</summary>
    private static int Caller(string invite)
    {
        var uri = SipText.Uri(SipText.Header(invite, "From"));
        var from = uri.IndexOf(":u", StringComparison.Ordinal) + 2;
        return int.Parse(uri.AsSpan(from, uri.IndexOf('@', StringComparison.Ordinal) - from), CultureInfo.InvariantCulture);
    }

    private void Send(string message) => _socket.Send(Encoding.UTF8.GetBytes(message));
}

/// <summary>REGISTER with digest from a UDP socket that is connected to the gateway.</summary>
internal static class UdpRegistration
{
    public static void Register(Socket socket, string user, string domain)
    {
        using var random = RandomNumberGenerator.Create();
        var port = ((IPEndPoint)socket.LocalEndPoint!).Port.ToString(CultureInfo.InvariantCulture);
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        string Request(int sequence, string authorization) =>
            $"REGISTER sip:{domain} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{id}{sequence};rport\r\nMax-Forwards: 70\r\n"
            + $"From: <sip:{user}@{domain}>;tag={id}\r\nTo: <sip:{user}@{domain}>\r\nCall-ID: {id}\r\nCSeq: {sequence} REGISTER\r\n"
            + $"Contact: <sip:{user}@127.0.0.1:{port}>\r\nExpires: 3600\r\n{authorization}Content-Length: 0\r\n\r\n";
        var answer = Ask(socket, Request(1, ""));
        if (SipText.Status(answer) == 401)
        {
            answer = Ask(socket, Request(2, SipText.Authorization(answer, user, "REGISTER", "sip:" + domain, random)));
        }

        if (SipText.Status(answer) != 200)
        {
            throw new InvalidOperationException($"{user} cannot register:\n{answer}");
        }
    }

    private static string Ask(Socket socket, string request)
    {
        var buffer = new byte[64 * 1024];
        socket.ReceiveTimeout = 5000;
        socket.Send(Encoding.UTF8.GetBytes(request));
        while (true)
        {
            var answer = Encoding.UTF8.GetString(buffer, 0, socket.Receive(buffer));
            if (SipText.Status(answer) >= 200)
            {
                socket.ReceiveTimeout = 0;
                return answer;
            }
        }
    }
}
