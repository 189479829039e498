using Gateway.Testing;

namespace Gateway.Sip.Tests.Transactions;

/// <summary>The values of RFC 3261 table 4, and what an operator may not write.</summary>
[Row(35)]
public sealed class SipTimersTests
{
    [Fact]
    [Rfc(3261, "A"), Rfc(4320, "4.1"), Row(29)]
    public void The_defaults_are_those_of_table_4()
    {
        var timers = SipTimers.Default;

        Assert.Equal(500, timers.T1.TotalMilliseconds);
        Assert.Equal(4_000, timers.T2.TotalMilliseconds);
        Assert.Equal(5_000, timers.T4.TotalMilliseconds);
        Assert.Equal(32_000, timers.T1x64.TotalMilliseconds);
        Assert.True(timers.D >= TimeSpan.FromSeconds(32));
        Assert.True(timers.C > TimeSpan.FromMinutes(3));
        Assert.Equal(200, timers.Trying.TotalMilliseconds);
        Assert.Equal(3_500, timers.NonInviteTrying.TotalMilliseconds);
        Assert.Empty(timers.Validate());
    }

    [Theory]
    [InlineData(0.02)]
    [InlineData(0.5)]
    [InlineData(2)]
    public void A_scaled_set_is_a_valid_set(double factor)
    {
        Assert.Empty(SipTimers.Default.Scale(factor).Validate());
    }

    [Fact]
    public void All_errors_are_named_at_once_with_their_keys()
    {
        var timers = new SipTimers
        {
            T1 = TimeSpan.Zero,
            T2 = TimeSpan.FromHours(1),
            T4 = TimeSpan.FromSeconds(-1),
            C = TimeSpan.FromDays(30),
            D = TimeSpan.FromDays(1),
            Trying = TimeSpan.FromSeconds(1),
        };

        var errors = timers.Validate("Gateway:Sip:Timers");

        Assert.Equal(["T1", "T2", "T4", "D", "C", "Trying"], errors.Select(error => error.Split(' ')[0].Split(':')[^1]));
        Assert.All(errors, error => Assert.StartsWith("Gateway:Sip:Timers:", error, StringComparison.Ordinal));
    }

    public static TheoryData<string, SipTimers> Wrong => new()
    {
        { "T2", new SipTimers { T2 = TimeSpan.FromMilliseconds(499) } },
        { "T4", new SipTimers { T4 = TimeSpan.FromMilliseconds(499) } },
        { "D", new SipTimers { D = TimeSpan.FromSeconds(31.9) } },
        { "C", new SipTimers { C = TimeSpan.FromMinutes(3) } },
        { "Trying", new SipTimers { Trying = TimeSpan.FromMilliseconds(-1) } },
    };

    [Theory, MemberData(nameof(Wrong))]
    [Rfc(3261, "16.6"), Rfc(3261, "17.1.1.2")]
    public void One_wrong_value_is_one_error(string key, SipTimers timers)
    {
        Assert.Contains($":{key} must be", Assert.Single(timers.Validate()), StringComparison.Ordinal);
    }
}
