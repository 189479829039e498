using System.Text.Json;
using Gateway.Server.Trunks;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Trunks;

/// <summary>"Test this trunk": each step has a verdict and says what to do, it ends in any case, and it changes nothing.</summary>
public sealed class TrunkTestTests
{
    private readonly TrunkRig _rig = new();
    private TrunkTestResult? _result;

    private static Trunk Trunk => TrunkRig.Registering;

    private void Test(Trunk trunk)
    {
        _rig.Manager.Test(trunk, result => _result = result, _rig.Core.Now);
        _rig.Core.RunPosted();
    }

    private string Verdicts => string.Join(' ', _result!.Steps.Select(step => $"{step.Name}={step.Verdict}"));

    private TrunkTestStep Step(string name) => _result!.Steps.Single(step => step.Name == name);

    private void Advance(double seconds) => _rig.Core.Advance(TimeSpan.FromSeconds(seconds));

    [Fact, Rfc(3261, "10.2.3")]
    public void A_trunk_that_is_not_saved_is_tried_without_registering_anything()
    {
        Test(Trunk);
        var options = _rig.TakeOnly(SipMethod.Options);
        _rig.Core.Advance(TimeSpan.FromMilliseconds(20));
        _rig.Answer(options, 200);
        _rig.Challenge(_rig.TakeOnly());
        var register = _rig.TakeOnly();
        TrunkRig.Proves(register);
        Assert.Null(register.Header(HeaderId.Contact));
        _rig.Answer(register, 200);

        Assert.Equal("dns=Passed reach=Passed options=Passed register=Passed", Verdicts);
        Assert.Equal((TestVerdict.Passed, "The trunk answers, and lets us register."), (_result!.Verdict, _result.Text));
        Assert.Equal(20, Step("options").Milliseconds);
        Assert.Null(_rig.Board.Memory.RealmOf(Trunk.Id));
        Advance(60);
        Assert.Equal(0, _rig.Core.Services.Timers.Count);
    }

    [Fact]
    public void A_registration_that_stands_is_refreshed_and_stays()
    {
        _rig.Configure(Trunk);
        _rig.Register();
        Test(_rig.Core.Services.Configuration.Current.Trunks[0]);
        _rig.Answer(_rig.TakeOnly(SipMethod.Options), 404);
        var refresh = _rig.TakeOnly();
        Assert.Equal(2u, TrunkRig.Proves(refresh));
        Assert.Equal(600, TrunkRig.Expires(refresh));
        _rig.Grant(refresh);

        Assert.Equal("dns=Passed reach=Passed options=Passed register=Passed", Verdicts);
        Assert.Equal("gw1@192.0.2.5 is registered.", Step("register").Text);
        Assert.Equal("registered", _rig.Status(Trunk).Registration);
    }

    [Fact]
    public void A_wrong_password_is_the_verdict()
    {
        Test(Trunk);
        _rig.Answer(_rig.TakeOnly(SipMethod.Options), 200);
        _rig.Challenge(_rig.TakeOnly(), "n1");
        _rig.Challenge(_rig.TakeOnly(), "n2");

        Assert.Equal(TestVerdict.Failed, _result!.Verdict);
        Assert.Equal("401 again: the password is wrong for user gw1 at realm pbx.example.", _result.Text);
    }

    [Fact]
    public void A_name_that_leads_nowhere_is_the_verdict_and_the_rest_is_not_tried()
    {
        Test(Trunk with { Host = "nowhere.example" });

        Assert.Equal("dns=Failed reach=Skipped options=Skipped register=Skipped", Verdicts);
        Assert.StartsWith("There is no name nowhere.example. Check the spelling", _result!.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Silence_says_what_to_check_and_who_we_are()
    {
        Test(Trunk with { Type = TrunkKind.Peer });
        _rig.TakeOnly(SipMethod.Options);
        Advance(5.1);

        Assert.Equal("dns=Passed reach=Failed options=Skipped register=Skipped", Verdicts);
        Assert.Contains("No answer from 192.0.2.5:5060 (UDP) within 5 s.", _result!.Text, StringComparison.Ordinal);
        Assert.Contains("192.0.2.1:5060", _result.Text, StringComparison.Ordinal);
    }

    [Fact, Rfc(3263, "4.3")]
    public void A_dead_address_before_a_living_one_is_a_warning()
    {
        _rig.Names.Set("pbx.example", "192.0.2.5:5060", "192.0.2.6:5060");
        Test(Trunk with { Type = TrunkKind.Peer, Host = "pbx.example" });
        _rig.TakeOnly(SipMethod.Options);
        Advance(5.1);
        _rig.Answer(_rig.TakeOnly(SipMethod.Options), 200);

        Assert.Equal("dns=Passed reach=Warning options=Passed register=Skipped", Verdicts);
        Assert.Equal(TestVerdict.Warning, _result!.Verdict);
        Assert.Contains("192.0.2.5:5060", _result.Text, StringComparison.Ordinal);
    }

    [Fact, Threat(41)]
    public void A_connection_that_fails_says_why()
    {
        Test(Trunk with { Transport = SipTransport.Tls, Host = "192.0.2.5" });
        var flow = _rig.TakeOnly(SipMethod.Options).Flow;
        _rig.Connector.Forget(flow, "its certificate is for other.example");
        _rig.Core.CloseFlow(flow);

        Assert.Contains("192.0.2.5:5060 (TLS): its certificate is for other.example", Step("reach").Text, StringComparison.Ordinal);
        Assert.Equal(TestVerdict.Failed, Step("reach").Verdict);
    }

    [Fact]
    public void Who_answers_options_and_not_register_is_told_apart()
    {
        Test(Trunk);
        _rig.Answer(_rig.TakeOnly(SipMethod.Options), 200);
        _rig.TakeOnly();
        Advance(5.1);

        Assert.Equal("dns=Passed reach=Passed options=Passed register=Failed", Verdicts);
    }

    [Fact]
    public void It_can_be_read_as_json()
    {
        Test(Trunk with { Host = "nowhere.example" });

        var json = JsonSerializer.Serialize(_result, JsonSerializerOptions.Web);

        Assert.Equal(Verdicts, string.Join(' ', JsonSerializer.Deserialize<TrunkTestResult>(json, JsonSerializerOptions.Web)!.Steps.Select(step => $"{step.Name}={step.Verdict}")));
    }
}
