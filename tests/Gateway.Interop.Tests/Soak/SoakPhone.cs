using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading.Channels;
using Gateway.Interop.Tests.Rig;

namespace Gateway.Interop.Tests.Soak;

/// <summary>What a phone does when it is called.</summary>
internal enum SoakManner
{
    Answers,
    IsBusy,
    RingsOn,
}

/// <summary>A phone that is written down here and nowhere else: registers, calls, is called, cancels, hands on. One wire, many calls.</summary>
internal sealed partial class SoakPhone : IAsyncDisposable
{
    /// <summary>How long who was called lets a call last.</summary>
    private static readonly TimeSpan s_talk = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly ConcurrentDictionary<string, Channel<string>> _answers = new();
    private readonly ConcurrentDictionary<string, string> _rings = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _ends = new();
    private readonly CancellationTokenSource _end = new();
    private readonly UdpClient _rtp = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly Task _listening;
    private readonly string _password;
    private readonly string _registration = Guid.NewGuid().ToString("N");
    private int _sequence;

    private SoakPhone(SoakWire wire, string user, string password, SoakManner manner)
    {
        Wire = wire;
        User = user;
        _password = password;
        Manner = manner;
        _listening = ListenAsync();
    }

    public SoakWire Wire { get; }

    public string User { get; }

    public SoakManner Manner { get; }

    private bool IsBrowser => Wire.Transport == "WSS";

    private string Contact => $"<sip:{User}@{Wire.Host}{(IsBrowser ? ";transport=ws" : Wire.Transport == "TCP" ? ";transport=tcp" : "")}>";

    public static async Task<SoakPhone> OpenAsync(GatewayProcess gateway, string transport, string user, string password, SoakManner manner = SoakManner.Answers) =>
        new(await SoakWire.OpenAsync(transport, gateway.SipPort, gateway.HttpsPort), user, password, manner);

    /// <summary>Registers, or with 0 takes itself out; answers the challenge.</summary>
    public async Task RegisterAsync(int expires = 600)
    {
        string Request(int sequence, string extra) => Begin("REGISTER", $"sip:{GatewayProcess.Realm}", _registration, sequence, NewBranch(), "reg", $"<sip:{User}@{GatewayProcess.Realm}>")
            + $"Contact: {Contact}\r\nExpires: {Text(expires)}\r\n{extra}Content-Length: 0\r\n\r\n";
        var answer = await AskAsync(Request(Interlocked.Increment(ref _sequence), ""));
        if (answer.StartsWith("SIP/2.0 401", StringComparison.Ordinal))
        {
            answer = await AskAsync(Request(Interlocked.Increment(ref _sequence), Digest.Answer(answer, "REGISTER", $"sip:{GatewayProcess.Realm}", User, _password) + "\r\n"));
        }

        Expect("SIP/2.0 200", answer);
    }

    /// <summary>An OPTIONS, as phones send it to see whether the gateway lives.</summary>
    public async Task PingAsync() =>
        Expect("SIP/2.0 200", await AskAsync(Begin("OPTIONS", $"sip:{GatewayProcess.Realm}", NewId(), 1, NewBranch(), NewId(), $"<sip:{GatewayProcess.Realm}>") + "Content-Length: 0\r\n\r\n"));

    /// <summary>Calls; gives the call once it has the status that is wanted.</summary>
    public async Task<SoakCall> CallAsync(string to, int wanted)
    {
        var call = new SoakCall { Id = NewId(), Tag = NewId(), Target = $"sip:{to}@{GatewayProcess.Realm}", To = $"<sip:{to}@{GatewayProcess.Realm}>", Branch = NewBranch() };
        _ends[call.Id] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var offer = Offer();
        await SendInviteAsync(call, offer, "");
        while (true)
        {
            var answer = await NextAsync(call.Branch);
            var status = int.Parse(answer.AsSpan(8, 3), NumberStyles.None, CultureInfo.InvariantCulture);
            if (status is 401 or 407)
            {
                await AckRefusalAsync(call, answer);
                Drop(call);
                call.Branch = NewBranch();
                call.Sequence++;
                await SendInviteAsync(call, offer, Digest.Answer(answer, "INVITE", call.Target, User, _password).Replace("Authorization", status == 407 ? "Proxy-Authorization" : "Authorization", StringComparison.Ordinal) + "\r\n");
                continue;
            }

            if (status >= 200)
            {
                await FinishAsync(call, answer, status);
            }

            if (status == wanted || (status is > 100 and < 200 && wanted == 180))
            {
                return call;
            }

            if (status >= 200)
            {
                throw new InvalidOperationException($"{User} calls {to}: {wanted} was expected, not\n{answer}");
            }
        }
    }

