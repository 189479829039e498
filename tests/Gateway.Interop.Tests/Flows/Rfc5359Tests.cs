using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Flows;

/// <summary>The service examples of RFC 5359 that are ours to serve; docs/sip-flows.md says which are not, and why.</summary>
[Collection(FlowCollection.Name)]
public sealed class Rfc5359Tests(FlowFixture flow)
{
    private Dictionary<string, Func<Task>> Flows => new()
    {
        ["2.1 Call hold"] = HoldsAsync,
        ["2.2 Consultation hold"] = ConsultsAsync,
        ["2.4 Transfer, unattended"] = HandsOnAsync,
        ["2.7 Call forwarding, unconditional"] = ForwardsAsync,
        ["2.8 Call forwarding, busy"] = () => ForwardsAfterAsync("busy", "5508"),
        ["2.9 Call forwarding, no answer"] = () => ForwardsAfterAsync("ring", "5509"),
        ["2.12 Find-me"] = FindsAsync,
        ["2.13 Incoming call screening"] = ScreensIncomingAsync,
        ["2.14 Outgoing call screening"] = ScreensOutgoingAsync,
    };

    [Theory, Row(17), Row(44), Row(50), Row(73), Row(90), Threat(28)]
    [Rfc(5359, "2.1"), Rfc(5359, "2.2"), Rfc(5359, "2.4"), Rfc(5359, "2.7"), Rfc(5359, "2.8"), Rfc(5359, "2.9"), Rfc(5359, "2.12"), Rfc(5359, "2.13"), Rfc(5359, "2.14")]
    [InlineData("2.1 Call hold")]
    [InlineData("2.2 Consultation hold")]
    [InlineData("2.4 Transfer, unattended")]
    [InlineData("2.7 Call forwarding, unconditional")]
    [InlineData("2.8 Call forwarding, busy")]
    [InlineData("2.9 Call forwarding, no answer")]
    [InlineData("2.12 Find-me")]
    [InlineData("2.13 Incoming call screening")]
    [InlineData("2.14 Outgoing call screening")]
    public Task Section(string section) => flow.RunAsync("5359", Flows, section);

    private async Task HoldsAsync()
    {
        var (caller, callee) = (await flow.PhoneAsync(), await flow.PhoneAsync(isFar: true));
        await using var held = await callee.AnswerAsync("rfc5359/2.1-callee");
        await using var call = caller.Call("rfc5359/2.1-caller", callee.Number);
        await call.SucceedAsync();
        await held.SucceedAsync();
    }

    /// <summary>While the first call waits, the same user talks to a third one.</summary>
    private async Task ConsultsAsync()
    {
        var (caller, callee, third) = (await flow.PhoneAsync(), await flow.PhoneAsync(isFar: true), await flow.PhoneAsync());
        await using var held = await callee.AnswerAsync("rfc5359/2.1-callee");
        await using var adviser = await third.AnswerAsync("answer");
        await using var call = caller.Call("rfc5359/2.1-caller", callee.Number);
        await Task.Delay(700);
        await using (var consultation = caller.Call("rfc3665/caller", third.User))
        {
            await consultation.SucceedAsync();
        }

        await adviser.SucceedAsync();
        await call.SucceedAsync();
        await held.SucceedAsync();
    }

    private async Task HandsOnAsync()
    {
        var (alice, bob, carol) = (await flow.PhoneAsync(), await flow.PhoneAsync(), await flow.PhoneAsync());
        await using var answers = await carol.AnswerAsync("answer");
        await using var second = await Baresip.StartAsync(flow.Near.Phone((bob.User, FlowFixture.Password)));
        await using var first = await Baresip.StartAsync(flow.Near.Phone((alice.User, FlowFixture.Password)));

        await first.DialAsync($"sip:{bob.User}@{flow.Near.Registrar}");
        await first.WaitAsync("CALL_ESTABLISHED");
        await second.CommandAsync("transfer", $"sip:{carol.User}@{flow.Near.Registrar}");
        await second.WaitAsync("CALL_CLOSED");
        await Task.Delay(500);
        await first.HangUpAsync();
        await answers.SucceedAsync();
    }

    private async Task ForwardsAsync()
    {
        var (caller, target) = (await flow.PhoneAsync(), await flow.PhoneAsync());
        await flow.NearApi.MakeAsync("routes", new { name = "always", order = 0, match = "exact", pattern = "5507", to = new { kind = "account", account = target.Id } });
        await using var answer = await target.AnswerAsync("answer");
        await using var call = caller.Call("rfc3665/caller", "5507");
        await call.SucceedAsync();
        await answer.SucceedAsync();
    }

    private async Task ForwardsAfterAsync(string first, string extension)
    {
        var (caller, callee, target) = (await flow.PhoneAsync(), await flow.PhoneAsync(), await flow.PhoneAsync());
        await GroupAsync(extension, callee, new { kind = "account", account = target.Id });
        await using var refuses = await callee.AnswerAsync(first);
        await using var answer = await target.AnswerAsync("answer");
        await using var call = caller.Call("rfc3665/caller", extension);
        await call.SucceedAsync();
        await refuses.SucceedAsync();
        await answer.SucceedAsync();
    }

    /// <summary>One place after the other until somebody is found: groups of one, each with the next as its overflow.</summary>
    private async Task FindsAsync()
    {
        var (caller, office, mobile, home) = (await flow.PhoneAsync(), await flow.PhoneAsync(), await flow.PhoneAsync(), await flow.PhoneAsync());
        var second = await GroupAsync("5513", mobile, new { kind = "account", account = home.Id });
        await GroupAsync("5512", office, new { kind = "group", group = second });
        await using var isBusy = await office.AnswerAsync("busy");
        await using var isAway = await mobile.AnswerAsync("rfc3665/3.11-callee");
        await using var answer = await home.AnswerAsync("answer");
        await using var call = caller.Call("rfc3665/caller", "5512");
        await call.SucceedAsync();
        await isBusy.SucceedAsync();
        await isAway.SucceedAsync();
        await answer.SucceedAsync();
    }

    private async Task ScreensIncomingAsync()
    {
        var caller = await flow.PhoneAsync();
        await flow.NearApi.MakeAsync("routes", new
        {
            name = "screened", order = 0, match = "exact", pattern = "5514", sources = new[] { caller.Id }, to = new { kind = "reject", status = 603, reason = "Not You" },
        });
        await using var call = caller.Call("rfc3665/refused-603", "5514");
        await call.SucceedAsync();
    }

    private async Task ScreensOutgoingAsync()
    {
        var caller = await flow.PhoneAsync();
        await using var call = caller.Call("rfc3665/refused-403", "+49900123456");
        await call.SucceedAsync();
    }

    private Task<string> GroupAsync(string extension, FlowPhone member, object overflow) =>
        flow.NearApi.MakeAsync("groups", new { name = "group " + extension, extension, members = new[] { member.Id }, ringSeconds = 5, overflow });
}
