using System.Text.RegularExpressions;
using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Registrations;

/// <summary>Stock JsSIP takes the public GRUU that it gets for its Contact (BROWSER I4): calls, holds and transfers work with it, and it leads to that browser alone.</summary>
[Collection(GatewayCollection.Name)]
public sealed partial class GruuTests(GatewayFixture fixture)
{
    private readonly GatewayProcess _gateway = fixture.Gateway;

    [Fact, Row(59), BrowserRule("I4"), Rfc(5627, "6.1")]
    public async Task A_call_to_the_uri_of_one_browser_rings_that_one_and_is_held_and_ended()
    {
        await _gateway.ForgetAsync(_gateway.Alice);
        await using var phone = await Baresip.StartAsync(_gateway.Phone(_gateway.Bob) with { Tone = 1000 });
        await using var chromium = await Chromium.StartAsync(tone: 440);
        var first = await JsPhone.StartAsync(chromium, _gateway, _gateway.Alice);
        var second = await JsPhone.StartAsync(chromium, _gateway, _gateway.Alice);
        var ok = (await second.MessagesAsync()).Last(message => message.StartsWith("< SIP/2.0 200", StringComparison.Ordinal));
        var contact = ok.Split("\r\n").First(line => line.StartsWith("Contact:", StringComparison.Ordinal));
        var gruu = PublicGruu().Match(contact).Groups[1].Value;
        Assert.NotEqual("", gruu);

        await phone.DialAsync(gruu);
        await second.WaitAsync("session");
        await second.AnswerAsync();
        await second.WaitAsync("confirmed");
        await phone.WaitAsync("CALL_ESTABLISHED");
        Assert.False(await first.HasAsync("session"));
        var answer = (await second.MessagesAsync()).Last(message => message.StartsWith("> SIP/2.0 200", StringComparison.Ordinal) && message.Contains("INVITE", StringComparison.Ordinal));
        Assert.Contains($"Contact: <{gruu}>", answer, StringComparison.Ordinal);
        await second.HoldAsync();
        await second.ResumeAsync();
        // Its BYE and ours find the dialog, whatever its Contact is.
        await phone.HangUpAsync();
        await second.WaitAsync("ended");
    }

    [GeneratedRegex("pub-gruu=\"([^\"]+)\"")]
    private static partial Regex PublicGruu();
}
