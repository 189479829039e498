using System.Net;
using Gateway.Testing;
using Gateway.Web.Security;

namespace Gateway.Web.Tests.Security;

public sealed class SignInThrottleTests
{
    private static readonly IPAddress s_address = IPAddress.Parse("192.0.2.1");

    private readonly Clock _clock = new();
    private readonly SignInThrottle _throttle;

    public SignInThrottleTests() => _throttle = new SignInThrottle(_clock);

    [Fact, Threat(25)]
    public void Each_try_after_the_fifth_waits_twice_as_long()
    {
        List<double> waits = [];
        for (var i = 0; i < 8; i++)
        {
            _throttle.Failed("alice", s_address);
            waits.Add(_throttle.Wait("alice", s_address).TotalSeconds);
        }

        Assert.Equal([0, 0, 0, 0, 1, 2, 4, 8], waits);
        _clock.Pass(TimeSpan.FromSeconds(8));
        Assert.Equal(TimeSpan.Zero, _throttle.Wait("alice", s_address));
    }

    [Fact, Threat(25)]
    public void An_address_that_tries_many_names_waits_as_well()
    {
        for (var i = 0; i < 25; i++)
        {
            _throttle.Failed($"user{i}", s_address);
        }

        Assert.True(_throttle.Wait("someone", s_address) > TimeSpan.Zero);
        Assert.Equal(TimeSpan.Zero, _throttle.Wait("someone", IPAddress.Parse("192.0.2.2")));
    }

    [Fact]
    public void A_success_clears_the_account()
    {
        for (var i = 0; i < 6; i++)
        {
            _throttle.Failed("alice", s_address);
        }

        _throttle.Succeeded("alice");

        Assert.Equal(TimeSpan.Zero, _throttle.Wait("alice", s_address));
    }

    private sealed class Clock : TimeProvider
    {
        private DateTimeOffset _now = DateTimeOffset.UnixEpoch.AddYears(50);

        public override DateTimeOffset GetUtcNow() => _now;

        public void Pass(TimeSpan time) => _now += time;
    }
}
