using Gateway.Server.Ports;

namespace Gateway.Net.Tests.Media;

/// <summary>How a leg does, asked while it lives.</summary>
public sealed class RelayStatusTests
{
    [Fact]
    public void A_browsers_leg_tells_its_way_and_its_figures_when_it_is_asked()
    {
        using var fixture = new RelayFixture();
        var leg = fixture.NewLeg();
        var browser = fixture.OpenBrowser(leg, owner: 3);
        var before = Ask(fixture, leg);
        Assert.Equal((MediaState.New, "new", "new"), (before.State, before.Ice, before.Dtls));

        Assert.True(fixture.Until(() => browser.IsSecure && fixture.Heard<MediaEvent.Ready>(leg), () => browser.Poll(fixture.Now)));
        for (var i = 0; i < 5; i++)
        {
            browser.SendRtp(RelayFixture.Pcmu, (ushort)(100 + i), (uint)(i * 160), new byte[160]);
        }

        LegStatus? now = null;
        Assert.True(fixture.Until(() => (now = Ask(fixture, leg)).Statistics.PacketsReceived == 5, () => browser.Poll(fixture.Now)));
        Assert.Equal((MediaState.Ready, "connected", "connected", "PCMU"), (now!.State, now.Ice, now.Dtls, now.Codec));
        Assert.InRange(now.SilentFor, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Assert.Equal(3, fixture.Happened.Last(told => told.Event is MediaEvent.Reported).Owner);
    }

    [Fact]
    public void A_phones_leg_is_ready_once_it_was_heard()
    {
        using var fixture = new RelayFixture();
        var leg = fixture.NewLeg();
        var (phone, gateway) = fixture.OpenPhone(leg);
        Assert.Equal((MediaState.Connecting, ""), (Ask(fixture, leg).State, Ask(fixture, leg).Ice));
        phone.SendRtp(gateway, RelayFixture.Pcmu, 1, 160, new byte[160]);
        Assert.True(fixture.Until(() => Ask(fixture, leg).State == MediaState.Ready, phone.Poll));
    }

    [Fact]
    public void A_leg_that_is_closed_says_nothing()
    {
        using var fixture = new RelayFixture();
        var leg = fixture.NewLeg();
        fixture.OpenPhone(leg);
        fixture.Relay.Close(leg);
        fixture.Relay.Report(leg);
        Assert.True(fixture.Until(() => fixture.Heard<MediaEvent.Closed>(leg), () => { }));
        Assert.False(fixture.Heard<MediaEvent.Reported>(leg));
    }

    private static LegStatus Ask(RelayFixture fixture, LegId leg)
    {
        var before = fixture.Happened.Count(told => told.Event is MediaEvent.Reported);
        fixture.Relay.Report(leg);
        Assert.True(fixture.Until(() => fixture.Happened.Count(told => told.Event is MediaEvent.Reported) > before, () => { }));
        return ((MediaEvent.Reported)fixture.Happened.Last(told => told.Event is MediaEvent.Reported).Event).Status;
    }
}
