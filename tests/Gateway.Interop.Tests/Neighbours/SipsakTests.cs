using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Neighbours;

/// <summary>sipsak, the engineer's pocket knife: what it is used for day by day works against the gateway.</summary>
[Collection(GatewayCollection.Name)]
public sealed class SipsakTests(GatewayFixture fixture)
{
    private readonly GatewayProcess _gateway = fixture.Gateway;

    [Fact, Row(18), Rfc(3261, "11")]
    public async Task It_pings()
    {
        var said = await PeerProcess.RunAsync("sipsak", "-vv", "-s", $"sip:{_gateway.Registrar}");

        Assert.Contains("SIP/2.0 200", said, StringComparison.Ordinal);
    }

    [Fact, Row(55)]
    public async Task It_registers_a_contact_and_takes_it_out()
    {
        await _gateway.ForgetAsync(_gateway.Bob);
        var (user, password) = _gateway.Bob;

        await PeerProcess.RunAsync("sipsak", "-U", "-C", $"sip:{user}@127.0.0.1:9", "-x", "120", "-u", user, "-a", password, "-s", $"sip:{user}@{_gateway.Registrar}");
        await using var api = await GatewayApi.SignInAsync(_gateway);
        Assert.Contains("127.0.0.1:9", (await api.GetAsync("registrations?q=" + user)).ToJsonString(), StringComparison.Ordinal);

        await _gateway.ForgetAsync(_gateway.Bob);
        Assert.DoesNotContain("127.0.0.1:9", (await api.GetAsync("registrations?q=" + user)).ToJsonString(), StringComparison.Ordinal);
    }

    [Theory, Threat(16), Threat(20)]
    [InlineData("-F", "-e", "2000")]
    [InlineData("-R", "-t", "100")]
    public async Task Its_flood_and_its_trash_leave_the_gateway_as_it_was(params string[] mode)
    {
        await using (var flood = PeerProcess.Start("sipsak", [.. mode, "-s", $"sip:{_gateway.Registrar}"]))
        {
            await Task.WhenAny(flood.WaitForExitAsync(TimeSpan.FromSeconds(20)), Task.Delay(TimeSpan.FromSeconds(2)));
        }

        // Strangers get fifty answers a second; what was too much is soon forgotten.
        await Eventually.True(async () =>
        {
            await using var ping = PeerProcess.Start("sipsak", ["-vv", "-s", $"sip:{_gateway.Registrar}"]);
            await ping.WaitForExitAsync(TimeSpan.FromSeconds(10));
            return ping.ExitCode == 0;
        });
    }
}
