using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Gateway.Interop.Tests.Rig;

namespace Gateway.Interop.Tests.Torture;

/// <summary>
/// Every message of the table, byte for byte, over every transport to one gateway, by a trusted peer: a trunk known by its
/// address whose calls and registrations need no password. On a WebSocket, where there are no trunks, by a phone that has
/// signed in. It runs once; the tests read what came of it.
/// </summary>
public sealed partial class TortureRun : IAsyncLifetime
{
    public static readonly string[] Transports = ["TCP", "TLS", "WSS", "UDP"];

    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(3);

    private readonly Dictionary<(string Name, string Transport), (string Outcome, string Answer)> _outcomes = [];
    private GatewayProcess _gateway = null!;

    /// <summary>Users of the messages that have to exist for a REGISTER to be taken.</summary>
    private static readonly string[] s_registered = ["user", "watson", "j.user"];

    /// <summary>What happened, and the final answer if there was one.</summary>
    public (string Outcome, string Answer) Of(string name, string transport) => _outcomes[(name, transport)];

    /// <summary>True when the gateway lives and has no transaction or call left over that says otherwise.</summary>
    public bool IsAlive => !_gateway.HasExited;

    public string Log => _gateway.Log;

    public async ValueTask InitializeAsync()
    {
        string[] hosts = ["example.com", "example.net", "example.org", "registrar.example.com", "chair-dnrc.example.com", "2001:db8::10"];
        _gateway = await GatewayProcess.StartAsync(
        [
            .. GatewayFixture.ShortWaits, ("Gateway__Net__MessageTime", "00:00:01"),
            .. hosts.Select((host, index) => ($"Gateway__Server__Aliases__{index}", host)),
        ]);
        await using var api = await GatewayApi.SignInAsync(_gateway);
        await api.MakeAsync("trunks", new
        {
            name = "torture", type = "peer", host = "127.40.0.1", allowedSources = new[] { "127.40.0.0/16" }, qualifySeconds = 0,
            trustsRegistrations = true, rights = new { @internal = true, national = true },
        });
        await api.MakeAsync("accounts", new { user = "phone", password = "torture-torture" });
        foreach (var transport in Transports)
        {
            await RunAsync(transport, TortureTable.Rows.Where(row => !IsRegister(row)));
        }

        // Registrations last: calls find nobody at home and are answered at once, and no account has to prove that it calls.
        foreach (var user in s_registered)
        {
            await api.MakeAsync("accounts", new { user, password = "torture-torture" });
        }

        foreach (var transport in Transports)
        {
            await RunAsync(transport, TortureTable.Rows.Where(IsRegister));
        }
    }

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    private async Task RunAsync(string transport, IEnumerable<TortureRow> rows)
    {
        var local = IPAddress.Parse("127.40.0.1");
        TorturePeer? kept = null;
        foreach (var row in rows)
        {
            if (IsRegister(row))
            {
                await ForgetAsync();
            }

            var peer = kept ?? await TorturePeer.OpenAsync(_gateway, transport, local, ViaPort(row.Bytes));
            if (transport == "WSS" && kept is null)
            {
                await SignInAsync(peer);
            }

            var outcome = await AskAsync(peer, transport, row);
            _outcomes[(row.Name, transport)] = outcome;
            kept = transport == "WSS" && !outcome.Outcome.Contains("close", StringComparison.Ordinal) ? peer : null;
            if (kept is null)
            {
                await peer.DisposeAsync();
            }
        }

        if (kept is not null)
        {
            await kept.DisposeAsync();
        }
    }

    /// <summary>Sends a message and then a good one; what comes back, in which order, and whether the connection lives, is the outcome.</summary>
    private async Task<(string Outcome, string Answer)> AskAsync(TorturePeer peer, string transport, TortureRow row)
    {
        await peer.SendAsync(row.Bytes);
        var probe = RandomNumberGenerator.GetHexString(16, lowercase: true);
        if (!row.Allowed(transport).StartsWith("close", StringComparison.Ordinal))
        {
            // Where the rest of a body is waited for, a second message would only be that body.
            await peer.SendAsync(Probe(probe, transport));
        }

        var callId = CallIdOf(row.Bytes);
        var isProbed = false;
        var final = "";
        var patience = s_soon;
        while (true)
        {
            var answer = await peer.ReceiveAsync(patience);
            if (answer is null)
            {
                return (final.Length > 0 ? Status(final) : isProbed ? "drop" : "silence", final);
            }

            if (answer.Length == 0)
            {
                return (final.Length > 0 ? Status(final) + "+close" : "close", final);
            }

            if (answer.Contains(probe, StringComparison.Ordinal))
            {
                isProbed = true;
            }
            else if (answer.StartsWith("SIP/2.0 ", StringComparison.Ordinal) && answer[8] != '1' && (CallIdOf(Encoding.UTF8.GetBytes(answer)) is not { Length: > 0 } named || named == callId))
            {
                final = final.Length > 0 ? final : answer;
                await AcknowledgeAsync(peer, row, answer);
            }

            if (isProbed && final.Length > 0)
            {
                return (Status(final), final);
            }

            // A message that may be dropped is believed to be when what was sent after it has long been answered.
            patience = isProbed && row.Allowed(transport).Contains("drop", StringComparison.Ordinal) ? TimeSpan.FromMilliseconds(60) : s_soon;
        }
    }

