using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Trunks;

/// <summary>What a phone may not reach by a trunk, and what becomes of a call that a real proxy sends back.</summary>
[Collection(PbxCollection.Name)]
public sealed class DialPlanTests(PbxFixture fixture)
{
    private readonly GatewayProcess _gateway = fixture.Gateway;
    private readonly Kamailio _pbx = fixture.Pbx;

    /// <summary>The PBX as a peer that sends numbers with a plus to us; it does not challenge other domains than its own.</summary>
    private static Task<string> CompanyAsync(GatewayApi api) => api.MakeAsync("trunks", new
    {
        name = "company", type = "peer", host = Kamailio.Domain, domain = "gateway.example", qualifySeconds = 0,
        rights = new { national = true, international = true },
    });

    [Fact, Threat(28)]
    public async Task A_number_that_costs_is_refused_before_the_trunk_hears_of_it()
    {
        await using var api = await GatewayApi.SignInAsync(_gateway);
        await CompanyAsync(api);
        await api.MakeAsync("routes", new { name = "everything", match = "prefix", pattern = "", to = new { kind = "trunk", group = "company" } });
        await using var phone = await Baresip.StartAsync(_gateway.Phone(_gateway.Bob));

        foreach (var (number, reason) in new[] { ("+49900123401", "Premium"), ("+442079460001", "International"), ("00442079460002", "International") })
        {
            var closed = phone.Events.Count(name => name == "CALL_CLOSED");
            await phone.DialAsync($"sip:{number}@{_gateway.Registrar}");
            await phone.WaitAsync("CALL_CLOSED", count: closed + 1);
            Assert.Contains("403", phone.LastParameter("CALL_CLOSED"), StringComparison.Ordinal);
            Assert.Contains(reason, phone.LastParameter("CALL_CLOSED"), StringComparison.Ordinal);
            Assert.DoesNotContain(number[^8..], _pbx.Log, StringComparison.Ordinal);
        }
    }

    [Fact, Threat(31)]
    [Rfc(3261, "16.3")]
    public async Task A_call_that_the_PBX_sends_back_for_the_same_number_ends_at_once()
    {
        await using var api = await GatewayApi.SignInAsync(_gateway);
        var company = await CompanyAsync(api);
        await api.MakeAsync("routes", new { name = "back again", order = 1, match = "prefix", pattern = "+4977", sources = new[] { company }, to = new { kind = "trunk", group = "company" } });
        await api.MakeAsync("routes", new { name = "out", order = 2, match = "prefix", pattern = "+4977", to = new { kind = "trunk", group = "company" } });
        var bob = await api.AccountIdAsync(_gateway.Bob);
        await api.ChangeAsync($"accounts/{bob}", new { rights = new { allowedPrefixes = new[] { "+4977" } } });
        try
        {
            await using var phone = await Baresip.StartAsync(_gateway.Phone(_gateway.Bob));
            await phone.DialAsync($"sip:+4977555@{_gateway.Registrar}");
            await phone.WaitAsync("CALL_CLOSED");
            await _pbx.SawAsync("PBX got 482");
            Assert.Equal(1, Times(_pbx.Log, "PBX got INVITE sip:+4977555"));
        }
        finally
        {
            await api.ChangeAsync($"accounts/{bob}", new { rights = new { allowedPrefixes = Array.Empty<string>() } });
        }
    }

    private static int Times(string text, string words) => text.Split(words).Length - 1;
}
