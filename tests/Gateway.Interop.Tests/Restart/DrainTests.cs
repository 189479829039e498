using System.Net;
using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Restart;

/// <summary>SIGTERM while people talk.</summary>
public sealed class DrainTests
{
    [Fact, Row(38), Rfc(3261, "21.5.4")]
    public async Task After_SIGTERM_a_running_call_ends_by_itself_and_no_new_one_begins()
    {
        await using var gateway = await GatewayProcess.StartAsync([.. GatewayFixture.ShortWaits, ("Gateway__Net__DrainTime", "00:01:00")]);
        await using var bob = await Baresip.StartAsync(gateway.Phone(gateway.Bob) with { Tone = 1000 });
        await using var alice = await Baresip.StartAsync(gateway.Phone(gateway.Alice) with { Tone = 440 });
        await alice.DialAsync($"sip:{gateway.Bob.User}@{gateway.Registrar}");
        await alice.WaitAsync("CALL_ESTABLISHED");

        await gateway.TerminateAsync();
        using var http = gateway.Http();
        await Eventually.True(async () => (await http.GetAsync(new Uri("/health/ready", UriKind.Relative))).StatusCode == HttpStatusCode.ServiceUnavailable);
        await bob.DialAsync($"sip:echo@{gateway.Registrar}");
        await Eventually.True(() => bob.LastParameter("CALL_CLOSED").Contains("503", StringComparison.Ordinal), detail: () => bob.Log);
        await Task.Delay(2000);
        Assert.False(gateway.HasExited, gateway.Log);
        await alice.HangUpAsync();

        Assert.True(await gateway.ExitAsync(TimeSpan.FromSeconds(15)) == 0, gateway.Log);
        Assert.Contains("waiting for 1 calls", gateway.Log, StringComparison.Ordinal);
        var heard = ToneReport.Of(alice.Recording(), 1000);
        Assert.True(heard.Present > TimeSpan.FromSeconds(2) && heard.LongestGap <= TimeSpan.FromMilliseconds(100), heard.ToString());
    }

    [Fact, Row(38), Trait("Category", "Long")]
    public async Task A_second_SIGTERM_ends_the_wait_and_the_call_with_BYE()
    {
        await using var gateway = await GatewayProcess.StartAsync([.. GatewayFixture.ShortWaits, ("Gateway__Net__DrainTime", "00:01:00")]);
        await using var alice = await Baresip.StartAsync(gateway.Phone(gateway.Alice));
        await alice.DialAsync($"sip:*44@{gateway.Registrar}");
        await alice.WaitAsync("CALL_ESTABLISHED");

        await gateway.TerminateAsync();
        await Eventually.True(() => gateway.Log.Contains("waiting for 1 calls", StringComparison.Ordinal), detail: () => gateway.Log);
        await gateway.TerminateAsync();

        Assert.True(await gateway.ExitAsync(TimeSpan.FromSeconds(10)) == 0, gateway.Log);
        await alice.WaitAsync("CALL_CLOSED");
    }
}