    /// <summary>CANCEL; ends with the 487.</summary>
    public async Task CancelAsync(SoakCall call)
    {
        var cancel = Begin("CANCEL", call.Target, call.Id, call.Sequence, call.Branch, call.Tag, call.To) + "Content-Length: 0\r\n\r\n";
        await Wire.SendAsync(cancel);
        while (true)
        {
            var answer = await NextAsync(call.Branch);
            if (answer.StartsWith("SIP/2.0 487", StringComparison.Ordinal))
            {
                await AckRefusalAsync(call, answer);
                Drop(call);
                _ends.TryRemove(call.Id, out _);
                return;
            }
        }
    }

    public async Task HangUpAsync(SoakCall call)
    {
        var answer = await AskAsync(Request("BYE", call) + "Content-Length: 0\r\n\r\n", PlaceOf(call.Routes, call.Target));
        // The other side may have been sooner.
        if (!_ends.TryRemove(call.Id, out var ended) || !ended.Task.IsCompleted)
        {
            Expect("SIP/2.0 200", answer);
        }
    }

    /// <summary>Hands the other side on to somebody else (RFC 3515); what comes of it comes later.</summary>
    public async Task ReferAsync(SoakCall call, string to)
    {
        Expect("SIP/2.0 202", await AskAsync(Request("REFER", call) + $"Contact: {Contact}\r\nRefer-To: <sip:{to}@{GatewayProcess.Realm}>\r\nContent-Length: 0\r\n\r\n"));
    }

    /// <summary>The far side has hung up.</summary>
    public async Task EndedAsync(SoakCall call)
    {
        if (_ends.TryGetValue(call.Id, out var ended))
        {
            await ended.Task.WaitAsync(s_patience);
            _ends.TryRemove(call.Id, out _);
        }
    }

