using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Trunks;

/// <summary>Kamailio as the company's PBX: browsers as its extensions, a registering trunk, and numbers that it sends to us.</summary>
[Collection(PbxCollection.Name)]
public sealed class PbxTests(PbxFixture fixture)
{
    private static readonly TimeSpan s_talk = TimeSpan.FromSeconds(4);

    private readonly GatewayProcess _gateway = fixture.Gateway;
    private readonly Kamailio _pbx = fixture.Pbx;

    [Fact, Row(57)]
    [Rfc(3263, "4.1")]
    public async Task A_browser_is_an_extension_of_the_pbx_and_calls_go_both_ways()
    {
        await using var api = await GatewayApi.SignInAsync(_gateway);
        await api.MakeAsync("trunks", new
        {
            name = "pbx", type = "extensions", host = Kamailio.Domain, qualifySeconds = 0,
            extensions = new[] { new { account = await api.AccountIdAsync(_gateway.Alice), user = "101", password = Kamailio.PasswordOf("101") } },
        });
        await using var desk = await Baresip.StartAsync(_pbx.Phone("102") with { Tone = 1000 });
        await using var browser = await Chromium.StartAsync(tone: 440);
        var phone = await JsPhone.StartAsync(browser, _gateway, _gateway.Alice);
        await _pbx.SawAsync("PBX registered 101");

        await phone.CallAsync("102");
        await phone.WaitAsync("confirmed");
        await TalkAsync(phone, desk);
        await phone.HangUpAsync();
        await desk.WaitAsync("CALL_CLOSED");

        await desk.DialAsync($"sip:101@{Kamailio.Domain}");
        await phone.WaitAsync("session", count: 2);
        await phone.AnswerAsync();
        await phone.WaitAsync("confirmed", count: 2);
        await TalkAsync(phone, desk);
        await desk.HangUpAsync();
        await phone.WaitAsync("ended", count: 2);

        // Nobody is at the browser: the PBX says so, not we.
        await phone.Page.CloseAsync();
        await Eventually.True(async () =>
        {
            await desk.DialAsync($"sip:101@{Kamailio.Domain}");
            var calls = desk.Events.Count(name => name == "CALL_CLOSED");
            await desk.WaitAsync("CALL_CLOSED", count: calls + 1);
            return desk.LastParameter("CALL_CLOSED").Contains("404", StringComparison.Ordinal);
        }, TimeSpan.FromSeconds(25), () => _pbx.Log);
    }

    [Fact, Row(57)]
    public async Task A_registering_trunk_takes_calls_out_and_brings_calls_in()
    {
        await using var api = await GatewayApi.SignInAsync(_gateway);
        var alice = await api.AccountIdAsync(_gateway.Alice);
        var trunk = await api.MakeAsync("trunks", new
        {
            name = "line", type = "registering", host = Kamailio.Domain, user = "900", password = Kamailio.PasswordOf("900"),
            registerSeconds = 60, dids = new[] { new { number = "900", to = new { kind = "account", account = alice } } },
        });
        await api.MakeAsync("routes", new { name = "out by the line", match = "prefix", pattern = "8", strip = 1, to = new { kind = "trunk", group = "line" } });
        await _pbx.SawAsync("PBX registered 900");

        await using var desk = await Baresip.StartAsync(_pbx.Phone("103") with { Tone = 1000 });
        await using var browser = await Chromium.StartAsync(tone: 440);
        var phone = await JsPhone.StartAsync(browser, _gateway, _gateway.Alice);

        await phone.CallAsync("8103");
        await phone.WaitAsync("confirmed");
        await TalkAsync(phone, desk);
        await desk.HangUpAsync();
        await phone.WaitAsync("ended");

        await desk.DialAsync($"sip:900@{Kamailio.Domain}");
        await phone.WaitAsync("session", count: 2);
        await phone.AnswerAsync();
        await phone.WaitAsync("confirmed", count: 2);
        await TalkAsync(phone, desk);
        await phone.HangUpAsync();
        await desk.WaitAsync("CALL_CLOSED", count: 2);

        // A trunk that is deleted unregisters.
        await api.DeleteAllAsync();
        await desk.DialAsync($"sip:900@{Kamailio.Domain}");
        await desk.WaitAsync("CALL_CLOSED", count: 3);
        Assert.Contains("404", desk.LastParameter("CALL_CLOSED"), StringComparison.Ordinal);
        _ = trunk;
    }

    [Theory, InlineData(true), InlineData(false), Row(57)]
    public async Task A_number_rings_a_browser_and_a_desk_phone_and_the_first_answer_wins(bool browserAnswers)
    {
        await using var api = await GatewayApi.SignInAsync(_gateway);
        var group = await api.MakeAsync("groups", new
        {
            name = "sales", extension = "600", members = new[] { await api.AccountIdAsync(_gateway.Alice), await api.AccountIdAsync(_gateway.Bob) }, ringSeconds = 20,
        });
        await api.MakeAsync("trunks", new
        {
            name = "company", type = "peer", host = Kamailio.Domain, qualifySeconds = 0,
            dids = new[] { new { number = "+49305550100", to = new { kind = "group", group } } },
        });
        await using var caller = await Baresip.StartAsync(_pbx.Phone("104") with { Tone = 1000 });
        await using var browser = await Chromium.StartAsync(tone: 440);
        var phone = await JsPhone.StartAsync(browser, _gateway, _gateway.Alice);
        await using var desk = await Baresip.StartAsync(_gateway.Phone(_gateway.Bob) with { Tone = 600, AutoAnswer = false });

        await caller.DialAsync($"sip:+49305550100@{Kamailio.Domain}");
        await phone.WaitAsync("session");
        await desk.WaitAsync("CALL_INCOMING");
        await caller.WaitAsync("CALL_RINGING");

        if (browserAnswers)
        {
            await phone.AnswerAsync();
            await phone.WaitAsync("confirmed");
            await desk.WaitAsync("CALL_CLOSED");
            await TalkAsync(phone, caller);
            await phone.HangUpAsync();
        }
        else
        {
            await desk.AcceptAsync();
            await phone.WaitAsync("failed");
            Assert.Equal("Canceled", await phone.LastAsync("failed", "cause"));
            await caller.WaitAsync("CALL_ESTABLISHED");
            await Task.Delay(s_talk);
            PbxFixture.AssertGoodAudio(ToneReport.Of(caller.Recording(), 600, other: 1000), s_talk);
            PbxFixture.AssertGoodAudio(ToneReport.Of(desk.Recording(), 1000, other: 600), s_talk);
            await desk.HangUpAsync();
        }

        await caller.WaitAsync("CALL_CLOSED");

        // A number that nobody has is nobody's.
        await caller.DialAsync($"sip:+49305550199@{Kamailio.Domain}");
        await caller.WaitAsync("CALL_CLOSED", count: 2);
        Assert.Contains("404", caller.LastParameter("CALL_CLOSED"), StringComparison.Ordinal);
    }

    private static async Task TalkAsync(JsPhone browser, Baresip desk)
    {
        await browser.ListenAsync(1000, other: 440);
        await Task.Delay(s_talk);
        var heard = await browser.HeardAsync();
        PbxFixture.AssertGoodAudio(heard, s_talk);
        PbxFixture.AssertGoodAudio(ToneReport.Of(desk.Recording(), 440, other: 1000), s_talk);
    }
}
