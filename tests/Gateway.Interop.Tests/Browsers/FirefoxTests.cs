using System.Globalization;
using System.Text.Json;
using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Browsers;

/// <summary>A smoke call of stock Firefox: its SDP, its ICE and its DTLS differ from Chromium's.</summary>
[Collection(GatewayCollection.Name)]
public sealed class FirefoxTests(GatewayFixture fixture)
{
    [Fact, Row(89)]
    public async Task Firefox_and_a_phone_hear_each_other()
    {
        var gateway = fixture.Gateway;
        await using var phone = await Baresip.StartAsync(gateway.Phone(gateway.Bob) with { Tone = 1000 });
        await using var firefox = PeerProcess.Start("node",
        [
            Path.Combine(Chromium.Clients, "src", "firefox.js"), gateway.Url, gateway.Alice.User, gateway.Alice.Password, GatewayProcess.Realm,
            gateway.Bob.User, "1000", "5",
        ]);
        await firefox.WaitForExitAsync(TimeSpan.FromSeconds(60));
        Assert.True(firefox.ExitCode == 0, firefox.Output + gateway.Log);

        var report = JsonDocument.Parse(firefox.Output.Trim().Split('\n')[^1]).RootElement;
        Assert.True(report.GetProperty("presentMs").GetInt32() > 4000, firefox.Output);

        // Firefox's fake microphone is a 1 kHz tone at 440 Hz or 1 kHz depending on its version: any steady sound will do.
        var heard = phone.Recording();
        var loud = heard.Samples.Chunk(160).Count(frame => frame.Max() > 300) * 0.02;
        Assert.True(loud > 3.5, string.Create(CultureInfo.InvariantCulture, $"the phone heard {loud:F1} s of sound"));
    }
}
