using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Browsers;

/// <summary>The rules of docs/browsers.md that show in the messages between stock JsSIP and the gateway.</summary>
[Collection(GatewayCollection.Name)]
public sealed class BrowserRuleTests(GatewayFixture fixture)
{
    private readonly GatewayProcess _gateway = fixture.Gateway;

    [Fact, BrowserRule("I1"), BrowserRule("I3"), BrowserRule("A1"), BrowserRule("A2"), BrowserRule("I4")]
    public async Task Registering_is_challenged_once_by_md5_and_the_contact_comes_back_as_it_went()
    {
        await using var browser = await Chromium.StartAsync();
        var phone = await JsPhone.StartAsync(browser, _gateway, _gateway.Alice);
        var messages = await phone.MessagesAsync();

        var challenge = Assert.Single(messages, message => message.StartsWith("< SIP/2.0 401", StringComparison.Ordinal));
        Assert.Contains("qop=\"auth\"", challenge, StringComparison.Ordinal);
        Assert.Contains("algorithm=MD5", challenge, StringComparison.Ordinal);
        Assert.Single(Headers(challenge, "WWW-Authenticate"));

        var sent = Headers(messages.Last(message => message.StartsWith("> REGISTER", StringComparison.Ordinal)), "Contact").Single();
        var ok = messages.Single(message => message.StartsWith("< SIP/2.0 200", StringComparison.Ordinal));
        var instance = sent[sent.IndexOf("+sip.instance", StringComparison.Ordinal)..];
        instance = instance[..(instance.IndexOf('"', instance.IndexOf('"', StringComparison.Ordinal) + 1) + 1)];
        Assert.Contains(Headers(ok, "Contact"), contact => contact.Contains(instance, StringComparison.Ordinal) && contact.Contains("expires=", StringComparison.Ordinal));
        Assert.Contains(";pub-gruu=\"sip:", ok, StringComparison.Ordinal);
    }

    [Fact, BrowserRule("I4")]
    public async Task Too_short_an_expiry_is_answered_423_and_the_library_recovers()
    {
        await using var browser = await Chromium.StartAsync();
        var phone = await JsPhone.StartAsync(browser, _gateway, _gateway.Alice, settings: new { extra = new { register_expires = 20 } });
        var messages = await phone.MessagesAsync();

        var refusal = messages.First(message => message.StartsWith("< SIP/2.0 423", StringComparison.Ordinal));
        Assert.Equal("60", Headers(refusal, "Min-Expires").Single());
    }

    [Fact, BrowserRule("C1"), BrowserRule("C3"), BrowserRule("C4"), BrowserRule("I5"), BrowserRule("I7"), BrowserRule("A3"), BrowserRule("D1"), BrowserRule("D3")]
    public async Task A_call_of_the_browser_goes_by_the_rules()
    {
        await using var callee = await Baresip.StartAsync(_gateway.Phone(_gateway.Bob));
        await using var browser = await Chromium.StartAsync();
        var phone = await JsPhone.StartAsync(browser, _gateway, _gateway.Alice);
        await phone.CallAsync(_gateway.Bob.User);
        await phone.WaitAsync("confirmed");

        await phone.Page.EvaluateAsync("() => { window.phone.session.sendRequest('UPDATE', {}); }");
        await Eventually.True(async () => (await phone.MessagesAsync()).Any(message => Answers(message, "UPDATE", 200)));
        for (var i = 1; i <= 3; i++)
        {
            await phone.HoldAsync();
            await phone.WaitAsync("hold", count: i);
            await phone.ResumeAsync();
            await phone.WaitAsync("unhold", count: i);
        }

        var messages = await phone.MessagesAsync();
        var answers = messages.Where(message => message.StartsWith("< SIP/2.0 ", StringComparison.Ordinal) && Headers(message, "CSeq").Single().EndsWith(" INVITE", StringComparison.Ordinal)).ToList();
        Assert.StartsWith("< SIP/2.0 100", answers[0], StringComparison.Ordinal);
        var contacts = answers.Where(answer => !answer.StartsWith("< SIP/2.0 100", StringComparison.Ordinal)).SelectMany(answer => Headers(answer, "Contact")).Distinct();
        Assert.Single(contacts);
        var ok = answers.First(answer => answer.StartsWith("< SIP/2.0 200", StringComparison.Ordinal));
        Assert.Equal("application/sdp", Headers(ok, "Content-Type").Single());
        Assert.Contains("m=audio", ok, StringComparison.Ordinal);
        Assert.DoesNotContain(answers, answer => answer.StartsWith("< SIP/2.0 4", StringComparison.Ordinal) || answer.StartsWith("< SIP/2.0 3", StringComparison.Ordinal));
    }