    /// <summary>A second of sound toward the gateway, if this phone speaks plain RTP.</summary>
    public async Task TalkAsync(SoakCall call)
    {
        if (MediaPort().Match(call.Answer) is not { Success: true } port || IsBrowser)
        {
            return;
        }

        var packet = new byte[172];
        packet[0] = 0x80;
        Random.Shared.NextBytes(packet.AsSpan(8, 4));
        for (ushort i = 0; i < 20; i++)
        {
            (packet[2], packet[3]) = ((byte)(i >> 8), (byte)i);
            (packet[6], packet[7]) = ((byte)((i * 160) >> 8), (byte)(i * 160));
            await _rtp.SendAsync(packet, new IPEndPoint(IPAddress.Loopback, int.Parse(port.Groups[1].Value, CultureInfo.InvariantCulture)));
            await Task.Delay(20);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Wire.DisposeAsync();
        try
        {
            await _listening;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException or SocketException or System.Net.WebSockets.WebSocketException)
        {
            // It was closed.
        }

        _rtp.Dispose();
        _end.Dispose();
    }

    private async Task ListenAsync()
    {
        while (await Wire.ReceiveAsync(_end.Token) is { } message)
        {
            if (message.StartsWith("SIP/2.0 ", StringComparison.Ordinal))
            {
                if (_answers.TryGetValue(BranchOf(message), out var waiting))
                {
                    waiting.Writer.TryWrite(message);
                }
            }
            else if (message.Contains("SIP/2.0\r\n", StringComparison.Ordinal))
            {
                await OnRequestAsync(message);
            }
        }
    }

    private async Task OnRequestAsync(string request)
    {
        var method = request[..request.IndexOf(' ', StringComparison.Ordinal)];
        var id = Header(request, "Call-ID");
        switch (method)
        {
            case "ACK":
                break;
            case "INVITE" when Manner == SoakManner.IsBusy:
                await RespondAsync(request, 486, "Busy Here", "");
                break;
            case "INVITE":
                var isNew = _rings.TryAdd(id, request);
                await RespondAsync(request, 180, "Ringing", "");
                if (Manner == SoakManner.Answers)
                {
                    await RespondAsync(request, 200, "OK", AnswerTo(request));
                    if (isNew)
                    {
                        _ = LeaveLaterAsync(id);
                    }
                }

                break;
            case "CANCEL":
                await RespondAsync(request, 200, "OK", "");
                if (_rings.TryRemove(id, out var ringing))
                {
                    await RespondAsync(ringing, 487, "Request Terminated", "");
                }

                break;
            default:
                await RespondAsync(request, 200, "OK", "");
                if (method == "BYE")
                {
                    _rings.TryRemove(id, out _);
                    if (_ends.TryGetValue(id, out var ended))
                    {
                        ended.TrySetResult();
                    }
                }

                break;
        }
    }

    /// <summary>Who answered hangs up after a while when nobody else has: after a transfer there is nobody else.</summary>
    private async Task LeaveLaterAsync(string id)
    {
        try
        {
            await Task.Delay(s_talk, _end.Token);
            if (_rings.TryRemove(id, out var invite))
            {
                string[] routes = [.. Routes().Matches(invite).SelectMany(match => match.Groups[1].Value.Split(','))];
                var target = Header(invite, "Contact").Split('<', '>')[1];
                var bye = Begin("BYE", target, id, 1, NewBranch(), $"u{User}", Header(invite, "From")) + string.Concat(routes.Select(route => $"Route: {route.Trim()}\r\n"));
                await AskAsync(bye + "Content-Length: 0\r\n\r\n", PlaceOf(routes, target));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The phone is switched off.
        }
    }

    private async Task SendInviteAsync(SoakCall call, string offer, string extra)
    {
        Await(call.Branch);
        await Wire.SendAsync(Begin("INVITE", call.Target, call.Id, call.Sequence, call.Branch, call.Tag, call.To)
            + $"Contact: {Contact}\r\n{extra}Content-Type: application/sdp\r\nContent-Length: {Text(offer.Length)}\r\n\r\n{offer}");
    }

    /// <summary>What a final answer asks for: the ACK, and after a 200 the dialog.</summary>
    private async Task FinishAsync(SoakCall call, string answer, int status)
    {
        if (status >= 300)
        {
            await AckRefusalAsync(call, answer);
            Drop(call);
            _ends.TryRemove(call.Id, out _);
            return;
        }

        call.To = Header(answer, "To");
        call.Target = Header(answer, "Contact").Split('<', '>')[1];
        call.Routes = [.. Routes().Matches(answer).SelectMany(match => match.Groups[1].Value.Split(',')).Reverse()];
        call.Answer = answer;
        Drop(call);
        await Wire.SendAsync(Request("ACK", call) + "Content-Length: 0\r\n\r\n", PlaceOf(call.Routes, call.Target));
    }

    private async Task AckRefusalAsync(SoakCall call, string answer) =>
        await Wire.SendAsync(Begin("ACK", call.Target, call.Id, call.Sequence, call.Branch, call.Tag, Header(answer, "To")) + "Content-Length: 0\r\n\r\n");

    /// <summary>A request inside the dialog; ACK keeps the number of the INVITE.</summary>
    private string Request(string method, SoakCall call) =>
        Begin(method, call.Target, call.Id, method == "ACK" ? call.Sequence : ++call.Sequence, NewBranch(), call.Tag, call.To)
        + string.Concat(call.Routes.Select(route => $"Route: {route.Trim()}\r\n"));

    private async Task<string> AskAsync(string request, IPEndPoint? to = null)
    {
        var branch = BranchOf(request);
        Await(branch);
        for (var tries = 0; ; tries++)
        {
            await Wire.SendAsync(request, to);
            using var wait = new CancellationTokenSource(Wire.Transport == "UDP" && tries < 8 ? TimeSpan.FromSeconds(1) : s_patience);
            try
            {
                while (true)
                {
                    var answer = await _answers[branch].Reader.ReadAsync(wait.Token);
                    if (!answer.StartsWith("SIP/2.0 1", StringComparison.Ordinal))
                    {
                        _answers.TryRemove(branch, out _);
                        return answer;
                    }
                }
            }
            catch (OperationCanceledException) when (Wire.Transport == "UDP" && tries < 8)
            {
                // A phone repeats itself over UDP (RFC 3261 §17.1.2).
            }
        }
    }

    private async Task<string> NextAsync(string branch) => await _answers[branch].Reader.ReadAsync(CancellationToken.None).AsTask().WaitAsync(s_patience);

    private void Await(string branch) => _answers[branch] = Channel.CreateUnbounded<string>();

    private void Drop(SoakCall call) => _answers.TryRemove(call.Branch, out _);

    private string Begin(string method, string uri, string callId, int sequence, string branch, string tag, string to) =>
        $"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/{Wire.Transport} {Wire.Host};branch={branch};rport\r\nMax-Forwards: 70\r\nFrom: <sip:{User}@{GatewayProcess.Realm}>;tag={tag}\r\n"
        + $"To: {to}\r\nCall-ID: {callId}\r\nCSeq: {Text(sequence)} {method}\r\n";

    private async Task RespondAsync(string request, int status, string reason, string body)
    {
        var text = new StringBuilder($"SIP/2.0 {Text(status)} {reason}\r\n");
        foreach (Match line in Copied().Matches(request))
        {
            text.Append(line.Value.TrimEnd('\r')).Append("\r\n");
        }

        var to = Header(request, "To");
        text.Append(CultureInfo.InvariantCulture, $"To: {to}{(to.Contains(";tag=", StringComparison.Ordinal) ? "" : $";tag=u{User}")}\r\nContact: {Contact}\r\n");
        text.Append(body.Length > 0 ? "Content-Type: application/sdp\r\n" : "").Append(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n\r\n{body}");
        await Wire.SendAsync(text.ToString(), PlaceOf([], "sip:x@" + SentBy().Match(request).Groups[1].Value));
    }

    /// <summary>Without a route a request goes to the Contact (RFC 3261 §12.2.1.1); over TCP and WSS there is one way only.</summary>
    private IPEndPoint? PlaceOf(string[] routes, string target) =>
        routes.Length == 0 && Wire.Transport == "UDP" && IPEndPoint.TryParse(target[(target.IndexOf('@', StringComparison.Ordinal) + 1)..].Split(';')[0], out var place) ? place : null;

    private string Offer() => IsBrowser ? BrowserSdp("actpass", "111 0") : PhoneSdp("0 8");

    private string AnswerTo(string request) => request.Contains("fingerprint", StringComparison.Ordinal) ? BrowserSdp("active", "0") : PhoneSdp("0");

    private string PhoneSdp(string formats) =>
        $"v=0\r\no={User} 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {Text(((IPEndPoint)_rtp.Client.LocalEndPoint!).Port)} RTP/AVP {formats}\r\na=sendrecv\r\n";

    private static string BrowserSdp(string setup, string formats) =>
        $"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF {formats}\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=rtcp-mux\r\na=sendrecv\r\n"
        + $"a=rtpmap:111 opus/48000/2\r\na=rtpmap:0 PCMU/8000\r\na=ice-ufrag:{Guid.NewGuid().ToString("N")[..8]}\r\na=ice-pwd:{Guid.NewGuid():N}\r\n"
        + $"a=fingerprint:sha-256 {string.Join(':', Enumerable.Repeat("AB", 32))}\r\na=setup:{setup}\r\na=candidate:1 1 udp 2130706431 127.0.0.1 9 typ host\r\n";

    private static void Expect(string wanted, string answer)
    {
        if (!answer.StartsWith(wanted, StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"{wanted} was expected, not\n{answer}");
        }
    }

    private static string NewBranch() => "z9hG4bK" + Guid.NewGuid().ToString("N");

    private static string NewId() => Guid.NewGuid().ToString("N");

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string BranchOf(string message) => Branch().Match(message).Groups[1].Value;

    private static string Header(string message, string name)
    {
        var start = message.IndexOf($"\r\n{name}:", StringComparison.OrdinalIgnoreCase);
        if (start < 0)
        {
            return "";
        }

        start += name.Length + 3;
        return message[start..message.IndexOf('\r', start)].Trim();
    }

    [GeneratedRegex(@"^Via: SIP/2.0/UDP ([^;\s]+)", RegexOptions.Multiline)]
    private static partial Regex SentBy();

    [GeneratedRegex(@"branch=([^;\s,]+)")]
    private static partial Regex Branch();

    [GeneratedRegex(@"^(?:Via|From|Call-ID|CSeq|Record-Route):.*$", RegexOptions.Multiline | RegexOptions.IgnoreCase)]
    private static partial Regex Copied();

    [GeneratedRegex(@"^Record-Route:\s*(.*?)\r?$", RegexOptions.Multiline | RegexOptions.IgnoreCase)]
    private static partial Regex Routes();

    [GeneratedRegex(@"^m=audio (\d+) RTP/AVP", RegexOptions.Multiline)]
    private static partial Regex MediaPort();
}

/// <summary>One call as its caller knows it.</summary>
internal sealed class SoakCall
{
    public required string Id { get; init; }

    public required string Tag { get; init; }

    public required string Target { get; set; }

    public required string To { get; set; }

    public required string Branch { get; set; }

    public int Sequence { get; set; } = 1;

    public string[] Routes { get; set; } = [];

    /// <summary>The 200 with its description.</summary>
    public string Answer { get; set; } = "";
}
