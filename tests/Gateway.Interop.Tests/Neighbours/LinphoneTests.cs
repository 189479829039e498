using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Neighbours;

/// <summary>linphonec, a phone of another make: it registers, calls, talks, and is hung up from either side.</summary>
[Collection(GatewayCollection.Name)]
public sealed class LinphoneTests(GatewayFixture fixture)
{
    private readonly GatewayProcess _gateway = fixture.Gateway;

    [Theory, Row(67), Row(103), Row(9)]
    [InlineData("udp", true)]
    [InlineData("tcp", false)]
    [InlineData("tls", true)]
    public async Task Linphone_calls_baresip_and_both_are_heard(string transport, bool callerHangsUp)
    {
        await _gateway.ForgetAsync(_gateway.Bob);
        await using var bob = await Baresip.StartAsync(_gateway.Phone(_gateway.Bob) with { Tone = 1000 });
        await using var alice = await Linphone.StartAsync(_gateway.Alice, transport, transport == "tls" ? _gateway.SipsPort : _gateway.SipPort, tone: 440);

        await alice.DoAsync($"call sip:{_gateway.Bob.User}@{GatewayProcess.Realm}");
        await bob.WaitAsync("CALL_ESTABLISHED");
        await alice.SaysAsync("Media streams established");
        await Task.Delay(TimeSpan.FromSeconds(2));
        if (callerHangsUp)
        {
            await alice.DoAsync("terminate");
        }
        else
        {
            await bob.HangUpAsync();
        }

        await bob.WaitAsync("CALL_CLOSED");
        await alice.SaysAsync("Call 1 with");
        var (atAlice, atBob) = (ToneReport.Of(Wave.Load(alice.Recording), 1000, other: 440), ToneReport.Of(bob.Recording(), 440, other: 1000));
        Assert.True(atAlice.Present > TimeSpan.FromSeconds(1), atAlice.ToString());
        Assert.True(atBob is { Present.TotalSeconds: > 1, Other.TotalMilliseconds: < 100 }, atBob.ToString());
    }
}