    [Fact, BrowserRule("C2"), BrowserRule("C5"), BrowserRule("I6"), Row(87)]
    public async Task A_call_to_the_browser_goes_by_the_rules_and_shows_nothing_of_the_inner_side()
    {
        await using var browser = await Chromium.StartAsync();
        var callee = await JsPhone.StartAsync(browser, _gateway, _gateway.Bob);
        await using var caller = await Baresip.StartAsync(_gateway.Phone(_gateway.Alice));
        await caller.DialAsync($"sip:{_gateway.Bob.User}@{_gateway.Registrar}");
        await callee.WaitAsync("session");
        await callee.AnswerAsync();
        await callee.WaitAsync("confirmed");

        var invite = (await callee.MessagesAsync()).First(message => message.StartsWith("< INVITE", StringComparison.Ordinal));
        Assert.Equal("application/sdp", Headers(invite, "Content-Type").Single());
        Assert.DoesNotContain("100rel", string.Concat(Headers(invite, "Require")), StringComparison.Ordinal);
        Assert.StartsWith("< INVITE sip:", invite, StringComparison.Ordinal);
        Assert.DoesNotContain($":{caller.Port}", invite, StringComparison.Ordinal);
        Assert.DoesNotContain("baresip", invite, StringComparison.OrdinalIgnoreCase);
        Assert.Single(Headers(invite, "Via"));
    }

    [Fact, BrowserRule("I2"), BrowserRule("W3")]
    public async Task SipJs_which_has_no_instance_registers_and_calls_too()
    {
        await using var browser = await Chromium.StartAsync(tone: 440);
        var page = await browser.OpenAsync(_gateway, "sipjs");
        await page.EvaluateAsync("""
            async s => {
              const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
              window.ua = new SIP.UserAgent({
                uri: SIP.UserAgent.makeURI(s.uri), authorizationUsername: s.user, authorizationPassword: s.password,
                transportOptions: { server: s.url }, logLevel: 'error',
                sessionDescriptionHandlerFactoryOptions: { peerConnectionConfiguration: { iceServers: [] }, constraints: { audio, video: false } },
              });
              await window.ua.start();
              window.registered = await new Promise((resolve, reject) => {
                const registerer = new SIP.Registerer(window.ua);
                registerer.stateChange.addListener((state) => state === 'Registered' && resolve(true));
                registerer.register();
                setTimeout(() => reject(new Error('not registered')), 8000);
              });
              const inviter = new SIP.Inviter(window.ua, SIP.UserAgent.makeURI(s.echo), { sessionDescriptionHandlerOptions: { constraints: { audio, video: false } } });
              window.inviter = inviter;
              await inviter.invite();
              await new Promise((resolve, reject) => {
                inviter.stateChange.addListener((state) => state === 'Established' && resolve());
                setTimeout(() => reject(new Error('not established: ' + inviter.state)), 8000);
              });
              window.ears = listenTo(inviter.sessionDescriptionHandler.remoteMediaStream, 440, 0);
            }
            """, new
        {
            uri = $"sip:{_gateway.Alice.User}@{GatewayProcess.Realm}",
            user = _gateway.Alice.User,
            password = _gateway.Alice.Password,
            url = $"wss://localhost:{_gateway.HttpsPort}/ws",
            echo = $"sip:echo@{GatewayProcess.Realm}",
        });
        await Task.Delay(2500);

        Assert.True(await page.EvaluateAsync<double>("() => window.ears.report().presentMs") > 1500);
        await page.EvaluateAsync("() => window.inviter.bye()");
    }

    private static bool Answers(string message, string method, int status) =>
        message.StartsWith($"< SIP/2.0 {status}", StringComparison.Ordinal) && Headers(message, "CSeq").Single().EndsWith(' ' + method, StringComparison.Ordinal);

    private static List<string> Headers(string message, string name) =>
        [.. message.Split("\r\n").Where(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase)).Select(line => line[(name.Length + 1)..].Trim())];
}