    /// <summary>Ends the transaction of an INVITE, so that the same message is a new one over the next transport (RFC 3261 §17.1.1.3).</summary>
    private static async Task AcknowledgeAsync(TorturePeer peer, TortureRow row, string answer)
    {
        if (!row.Bytes.AsSpan().StartsWith("INVITE "u8) || answer.StartsWith("SIP/2.0 2", StringComparison.Ordinal))
        {
            return;
        }

        var uri = Encoding.UTF8.GetString(row.Bytes).Split(' ')[1];
        var lines = answer.Split("\r\n").Skip(1);
        var headers = lines.Where(line => line.StartsWith("Via:", StringComparison.Ordinal)).Take(1)
            .Concat(lines.Where(line => AckHeader().IsMatch(line)))
            .Select(line => line.StartsWith("CSeq:", StringComparison.Ordinal) ? line.Replace(" INVITE", " ACK", StringComparison.Ordinal) : line);
        await peer.SendAsync(Encoding.UTF8.GetBytes($"ACK {uri} SIP/2.0\r\n{string.Join("\r\n", headers)}\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"));
    }

    /// <summary>Takes all bindings out: REGISTERs that share Call-ID and CSeq would otherwise be old ones (§10.3 step 7).</summary>
    private async Task ForgetAsync()
    {
        await using var peer = await TorturePeer.OpenAsync(_gateway, "UDP", IPAddress.Parse("127.40.0.1"), 0);
        foreach (var user in s_registered)
        {
            var id = RandomNumberGenerator.GetHexString(16);
            await peer.SendAsync(Encoding.UTF8.GetBytes($"REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP 127.40.0.1;branch=z9hG4bK{id};rport\r\nMax-Forwards: 70\r\n"
                + $"From: <sip:{user}@example.com>;tag=1\r\nTo: <sip:{user}@example.com>\r\nCall-ID: {id}\r\nCSeq: 1 REGISTER\r\nContact: *\r\nExpires: 0\r\nContent-Length: 0\r\n\r\n"));
            Assert.StartsWith("SIP/2.0 200", await peer.ReceiveAsync(s_soon), StringComparison.Ordinal);
        }
    }

    private static async Task SignInAsync(TorturePeer peer)
    {
        string Request(int sequence, string more) =>
            $"REGISTER sip:gateway SIP/2.0\r\nVia: SIP/2.0/WSS phone.invalid;branch=z9hG4bK{RandomNumberGenerator.GetHexString(12)}\r\nMax-Forwards: 70\r\nFrom: <sip:phone@gateway>;tag=1\r\n"
            + $"To: <sip:phone@gateway>\r\nCall-ID: sign-in-{RandomNumberGenerator.GetHexString(8)}\r\nCSeq: {sequence} REGISTER\r\n{more}Content-Length: 0\r\n\r\n";
        await peer.SendAsync(Encoding.UTF8.GetBytes(Request(1, "")));
        var challenge = await peer.ReceiveAsync(s_soon);
        await peer.SendAsync(Encoding.UTF8.GetBytes(Request(2, Digest.Answer(challenge!, "REGISTER", "sip:gateway", "phone", "torture-torture") + "\r\n")));
        Assert.StartsWith("SIP/2.0 200", await peer.ReceiveAsync(s_soon), StringComparison.Ordinal);
    }

    private byte[] Probe(string id, string transport) => Encoding.UTF8.GetBytes(
        $"OPTIONS sip:{_gateway.Registrar} SIP/2.0\r\nVia: SIP/2.0/{transport} 127.40.0.1;branch=z9hG4bK{id};rport\r\nMax-Forwards: 70\r\nFrom: <sip:probe@127.40.0.1>;tag=1\r\n"
        + $"To: <sip:{_gateway.Registrar}>\r\nCall-ID: {id}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n");

    private static bool IsRegister(TortureRow row) => row.Bytes.AsSpan().StartsWith("REGISTER"u8);

    private static string Status(string answer) => answer[8..11];

    private static int ViaPort(byte[] bytes) =>
        ViaHost().Match(Encoding.UTF8.GetString(bytes)) is { Success: true } match && match.Groups["port"].Success
            ? int.Parse(match.Groups["port"].Value, CultureInfo.InvariantCulture)
            : 5060;

    private static string CallIdOf(byte[] bytes) =>
        CallId().Match(Encoding.UTF8.GetString(bytes)) is { Success: true } match ? match.Groups[1].Value : "";

    [GeneratedRegex(@"^(?:via|v)[ \t]*:\s*SIP\s*/\s*[27].0\s*/\s*\w+\s+(?:\[[^\]]*\]|[^\s:;,]+)(?::(?<port>\d+))?", RegexOptions.IgnoreCase | RegexOptions.Multiline)]
    private static partial Regex ViaHost();

    [GeneratedRegex(@"^(?:call-id|i)[ \t]*:\s*([^\r\n]+)", RegexOptions.IgnoreCase | RegexOptions.Multiline)]
    private static partial Regex CallId();

    [GeneratedRegex("^(From|To|Call-ID|CSeq):")]
    private static partial Regex AckHeader();
}
