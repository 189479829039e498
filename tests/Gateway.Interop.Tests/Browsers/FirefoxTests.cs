using System.Globalization;
using System.Text.Json;
using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Browsers;

/// <summary>A smoke call of stock Firefox: its SDP, its ICE and its DTLS differ from Chromium's.</summary>
public sealed class FirefoxTests
{
    [Fact, Row(89)]
    public async Task Firefox_and_a_phone_hear_each_other()
    {
        // Firefox checks no loopback candidates, so all three live in a network with an address beside loopback.
        await using var network = await NetworkNamespace.CreateAsync();
        await using var gateway = await GatewayProcess.StartInAsync(network);
        await using var phone = await Baresip.StartAsync(gateway.Phone(gateway.Bob) with { Tone = 1000, Network = network });
        var (file, arguments) = network.Inside("node",
        [
            Path.Combine(Chromium.Clients, "src", "firefox.js"), gateway.Url, gateway.Alice.User, gateway.Alice.Password, GatewayProcess.Realm,
            gateway.Bob.User, "5",
        ]);
        await using var firefox = PeerProcess.Start(file, arguments);
        await firefox.WaitForExitAsync(TimeSpan.FromSeconds(60));
        Assert.True(firefox.ExitCode == 0, firefox.Output + gateway.Log);

        // Without a sound card Firefox's Web Audio stands still, so its receiver's own meter is read: energy is the square of
        // the level (the peak of the phone's tone, 0.5) over time.
        var report = JsonDocument.Parse(firefox.Output.Trim().Split('\n')[^1]).RootElement;
        var seconds = report.GetProperty("samples").GetInt64() / 8000.0;
        var level = Math.Sqrt(report.GetProperty("energy").GetDouble() / seconds);
        Assert.InRange(seconds, 4.5, 8);
        Assert.InRange(level, 0.45, 0.56);
        Assert.Equal(0, report.GetProperty("lost").GetInt32());

        // Firefox's fake microphone is a 1 kHz tone at 440 Hz or 1 kHz depending on its version: any steady sound will do.
        var heard = phone.Recording();
        var loud = heard.Samples.Chunk(160).Count(frame => frame.Max() > 300) * 0.02;
        Assert.True(loud > 3.5, string.Create(CultureInfo.InvariantCulture, $"the phone heard {loud:F1} s of sound"));
    }
}
