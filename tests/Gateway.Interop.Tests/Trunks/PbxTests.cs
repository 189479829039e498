using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Trunks;

/// <summary>Kamailio as the company's PBX: browsers as its extensions, a registering trunk, and numbers that it sends to us.</summary>
[Collection(PbxCollection.Name)]
public sealed class PbxTests(PbxFixture fixture)
{
    private static readonly TimeSpan s_talk = TimeSpan.FromSeconds(3);

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
        var log = _pbx.Log.Length;
        await phone.Page.CloseAsync();
        await Eventually.True(() => Leaves("101", _pbx.Log[log..]), TimeSpan.FromSeconds(20), () => _pbx.Log[log..]);
        await desk.DialAsync($"sip:101@{Kamailio.Domain}");
        await desk.WaitAsync("CALL_CLOSED", count: 3);
        Assert.Contains("404", desk.LastParameter("CALL_CLOSED"), StringComparison.Ordinal);
    }

    [Theory, InlineData("udp"), InlineData("tcp"), InlineData("tls"), Row(57)]
    [Rfc(5922, "7.2")]
    public async Task A_registering_trunk_takes_calls_out_and_brings_calls_in(string transport)
    {
        await using var api = await GatewayApi.SignInAsync(_gateway);
        var alice = await api.AccountIdAsync(_gateway.Alice);
        var user = "90" + transport.Length + transport[0];
        await api.MakeAsync("trunks", new
        {
            name = "line", type = "registering", host = Kamailio.Domain, transport, user, password = Kamailio.PasswordOf(user),
            registerSeconds = 60, tls = new { authorities = transport == "tls" ? _pbx.Authority : "" },
            dids = new[] { new { number = user, to = new { kind = "account", account = alice } } },
        });
        await api.MakeAsync("routes", new { name = "out by the line", match = "prefix", pattern = "8", strip = 1, to = new { kind = "trunk", group = "line" } });
        await _pbx.SawAsync("PBX registered " + user);
        await _pbx.SawAsync($"from sip:{user}@{Kamailio.Domain} by {transport} ");

        await using var desk = await Baresip.StartAsync(_pbx.Phone("103") with { Tone = 1000 });
        await using var browser = await Chromium.StartAsync(tone: 440);
        var phone = await JsPhone.StartAsync(browser, _gateway, _gateway.Alice);

        await phone.CallAsync("8103");
        await phone.WaitAsync("confirmed");
        await TalkAsync(phone, desk);
        await desk.HangUpAsync();
        await phone.WaitAsync("ended");

        await desk.DialAsync($"sip:{user}@{Kamailio.Domain}");
        await phone.WaitAsync("session", count: 2);
        await phone.AnswerAsync();
        await phone.WaitAsync("confirmed", count: 2);
        await TalkAsync(phone, desk);
        await phone.HangUpAsync();
        await desk.WaitAsync("CALL_CLOSED", count: 2);

        // A trunk that is deleted takes its registration away.
        var log = _pbx.Log.Length;
        await api.DeleteAllAsync();
        await Eventually.True(() => Leaves(user, _pbx.Log[log..]), detail: () => _pbx.Log[log..]);
        await desk.DialAsync($"sip:{user}@{Kamailio.Domain}");
        await desk.WaitAsync("CALL_CLOSED", count: 3);
        Assert.Contains("404", desk.LastParameter("CALL_CLOSED"), StringComparison.Ordinal);
    }

    [Fact, Row(57)]
    [Rfc(5922, "7.2")]
    public async Task A_PBX_whose_certificate_has_another_name_gets_no_call()
    {
        await using var api = await GatewayApi.SignInAsync(_gateway);
        await api.MakeAsync("trunks", new { name = "posing", type = "peer", host = "sip." + Kamailio.Domain, transport = "tls", qualifySeconds = 0, tls = new { authorities = _pbx.Authority } });
        await api.MakeAsync("routes", new { name = "posing", match = "prefix", pattern = "5", strip = 1, to = new { kind = "trunk", group = "posing" } });
        await using var browser = await Chromium.StartAsync();
        var phone = await JsPhone.StartAsync(browser, _gateway, _gateway.Alice);

        await phone.CallAsync("5109");
        await phone.WaitAsync("failed");
        Assert.DoesNotContain("INVITE sip:109", _pbx.Log, StringComparison.Ordinal);
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

    /// <summary>The PBX took a registration away.</summary>
    private static bool Leaves(string user, string log) =>
        log.Split('\n').Any(line => line.Contains($"PBX registered {user} ", StringComparison.Ordinal) && line.Contains("expires=0", StringComparison.Ordinal));

    private static async Task TalkAsync(JsPhone browser, Baresip desk)
    {
        await browser.ListenAsync(1000, other: 440);
        await Task.Delay(s_talk);
        var heard = await browser.HeardAsync();
        PbxFixture.AssertGoodAudio(heard, s_talk);
        PbxFixture.AssertGoodAudio(ToneReport.Of(desk.Recording(), 440, other: 1000), s_talk);
    }
}
