using Gateway.Interop.Tests.Rig;

namespace Gateway.Interop.Tests;

/// <summary>The rig measures what it says: two phones call each other without Gateway, and the tone reports know good from bad.</summary>
public sealed class RigTests
{
    [Fact]
    public async Task Two_phones_hear_each_other_without_a_gateway()
    {
        await using var callee = await Baresip.StartAsync(new PhoneSettings("callee") { Tone = 1000 });
        await using var caller = await Baresip.StartAsync(new PhoneSettings("caller") { Tone = 440 });

        await caller.DialAsync($"sip:callee@127.0.0.1:{callee.Port}");
        await caller.WaitAsync("CALL_ESTABLISHED");
        await Task.Delay(TimeSpan.FromSeconds(3));
        await caller.HangUpAsync();
        await callee.WaitAsync("CALL_CLOSED");

        var heard = ToneReport.Of(callee.Recording(), 440, other: 1000);
        Assert.InRange(heard.Present.TotalSeconds, 2, 4);
        Assert.Equal(TimeSpan.Zero, heard.Other);
        Assert.True(ToneReport.Of(caller.Recording(), 1000).Present > TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void A_gap_and_a_foreign_tone_are_seen()
    {
        var wanted = Wave.Tone(440, TimeSpan.FromSeconds(2));
        Array.Clear(wanted.Samples, 8000, 800);
        var foreign = Wave.Tone(1000, TimeSpan.FromSeconds(1));

        var report = ToneReport.Of(new Wave(8000, [.. wanted.Samples, .. foreign.Samples]), 440, other: 1000);

        Assert.Equal(TimeSpan.FromMilliseconds(100), report.LongestGap);
        Assert.Equal(TimeSpan.FromSeconds(1), report.Other);
        Assert.InRange(report.Level, -9.5, -8.5);
    }
}
