using System.Globalization;
using System.Text.RegularExpressions;
using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Attacks;

/// <summary>More calls than the machine can do: it goes on doing what it can, and what is under way stays.</summary>
[Trait("Category", "Long")]
public sealed partial class OverloadTests
{
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(10);

    [Fact, Threat(16), Rfc(3261, "21.5.4")]
    public async Task One_core_overload_at_twice_the_capacity_goodput_stays_at_nine_tenths_and_calls_under_way_are_untouched()
    {
        await using var gateway = await GatewayProcess.StartAsync(("Gateway__Server__MaxCalls", "100000"));
        await using var phone = await Baresip.StartAsync(gateway.Phone(gateway.Bob) with { Tone = 700 });
        await phone.DialAsync($"sip:*43@{gateway.Registrar}");
        await phone.WaitAsync("CALL_ESTABLISHED");

        // What it can do: the best that it did at any rate, each the double of the one before.
        var capacity = 0.0;
        var rate = 20.0;
        for (; rate <= 1280; rate *= 2)
        {
            var done = await GoodputAsync(gateway, rate);
            capacity = Math.Max(capacity, done);
            if (done < 0.8 * rate)
            {
                break;
            }
        }

        var goodput = await GoodputAsync(gateway, 2 * capacity);

        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"capacity {capacity:0.0}/s, at twice that {goodput:0.0}/s"));
        Assert.True(capacity > 10, $"{capacity} calls a second: nothing was measured");
        Assert.True(goodput >= 0.9 * capacity, $"{goodput:0} calls a second of {capacity:0} ({rate:0} were too many)");
        Assert.DoesNotContain(phone.Events, one => one.Contains("CALL_CLOSED", StringComparison.Ordinal));
        await phone.HangUpAsync();
        Assert.True(ToneReport.Of(phone.Recording(), 700).Present > TimeSpan.FromSeconds(5));
    }

    /// <summary>Calls to the echo service a second that went through from the first INVITE to the last 200.</summary>
    private static async Task<double> GoodputAsync(GatewayProcess gateway, double rate)
    {
        var calls = (int)(rate * Measured.TotalSeconds);
        await using var phones = Sipp.Start("call", gateway.Registrar, calls, rate, keys: [.. Sipp.Keys(gateway.Alice), ("target", "*43")]);
        await phones.EndAsync(TimeSpan.FromSeconds(100));
        var done = Successful().Match(phones.Story());
        return done.Success ? int.Parse(done.Groups["all"].Value, CultureInfo.InvariantCulture) / Measured.TotalSeconds : 0;
    }

    [GeneratedRegex(@"Successful call\s+\|\s+\d+\s+\|\s+(?<all>\d+)")]
    private static partial Regex Successful();
}
