using System.Text.Json.Nodes;
using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Restart;

/// <summary>The wall clock of the machine steps by hours while people talk; nothing but the wall says so.</summary>
public sealed class ClockTests
{
    private const string Library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

    [Fact, Row(39), Threat(9)]
    public Task A_clock_that_jumps_ahead_ends_no_call_expires_no_phone_and_changes_no_duration() => StepAsync("+2h");

    [Fact, Row(39), Threat(9), Trait("Category", "Long")]
    public Task A_clock_that_jumps_back_ends_no_call_expires_no_phone_and_changes_no_duration() => StepAsync("-2h");

    private static async Task StepAsync(string step)
    {
        var clock = Path.GetTempFileName();
        await File.WriteAllTextAsync(clock, "+0\n");
        try
        {
            await using var gateway = await GatewayProcess.StartAsync(
            [
                .. GatewayFixture.ShortWaits, ("LD_PRELOAD", Library), ("FAKETIME_TIMESTAMP_FILE", clock), ("FAKETIME_NO_CACHE", "1"), ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ]);
            await using var bob = await Baresip.StartAsync(gateway.Phone(gateway.Bob) with { Tone = 1000 });
            await using var alice = await Baresip.StartAsync(gateway.Phone(gateway.Alice) with { Tone = 440 });
            await alice.DialAsync($"sip:{gateway.Bob.User}@{gateway.Registrar}");
            await alice.WaitAsync("CALL_ESTABLISHED");
            await Task.Delay(1000);

            await File.WriteAllTextAsync(clock, step + "\n");
            await Task.Delay(3000);

            using (var http = gateway.Http())
            {
                var ahead = (await http.GetAsync(new Uri("/health/live", UriKind.Relative))).Headers.Date!.Value - DateTimeOffset.UtcNow;
                Assert.InRange(Math.Abs(ahead.TotalMinutes), 115, 125);
            }

            Assert.DoesNotContain("CALL_CLOSED", alice.Events);
            Assert.DoesNotContain("CALL_CLOSED", bob.Events);
            await alice.HangUpAsync();
            await bob.WaitAsync("CALL_CLOSED");
            var heard = ToneReport.Of(alice.Recording(), 1000);
            Assert.True(heard.Present > TimeSpan.FromSeconds(3) && heard.LongestGap <= TimeSpan.FromMilliseconds(100), heard.ToString());
            await using (var api = await GatewayApi.SignInAsync(gateway))
            {
                JsonNode? record = null;
                await Eventually.True(async () => (record = (await api.GetAsync("call-records"))["items"]!.AsArray().FirstOrDefault()) is not null, detail: () => gateway.Log);
                Assert.InRange((double)record!["talkSeconds"]!, 3, 60);
                Assert.Equal("caller", (string?)record["endReason"]);
            }

            // Both are still registered, and a nonce of before the step is no lock-out.
            await bob.DialAsync($"sip:{gateway.Alice.User}@{gateway.Registrar}");
            await bob.WaitAsync("CALL_ESTABLISHED", count: 2);
            await bob.HangUpAsync();
        }
        finally
        {
            File.Delete(clock);
        }
    }
}
