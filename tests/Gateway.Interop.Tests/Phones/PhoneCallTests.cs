using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Phones;

/// <summary>SIP phones on UDP: to the services inside and to each other.</summary>
[Collection(GatewayCollection.Name)]
public sealed class PhoneCallTests(GatewayFixture fixture)
{
    private readonly GatewayProcess _gateway = fixture.Gateway;

    [Theory, InlineData("tone"), InlineData("*44"), Row(89)]
    public async Task A_phone_hears_the_tone_service(string number)
    {
        await using var phone = await Baresip.StartAsync(_gateway.Phone(_gateway.Alice));

        await phone.DialAsync($"sip:{number}@{_gateway.Registrar}");
        await phone.WaitAsync("CALL_ESTABLISHED");
        await Task.Delay(TimeSpan.FromSeconds(3));
        await phone.HangUpAsync();
        await phone.WaitAsync("CALL_CLOSED");

        var heard = ToneReport.Of(phone.Recording(), 1004);
        Assert.True(heard.Present > TimeSpan.FromSeconds(2.5), heard.ToString());
        Assert.True(heard.LongestGap <= TimeSpan.FromMilliseconds(40), heard.ToString());
    }

    [Fact, Row(89)]
    public async Task A_phone_hears_itself_in_the_echo_service()
    {
        await using var phone = await Baresip.StartAsync(_gateway.Phone(_gateway.Alice) with { Tone = 700 });

        await phone.DialAsync($"sip:*43@{_gateway.Registrar}");
        await phone.WaitAsync("CALL_ESTABLISHED");
        await Task.Delay(TimeSpan.FromSeconds(3));
        await phone.HangUpAsync();

        var heard = ToneReport.Of(phone.Recording(), 700);
        Assert.True(heard.Present > TimeSpan.FromSeconds(2.5), heard.ToString());
        Assert.True(heard.LongestGap <= TimeSpan.FromMilliseconds(40), heard.ToString());
    }

    [Fact, Row(49), Row(9)]
    public async Task Two_phones_hear_each_other_and_the_callee_hangs_up()
    {
        await using var bob = await Baresip.StartAsync(_gateway.Phone(_gateway.Bob) with { Tone = 1000 });
        await using var alice = await Baresip.StartAsync(_gateway.Phone(_gateway.Alice) with { Tone = 440 });

        await alice.DialAsync($"sip:{_gateway.Bob.User}@{_gateway.Registrar}");
        await alice.WaitAsync("CALL_ESTABLISHED");
        await Task.Delay(TimeSpan.FromSeconds(3));
        await bob.HangUpAsync();
        await alice.WaitAsync("CALL_CLOSED");

        Assert.True(ToneReport.Of(alice.Recording(), 1000, other: 440) is { Other.TotalMilliseconds: 0, Present.TotalSeconds: > 2.5 });
        Assert.True(ToneReport.Of(bob.Recording(), 440, other: 1000) is { Other.TotalMilliseconds: 0, Present.TotalSeconds: > 2.5 });
    }

    [Fact, Row(23)]
    public async Task An_unknown_number_is_not_found()
    {
        await using var phone = await Baresip.StartAsync(_gateway.Phone(_gateway.Alice));

        await phone.DialAsync($"sip:nobody@{_gateway.Registrar}");
        await phone.WaitAsync("CALL_CLOSED");

        Assert.Contains("404", phone.LastParameter("CALL_CLOSED"), StringComparison.Ordinal);
    }

    [Fact, Threat(25), Row(56)]
    public async Task A_wrong_password_registers_nothing()
    {
        await using var phone = await Baresip.StartAsync(_gateway.Phone((_gateway.Alice.User, "wrong")) with { AwaitRegistration = false });

        await Eventually.True(() => phone.Log.Split("SIP/2.0 401").Length > 2 || phone.Log.Contains("SIP/2.0 403", StringComparison.Ordinal), detail: () => phone.Log);

        Assert.DoesNotContain(" binding", phone.Log, StringComparison.Ordinal);
    }

    [Theory, InlineData("busy", "486"), InlineData("decline", "603"), Row(23), Row(27)]
    public async Task The_caller_hears_why_the_callee_does_not_take_the_call(string scenario, string status)
    {
        await using var callee = await RegisteredSippAsync(scenario, _gateway.Bob);
        await using var caller = await Baresip.StartAsync(_gateway.Phone(_gateway.Alice));

        await caller.DialAsync($"sip:{_gateway.Bob.User}@{_gateway.Registrar}");
        await caller.WaitAsync("CALL_CLOSED");

        Assert.Contains(status, caller.LastParameter("CALL_CLOSED"), StringComparison.Ordinal);
        await callee.SucceedAsync();
    }

    [Fact, Row(12)]
    public async Task A_caller_who_gives_up_stops_the_ringing()
    {
        await using var callee = await RegisteredSippAsync("ring", _gateway.Bob);
        await using var caller = await Baresip.StartAsync(_gateway.Phone(_gateway.Alice));

        await caller.DialAsync($"sip:{_gateway.Bob.User}@{_gateway.Registrar}");
        await caller.WaitAsync("CALL_RINGING");
        await caller.HangUpAsync();

        await callee.SucceedAsync();
    }

    [Fact, Row(30), BrowserRule("C6")]
    public async Task A_call_that_nobody_takes_ends_by_itself_on_both_sides()
    {
        await using var callee = await RegisteredSippAsync("ring", _gateway.Bob);
        await using var caller = await Baresip.StartAsync(_gateway.Phone(_gateway.Alice));

        await caller.DialAsync($"sip:{_gateway.Bob.User}@{_gateway.Registrar}");
        await caller.WaitAsync("CALL_CLOSED", TimeSpan.FromSeconds(15));

        Assert.Contains("480", caller.LastParameter("CALL_CLOSED"), StringComparison.Ordinal);
        await callee.SucceedAsync();
    }

    [Theory, InlineData(0, 1), InlineData(1, 0)]
    public async Task Two_hundred_calls_at_twenty_a_second_all_succeed(int from, int to)
    {
        var (alice, bob) = (_gateway.Accounts[from], _gateway.Accounts[to]);
        await using var callee = await RegisteredSippAsync("answer", bob, calls: 200);
        await using var caller = Sipp.Start("call", _gateway.Registrar, calls: 200, rate: 20, keys: [.. Sipp.Keys(alice), ("target", bob.User)]);

        await caller.SucceedAsync();
        await callee.SucceedAsync();
    }

    /// <summary>Registers a port for an account, then lets the scenario answer on that port.</summary>
    private async Task<Sipp> RegisteredSippAsync(string scenario, (string User, string Password) account, int calls = 1)
    {
        await _gateway.ForgetAsync(account);
        var port = FreePorts.Take();
        await using (var register = Sipp.Start("register", _gateway.Registrar, port: port, keys: Sipp.Keys(account)))
        {
            await register.SucceedAsync();
        }

        return Sipp.Start(scenario, _gateway.Registrar, calls, port: port);
    }
}
