using System.Net;
using System.Text;
using Gateway.Net.Tests.Sip.Streams;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Net.Tests.Sip;

/// <summary>What a message has to look like, asked over each transport of a running host.</summary>
public sealed class MessageRowsTests
{
    private const string Request = """
        OPTIONS sip:gw.example SIP/2.0
        Via: SIP/2.0/{0} 192.0.2.4;branch=z9hG4bKrow;rport
        Max-Forwards: 70
        From: <sip:ada@gw.example>;tag=a
        To: <sip:gw.example>
        Call-ID: row
        CSeq: 1 OPTIONS
        Content-Length: 0
        """;

    public static TheoryData<string> Transports => ["UDP", "TCP", "WSS"];

    [Theory, Row(62), Rfc(3261, "7.1"), Rfc(3261, "7.2"), Rfc(3261, "25.1"), MemberData(nameof(Transports))]
    public async Task Request_line_status_line_and_CRLF_as_the_grammar_has_them(string transport)
    {
        await using var peer = await Peer.StartAsync(transport);

        var answer = await peer.AskAsync(Request);

        Assert.StartsWith("SIP/2.0 200 OK\r\n", answer.Text, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n", answer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("/r/n", answer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', answer.Text.Replace("\r\n", "", StringComparison.Ordinal));
        Assert.Equal(505, (await peer.AskAsync(Request.Replace("SIP/2.0\nVia", "SIP/7.0\nVia", StringComparison.Ordinal))).Status);
        Assert.Equal(400, (await peer.AskAsync(Request.Replace("OPTIONS sip:gw.example SIP", "OPTIONS  sip:gw.example SIP", StringComparison.Ordinal))).Status);
    }

    [Theory, Row(62), Rfc(3261, "7.3.1"), Rfc(3261, "7.3.3"), MemberData(nameof(Transports))]
    public async Task Folded_lines_and_compact_names_are_taken(string transport)
    {
        await using var peer = await Peer.StartAsync(transport);
        var folded = Request.Replace("From: <sip:ada@gw.example>;tag=a", "f :\n \"Ada\n\t L\" <sip:ada@gw.example>\n  ;tag=a", StringComparison.Ordinal)
            .Replace("To: ", "t:", StringComparison.Ordinal).Replace("Call-ID: ", "i:  ", StringComparison.Ordinal)
            .Replace("Via: ", "v: ", StringComparison.Ordinal).Replace("Content-Length: 0", "l: 0", StringComparison.Ordinal).Replace("CSeq: 1 OPTIONS", "cseq:1\n  OPTIONS", StringComparison.Ordinal);

        var answer = await peer.AskAsync(folded);

        Assert.Equal(200, answer.Status);
        Assert.Equal("row", answer.Header(HeaderId.CallId));
        Assert.Equal("1 OPTIONS", string.Join(' ', answer.Header(HeaderId.CSeq)!.Split((char[])[' ', '\r', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries)));
    }

    [Theory, Row(63), Rfc(3261, "20"), Rfc(3261, "8.1.1")]
    [InlineData("UDP", "From"), InlineData("UDP", "To"), InlineData("UDP", "Call-ID"), InlineData("UDP", "CSeq")]
    [InlineData("TCP", "From"), InlineData("TCP", "To"), InlineData("TCP", "Call-ID"), InlineData("TCP", "CSeq")]
    [InlineData("WSS", "From"), InlineData("WSS", "To"), InlineData("WSS", "Call-ID"), InlineData("WSS", "CSeq")]
    public async Task From_To_CallId_CSeq_and_Via_are_in_every_message(string transport, string name)
    {
        await using var peer = await Peer.StartAsync(transport);

        var refused = await peer.AskAsync(Without(Request, name));

        Assert.StartsWith($"SIP/2.0 400 Missing {name} Header Field\r\n", refused.Text, StringComparison.Ordinal);
        var answer = await peer.AskAsync(Request);
        Assert.Equal(200, answer.Status);
        Assert.All(new[] { HeaderId.From, HeaderId.To, HeaderId.CallId, HeaderId.CSeq, HeaderId.Via }, id => Assert.Single(answer.Headers(id)));
    }

    [Theory, Row(63), Row(64), Rfc(3261, "18.2.2"), MemberData(nameof(Transports))]
    public async Task Without_a_Via_nobody_is_answered(string transport)
    {
        await using var peer = await Peer.StartAsync(transport);

        await peer.SendAsync(Without(Request, "Via"));

        // The next answer is that of the next request.
        Assert.Equal(200, (await peer.AskAsync(Request)).Status);
    }

    [Theory, Row(64), Rfc(3261, "20.14"), Rfc(7118, "5.1")]
    [InlineData("UDP", 200), InlineData("TCP", 400), InlineData("WSS", 200)]
    public async Task Content_Length_must_be_there_on_TCP_and_need_not_on_WebSocket(string transport, int status)
    {
        await using var peer = await Peer.StartAsync(transport);

        Assert.Equal(status, (await peer.AskAsync(Without(Request, "Content-Length"))).Status);
    }

    [Theory, Row(64), Rfc(3261, "20"), Rfc(3261, "16.3"), MemberData(nameof(Transports))]
    public async Task Header_fields_that_a_method_needs_and_those_that_it_may_lack(string transport)
    {
        await using var peer = await Peer.StartAsync(transport);
        string Of(string method, string more) => Request.Replace("OPTIONS", method, StringComparison.Ordinal) + (more.Length == 0 ? "" : "\n" + more);

        // §20.22: elements that receive must do without Max-Forwards.
        Assert.Equal(200, (await peer.AskAsync(Without(Request, "Max-Forwards"))).Status);
        Assert.Equal(483, (await peer.AskAsync(Of("MESSAGE", "").Replace("Max-Forwards: 70", "Max-Forwards: 0", StringComparison.Ordinal))).Status);
        // §20.10: a REGISTER may ask without a Contact.
        Assert.Equal(401, (await peer.AskAsync(Of("REGISTER", ""))).Status);
        // §20.16: CSeq names the method of the request line.
        Assert.Equal(400, (await peer.AskAsync(Request.Replace("1 OPTIONS", "1 INVITE", StringComparison.Ordinal))).Status);
    }

    [Fact, Row(64), Rfc(3261, "8.1.1.8"), Rfc(3261, "20.10")]
    public async Task An_INVITE_has_a_Contact()
    {
        await using var rig = new HostRig();
        await rig.StartAsync();
        rig.AddAccount("ada");
        using var ada = new UdpPhone("ada", rig.Address);
        Assert.Equal(200, (await ada.RegisterAsync()).Status);

        ada.Send(ada.Request("INVITE", "sip:*43@gw.example"));

        SentMessage answer;
        do
        {
            answer = await ada.ReceiveAsync();
        }
        while (answer.Status < 200);
        Assert.Equal(400, answer.Status);
    }

    [Fact, Row(67), Rfc(3261, "18.1.1")]
    public async Task Datagrams_of_64_KB_are_taken_and_answers_larger_than_the_mtu_come_back_by_udp()
    {
        await using var peer = await Peer.StartAsync("UDP");
        var padding = string.Join("\n", Enumerable.Range(0, 200).Select(i => $"X-Padding-{i}: {new string('x', 100)}"));
        var long64 = Request.Replace("Content-Length: 0", padding + "\nContent-Type: text/plain\nContent-Length: 30000", StringComparison.Ordinal);

        var answer = await peer.AskAsync(long64 + "\n\n" + new string('b', 30000), hasBody: true);
        Assert.Equal(200, answer.Status);

        var vias = string.Join("\n", Enumerable.Range(0, 60).Select(i => $"Via: SIP/2.0/UDP 192.0.2.{i};branch=z9hG4bK{new string('v', 40)}{i}"));
        var large = await peer.AskAsync(Request.Replace("Max-Forwards", vias + "\nMax-Forwards", StringComparison.Ordinal));
        Assert.Equal(200, large.Status);
        Assert.Equal(61, large.Headers(HeaderId.Via).Count);
        Assert.True(large.Text.Length > 1500);
    }

    private static string Without(string message, string name) =>
        string.Join('\n', message.Split('\n').Where(line => !line.StartsWith(name + ":", StringComparison.Ordinal)));

    /// <summary>One end of a transport, before a host of its own.</summary>
    private sealed class Peer : IAsyncDisposable
    {
        private readonly HostRig _rig = new();
        private readonly string _transport;
        private UdpPhone? _udp;
        private StreamPhone? _tcp;
        private PlayedConnection? _socket;
        private Flow _flow;
        private int _asked;

        private Peer(string transport) => _transport = transport;

        public static async Task<Peer> StartAsync(string transport)
        {
            var peer = new Peer(transport);
            await peer._rig.StartAsync();
            switch (transport)
            {
                case "UDP":
                    peer._udp = new UdpPhone("ada", peer._rig.Address);
                    break;
                case "TCP":
                    peer._tcp = await StreamPhone.ConnectAsync("ada", peer._rig.Address);
                    break;
                default:
                    peer._socket = new PlayedConnection();
                    peer._flow = peer._rig.Host.Opened(peer._socket);
                    break;
            }

            return peer;
        }

        public async Task SendAsync(string text, bool hasBody = false)
        {
            // A transaction of its own for each question, also for those whose answer ends none.
            text = text.Replace("{0}", _transport, StringComparison.Ordinal).Replace("z9hG4bKrow", $"z9hG4bKrow{_asked++}", StringComparison.Ordinal);
            var bytes = hasBody ? Encoding.ASCII.GetBytes(text.Replace("\n", "\r\n", StringComparison.Ordinal)) : Encoding.ASCII.GetBytes(CoreHarness.Wire(text));
            if (_tcp is not null)
            {
                await _tcp.SendAsync(bytes);
            }
            else if (_udp is not null)
            {
                _udp.Send(bytes);
            }
            else
            {
                _rig.Host.Received(_flow, bytes);
            }
        }

        public async Task<SentMessage> AskAsync(string text, bool hasBody = false)
        {
            await SendAsync(text, hasBody);
            return await ReceiveAsync();
        }

        public async ValueTask DisposeAsync()
        {
            _udp?.Dispose();
            _tcp?.Dispose();
            await _rig.DisposeAsync();
        }

        private async Task<SentMessage> ReceiveAsync() =>
            _tcp is not null ? await _tcp.ReceiveAsync()
            : _udp is not null ? await _udp.ReceiveAsync()
            : new SentMessage(_flow, _socket!.Take());
    }
}
