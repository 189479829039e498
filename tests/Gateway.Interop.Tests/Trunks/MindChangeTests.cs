using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Trunks;

/// <summary>A trunk that changes a call that stands, while a browser talks: the browser sees a hold, and no more.</summary>
[Collection(PbxCollection.Name)]
public sealed class MindChangeTests(PbxFixture fixture)
{
    private readonly GatewayProcess _gateway = fixture.Gateway;

    [Fact, Row(73)]
    [Rfc(3264, "8.3.1")]
    [Rfc(3264, "8.4")]
    [Rfc(3311, "5.2")]
    public async Task Hold_another_codec_and_another_address_by_reinvite_and_update()
    {
        await using var elsewhere = new RtpEar(tone: 1000);
        await using var third = new RtpEar(tone: 1000);
        await using var trunk = Sipp.Start("changes", _gateway.Registrar, keys:
            [("elsewhere", elsewhere.Port.ToString(System.Globalization.CultureInfo.InvariantCulture)), ("third", third.Port.ToString(System.Globalization.CultureInfo.InvariantCulture))]);
        await using var api = await GatewayApi.SignInAsync(_gateway);
        await api.MakeAsync("trunks", new { name = "fickle", type = "peer", host = "127.0.0.1", port = trunk.Port, transport = "udp", qualifySeconds = 0 });
        await api.MakeAsync("routes", new { name = "fickle", match = "prefix", pattern = "6", to = new { kind = "trunk", group = "fickle" } });
        await using var browser = await Chromium.StartAsync(tone: 440);
        var phone = await JsPhone.StartAsync(browser, _gateway, _gateway.Alice);

        await phone.CallAsync("6001");
        await phone.WaitAsync("confirmed");
        await phone.WaitAsync("hold");
        Assert.Equal("remote", await phone.LastAsync("hold", "originator"));
        await phone.WaitAsync("unhold");
        await Eventually.True(() => elsewhere.Heard().Samples.Length > 8000, TimeSpan.FromSeconds(12), trunk.Story);
        await phone.ListenAsync(1000, other: 440);
        await Task.Delay(TimeSpan.FromSeconds(2));
        var heard = await phone.HeardAsync();
        Assert.True(heard.Present > TimeSpan.FromSeconds(1.5) && heard.Other == TimeSpan.Zero, heard.ToString());

        await Eventually.True(() => third.Heard().Samples.Length > 16_000, TimeSpan.FromSeconds(12), trunk.Story);
        await phone.ListenAsync(1000, other: 440);
        await Task.Delay(TimeSpan.FromSeconds(2));
        heard = await phone.HeardAsync();
        Assert.True(heard.Present > TimeSpan.FromSeconds(1.5) && heard.Other == TimeSpan.Zero, heard.ToString());
        Assert.False(await phone.HasAsync("ended"));
        await phone.HangUpAsync();
        await trunk.SucceedAsync();

        foreach (var ear in new[] { elsewhere, third })
        {
            var sound = ear.Heard();
            Assert.True(ToneReport.Of(sound, 440, other: 1000) is var report && report.Present > sound.Duration - TimeSpan.FromSeconds(0.5) && report.Other == TimeSpan.Zero, report.ToString());
            Assert.Equal(0, ear.Others);
        }
    }
}
