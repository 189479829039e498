using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Flows;

/// <summary>The basic call flows of RFC 3665, each by scripted phones; docs/sip-flows.md has the table of all.</summary>
[Collection(FlowCollection.Name)]
public sealed class Rfc3665Tests(FlowFixture flow)
{
    private Dictionary<string, Func<Task>> Flows => new()
    {
        ["2.1 to 2.4 Registration, its update, its list and its end"] = RegistersAsync,
        ["2.5 Unsuccessful registration"] = WrongPasswordAsync,
        ["3.1 Successful session establishment"] = TalksToTheGatewayAsync,
        ["3.2 and 3.3 Session through two proxies that both ask for a password"] = () => TalksAsync("rfc3665/caller", "answer"),
        ["3.4 Session past a proxy that failed"] = () => TalksAsync("rfc3665/caller", "answer", prefix: "+4971"),
        ["3.6 Session with the answer in the ACK"] = () => TalksAsync("rfc3665/3.6-caller", "rfc3665/3.6-callee"),
        ["3.7 Session with a re-INVITE from another address"] = () => TalksAsync("rfc3665/3.7-caller", "answer"),
        ["3.8 Unsuccessful: no answer"] = () => TalksAsync("rfc3665/3.8-caller", "ring"),
        ["3.9 Unsuccessful: busy"] = () => TalksAsync("rfc3665/refused-486", "busy"),
        ["3.10 Unsuccessful: no response"] = NobodyThereAsync,
        ["3.11 Unsuccessful: temporarily unavailable"] = () => TalksAsync("rfc3665/refused-480", "rfc3665/3.11-callee"),
    };

    [Theory, Row(11), Row(12), Row(23), Row(30)]
    [Rfc(3665, "2.1"), Rfc(3665, "2.2"), Rfc(3665, "2.3"), Rfc(3665, "2.4"), Rfc(3665, "2.5"), Rfc(3665, "3.1"), Rfc(3665, "3.2"), Rfc(3665, "3.3"), Rfc(3665, "3.4")]
    [Rfc(3665, "3.6"), Rfc(3665, "3.7"), Rfc(3665, "3.8"), Rfc(3665, "3.9"), Rfc(3665, "3.10"), Rfc(3665, "3.11")]
    [InlineData("2.1 to 2.4 Registration, its update, its list and its end")]
    [InlineData("2.5 Unsuccessful registration")]
    [InlineData("3.1 Successful session establishment")]
    [InlineData("3.2 and 3.3 Session through two proxies that both ask for a password")]
    [InlineData("3.4 Session past a proxy that failed")]
    [InlineData("3.6 Session with the answer in the ACK")]
    [InlineData("3.7 Session with a re-INVITE from another address")]
    [InlineData("3.8 Unsuccessful: no answer")]
    [InlineData("3.9 Unsuccessful: busy")]
    [InlineData("3.10 Unsuccessful: no response")]
    [InlineData("3.11 Unsuccessful: temporarily unavailable")]
    public Task Section(string section) => flow.RunAsync("3665", Flows, section);

    private async Task RegistersAsync()
    {
        var phone = await flow.PhoneAsync();
        foreach (var section in new[] { "2.1", "2.2", "2.3", "2.4" })
        {
            await using var step = Sipp.Start("rfc3665/" + section, flow.Near.Registrar, isPatient: true, keys: phone.Keys());
            await step.SucceedAsync();
        }

        Assert.DoesNotContain($"{phone.User}@", (await flow.NearApi.GetAsync("registrations?q=" + phone.User)).ToJsonString(), StringComparison.Ordinal);
    }

    private async Task WrongPasswordAsync()
    {
        var phone = await flow.PhoneAsync();
        await using var step = Sipp.Start("rfc3665/2.5", flow.Near.Registrar, isPatient: true, keys: [("user", phone.User), ("au", phone.User), ("ap", "wrong")]);
        await step.SucceedAsync();
    }

    private async Task TalksToTheGatewayAsync()
    {
        var caller = await flow.PhoneAsync();
        await using var call = caller.Call("rfc3665/caller", "*43");
        await call.SucceedAsync();
    }

    /// <summary>The first gateway challenges the caller, the second one the first.</summary>
    private async Task TalksAsync(string callers, string callees, string prefix = "+4970")
    {
        var (caller, callee) = (await flow.PhoneAsync(), await flow.PhoneAsync(isFar: true));
        await using var answer = await callee.AnswerAsync(callees);
        await using var call = caller.Call(callers, prefix + callee.Number[5..]);
        await call.SucceedAsync();
        await answer.SucceedAsync();
    }

    /// <summary>The phone is registered and says nothing; the caller hears 480 when the time to ring is over.</summary>
    private async Task NobodyThereAsync()
    {
        var (caller, callee) = (await flow.PhoneAsync(), await flow.PhoneAsync(isFar: true));
        await using var silent = await callee.AnswerAsync("rfc3665/3.10-callee");
        await using var call = caller.Call("rfc3665/refused-480", callee.Number);
        await call.SucceedAsync();
    }
}
