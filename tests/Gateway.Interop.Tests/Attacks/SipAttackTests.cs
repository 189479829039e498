using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Attacks;

/// <summary>What strangers send to a SIP port: answered or dropped, and the gateway serves on.</summary>
[Collection(GatewayCollection.Name)]
public sealed class SipAttackTests(GatewayFixture fixture)
{
    private readonly GatewayProcess _gateway = fixture.Gateway;

    [Theory, Threat(26), Threat(29)]
    [InlineData("MESSAGE", "alice")]
    [InlineData("SUBSCRIBE", "alice")]
    [InlineData("PUBLISH", "alice")]
    [InlineData("REFER", "alice")]
    [InlineData("INVITE", "alice")]
    [InlineData("INVITE", "0013105551212")]
    public async Task A_request_without_credentials_is_challenged(string method, string target)
    {
        using var stranger = new RawSip(_gateway.SipPort);
        stranger.Send(Request(method, $"sip:{target}@{_gateway.Registrar}"));

        Assert.StartsWith("SIP/2.0 401", await stranger.FinalAsync(), StringComparison.Ordinal);
    }

    [Fact, Threat(25)]
    public async Task An_unknown_user_gets_the_same_answer_as_a_known_one()
    {
        using var stranger = new RawSip(_gateway.SipPort);
        stranger.Send(Request("REGISTER", $"sip:{_gateway.Registrar}", to: $"sip:{_gateway.Alice.User}@{_gateway.Registrar}"));
        var known = await stranger.FinalAsync();
        stranger.Send(Request("REGISTER", $"sip:{_gateway.Registrar}", to: $"sip:nosuchuser@{_gateway.Registrar}"));
        var unknown = await stranger.FinalAsync();

        Assert.Equal(Shape(known), Shape(unknown));
    }

    [Theory, Threat(17), Threat(14), Threat(20)]
    [InlineData("CSeq: 4294967296 OPTIONS")]
    [InlineData("CSeq: 1 INVITE")]
    [InlineData("Content-Length: 999999999999")]
    [InlineData("Content-Length: -1")]
    [InlineData("Max-Forwards: -5")]
    public async Task A_field_out_of_range_is_a_400(string field)
    {
        using var stranger = new RawSip(_gateway.SipPort);
        var name = field[..(field.IndexOf(':', StringComparison.Ordinal) + 1)];
        var request = string.Join('\n', Request("OPTIONS", $"sip:{_gateway.Registrar}").Split('\n').Select(line => line.StartsWith(name, StringComparison.Ordinal) ? field : line));
        stranger.Send(request);

        Assert.StartsWith("SIP/2.0 400", await stranger.FinalAsync(), StringComparison.Ordinal);
    }

    [Fact, Threat(32), Row(3)]
    public async Task A_bye_for_no_dialog_is_481()
    {
        using var stranger = new RawSip(_gateway.SipPort);
        stranger.Send(Request("BYE", $"sip:{_gateway.Registrar}").Replace("To: <sip:x>", "To: <sip:x>;tag=nope", StringComparison.Ordinal));

        Assert.StartsWith("SIP/2.0 481", await stranger.FinalAsync(), StringComparison.Ordinal);
    }

    [Fact, Threat(7), Threat(15), Threat(20), Threat(21)]
    public async Task Garbage_changes_nothing()
    {
        using var stranger = new RawSip(_gateway.SipPort);
        var random = new Random(7);
        for (var i = 0; i < 3000; i++)
        {
            var bytes = new byte[random.Next(1, 1400)];
            random.NextBytes(bytes);
            stranger.Send(bytes);
        }

        stranger.Send(Request("OPTIONS", "sip:x") + string.Concat(Enumerable.Range(0, 3000).Select(i => $"X-{i}: y\n")) + "\n");
        stranger.Send(Encoding.UTF8.GetBytes("INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 1.2.3.4;branch=z9hG4bKx\r\nSubject: ").Concat(new byte[] { 0xff, 0xfe, 0, 0xc0 }).Concat("\r\n\r\n"u8.ToArray()).ToArray());
        foreach (var method in new[] { "OPTIONS", "INVITE", "REGISTER" })
        {
            var whole = Encoding.UTF8.GetBytes(Request(method, $"sip:x@{_gateway.Registrar}").ReplaceLineEndings("\r\n"));
            for (var length = 0; length < whole.Length; length += 7)
            {
                stranger.Send(whole.AsSpan(0, length));
            }
        }

        await AssertAliveAsync();
    }

