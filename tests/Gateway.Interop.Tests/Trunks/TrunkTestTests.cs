using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Trunks;

/// <summary>"Test this trunk" against a real PBX and a real DNS: what is wrong is said, and where.</summary>
[Collection(PbxCollection.Name)]
public sealed class TrunkTestTests(PbxFixture fixture)
{
    private readonly Kamailio _pbx = fixture.Pbx;

    [Theory]
    [InlineData("good", "passed", "", "")]
    [InlineData("tls", "passed", "", "")]
    [InlineData("tls of another name", "failed", "reach", "name")]
    [InlineData("tls of a stranger", "failed", "reach", "certificate")]
    [InlineData("wrong password", "failed", "register", "password")]
    [InlineData("no such name", "failed", "dns", "There is no name nothing.pbx.example in DNS")]
    [InlineData("foreign name", "failed", "dns", "refused to answer us")]
    [InlineData("closed port", "failed", "reach", "nothing listens")]
    [Row(57)]
    public async Task A_trunk_is_tried_step_by_step(string what, string verdict, string step, string words)
    {
        await using var api = await GatewayApi.SignInAsync(fixture.Gateway);
        var id = await api.MakeAsync("trunks", new
        {
            name = what,
            type = "registering",
            host = what switch { "tls of another name" or "closed port" => "sip." + Kamailio.Domain, "no such name" => "nothing." + Kamailio.Domain, "foreign name" => "elsewhere.example", _ => Kamailio.Domain },
            port = what == "closed port" ? FreePorts.Take() : 0,
            transport = what.StartsWith("tls", StringComparison.Ordinal) ? "tls" : "udp",
            user = "950",
            password = what == "wrong password" ? "something else" : Kamailio.PasswordOf("950"),
            tls = new { authorities = what is "tls" or "tls of another name" ? _pbx.Authority : "" },
        });

        var result = await api.DoAsync($"trunks/{id}/test");
        Assert.True((string?)result["verdict"] == verdict, result.ToJsonString());
        if (step.Length > 0)
        {
            var failed = result["steps"]!.AsArray().First(one => (string?)one!["verdict"] == "failed")!;
            Assert.True((string?)failed["name"] == step && ((string)failed["text"]!).Contains(words, StringComparison.OrdinalIgnoreCase), result.ToJsonString());
        }
    }
}