    [Fact, Threat(16), Threat(30)]
    public async Task A_flood_of_requests_leaves_no_memory_behind()
    {
        await AssertAliveAsync();
        using var stranger = new RawSip(_gateway.SipPort);
        for (var i = 0; i < 2000; i++)
        {
            stranger.Send(Request("REGISTER", $"sip:{_gateway.Registrar}", to: $"sip:u{i}@{_gateway.Registrar}"));
        }

        await AssertAliveAsync();
        var before = _gateway.ResidentMemory();
        for (var i = 0; i < 20000; i++)
        {
            stranger.Send(Request(i % 2 == 0 ? "INVITE" : "REGISTER", $"sip:u{i}@{_gateway.Registrar}", to: $"sip:u{i}@{_gateway.Registrar}"));
            if (i % 50 == 0)
            {
                await Task.Delay(1);
            }
        }

        await AssertAliveAsync();
        await Eventually.True(() => _gateway.ResidentMemory() <= before * 1.05, TimeSpan.FromSeconds(60), () => $"{before} -> {_gateway.ResidentMemory()}");
    }

    [Fact, Threat(25)]
    public async Task Guessing_passwords_is_slowed_down()
    {
        await using var gateway = await GatewayProcess.StartAsync(GatewayFixture.ShortWaits);
        var tries = 0;
        var clock = Stopwatch.StartNew();
        using var guesser = new RawSip(gateway.SipPort);
        while (clock.Elapsed < TimeSpan.FromSeconds(5))
        {
            guesser.Send(Request("REGISTER", $"sip:{gateway.Registrar}", to: $"sip:{gateway.Alice.User}@{gateway.Registrar}", port: gateway.SipPort));
            var challenge = await guesser.ReceiveAsync(TimeSpan.FromSeconds(1));
            if (challenge is null || !challenge.StartsWith("SIP/2.0 401", StringComparison.Ordinal))
            {
                continue;
            }

            var authorization = Digest.Answer(challenge, "REGISTER", $"sip:{gateway.Registrar}", gateway.Alice.User, $"guess{tries}");
            guesser.Send(Request("REGISTER", $"sip:{gateway.Registrar}", to: $"sip:{gateway.Alice.User}@{gateway.Registrar}", extra: authorization, port: gateway.SipPort));
            await guesser.ReceiveAsync(TimeSpan.FromSeconds(1));
            tries++;
        }

        // 1,000 words in 5 s would be easy without a limit; a dictionary must take days.
        Assert.InRange(tries, 1, 60);
    }

    [Fact, Threat(39)]
    public async Task What_strangers_write_does_not_reach_the_log_raw()
    {
        using var stranger = new RawSip(_gateway.SipPort);
        stranger.Send(Request("INVITE", $"sip:x@{_gateway.Registrar}").Replace("From: ", "From: \"\u001b[2Jevil\" ", StringComparison.Ordinal));
        await AssertAliveAsync();

        Assert.DoesNotContain("\u001b[2J", _gateway.Log, StringComparison.Ordinal);
        Assert.DoesNotContain(_gateway.Log.Split('\n'), line => line.Contains("response=\"", StringComparison.Ordinal) || line.Contains("ice-pwd", StringComparison.Ordinal));
    }

    private async Task AssertAliveAsync()
    {
        using var friend = new RawSip(_gateway.SipPort);
        await Eventually.True(async () =>
        {
            friend.Send(Request("OPTIONS", $"sip:{_gateway.Registrar}"));
            return await friend.ReceiveAsync(TimeSpan.FromSeconds(1)) is { } answer && answer.StartsWith("SIP/2.0 200", StringComparison.Ordinal);
        }, TimeSpan.FromSeconds(15), () => _gateway.Log);
    }

    private static string Request(string method, string uri, string to = "sip:x", string? extra = null, int port = 0) =>
        $$"""
        {{method}} {{uri}} SIP/2.0
        Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{{RandomNumberGenerator.GetHexString(16)}};rport
        Max-Forwards: 70
        From: <sip:x@127.0.0.1>;tag={{RandomNumberGenerator.GetHexString(8)}}
        To: <{{to}}>
        Call-ID: {{RandomNumberGenerator.GetHexString(16)}}
        CSeq: 1 {{method}}
        Contact: <sip:x@127.0.0.1:{port}>
        {{(extra is null ? "" : extra + "\n")}}Content-Length: 0


        """;

    /// <summary>The answer without what differs by nature: nonce, tags, branch, Call-ID.</summary>
    private static string Shape(string answer) => string.Join('\n', answer.Split("\r\n")
        .Where(line => !line.StartsWith("Via", StringComparison.Ordinal) && !line.StartsWith("From", StringComparison.Ordinal)
            && !line.StartsWith("To", StringComparison.Ordinal) && !line.StartsWith("Call-ID", StringComparison.Ordinal) && !line.StartsWith("Date", StringComparison.Ordinal))
        .Select(line => System.Text.RegularExpressions.Regex.Replace(line, "nonce=\"[^\"]*\"", "nonce")));
}
