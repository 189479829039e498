using System.Globalization;
using System.Net;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Net.Tests.Sip;

/// <summary>A gateway that is told to stop: what is on may end, nothing new begins, and who has no call is sent away.</summary>
public sealed class DrainTests
{
    private static HostRig Rig(double seconds, int loops = 1) => new()
    {
        Net = new NetOptions { Listen = [IPAddress.Loopback], SipPort = 0, SipLoops = loops, DrainTime = TimeSpan.FromSeconds(seconds) },
    };

    private static async Task<(PlayedConnection Connection, Flow Flow)> OpenAsync(HostRig rig, string user)
    {
        rig.AddAccount(user);
        var connection = new PlayedConnection();
        var flow = rig.Host.Opened(connection);
        await PlayedBrowser.RegisterAsync(rig, connection, flow, user, 1);
        return (connection, flow);
    }

    private static async Task<SentMessage> CallEchoAsync(HostRig rig, PlayedConnection connection, Flow flow, string user)
    {
        rig.Host.Received(flow, PlayedBrowser.Message(user, "INVITE", "sip:echo@gw.example", 3, "Content-Type: application/sdp", PlayedBrowser.Sdp));
        var ok = await PlayedBrowser.FinalAsync(connection, flow);
        Assert.Equal(200, ok.Status);
        rig.Host.Received(flow, PlayedBrowser.Message(user, "ACK", "sip:echo@gw.example", 3, "", "", ok));
        return ok;
    }

    private static async Task UntilAsync(Func<bool> what)
    {
        var limit = DateTime.UtcNow.AddSeconds(20);
        while (!what())
        {
            Assert.True(DateTime.UtcNow < limit, "it did not happen");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    [Theory, Row(38), Rfc(3261, "21.5.4")]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_running_call_ends_by_itself_while_new_ones_are_503_and_idle_sockets_1012(int loops)
    {
        await using var rig = Rig(60, loops);
        await rig.StartAsync();
        var (talking, talkingFlow) = await OpenAsync(rig, "ada");
        var (idle, _) = await OpenAsync(rig, "bob");
        var ok = await CallEchoAsync(rig, talking, talkingFlow, "ada");
        using var phone = new UdpPhone("carol", rig.Address);
        rig.AddAccount("carol");

        var drain = rig.Host.DrainAsync(default);
        await UntilAsync(() => idle.Closed is not null && rig.Host.Drain is not null);
        phone.Send(phone.Request("REGISTER", "sip:gw.example", $"Contact: <sip:carol@{phone.Local}>"));
        var register = await phone.ReceiveAsync();
        phone.Send(phone.Request("OPTIONS", "sip:gw.example"));
        var options = await phone.ReceiveAsync();
        rig.Host.Received(talkingFlow, PlayedBrowser.Message("ada", "REGISTER", "sip:gw.example", 9, "Contact: <sip:x@y.invalid;transport=ws>"));
        var own = await PlayedBrowser.FinalAsync(talking, talkingFlow);

        Assert.Equal(1012, idle.Closed!.Value.Code);
        Assert.Equal((503, 503), (register.Status, options.Status));
        Assert.InRange(int.Parse(register.Header(HeaderId.RetryAfter)!, CultureInfo.InvariantCulture), 3, 75);
        // Whoever is in a call must be able to come back to it.
        Assert.NotEqual(503, own.Status);
        Assert.Null(talking.Closed);
        Assert.False(drain.IsCompleted);
        Assert.Equal(1, rig.Host.Drain!.Calls);

        rig.Host.Received(talkingFlow, PlayedBrowser.Message("ada", "BYE", "sip:echo@gw.example", 10, "", "", ok));
        Assert.Equal(200, (await PlayedBrowser.FinalAsync(talking, talkingFlow)).Status);
        await drain.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        Assert.Equal(1012, talking.Closed!.Value.Code);
    }

    [Fact, Row(38)]
    public async Task A_second_wish_to_stop_ends_the_wait_and_the_call_gets_its_BYE()
    {
        await using var rig = Rig(600);
        await rig.StartAsync();
        var (talking, flow) = await OpenAsync(rig, "ada");
        await CallEchoAsync(rig, talking, flow, "ada");
        using var enough = new CancellationTokenSource();

        var drain = rig.Host.DrainAsync(enough.Token);
        await UntilAsync(() => rig.Host.Drain is not null);
        await enough.CancelAsync();
        await drain.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        var stopping = rig.Host.StopAsync(default);

        Assert.Equal(SipMethod.Bye, new SentMessage(flow, talking.Take()).Request.Method);
        await stopping;
    }

    [Fact]
    public async Task Without_a_time_to_drain_nothing_waits()
    {
        await using var rig = Rig(0);
        await rig.StartAsync();
        var (talking, flow) = await OpenAsync(rig, "ada");
        await CallEchoAsync(rig, talking, flow, "ada");

        await rig.Host.DrainAsync(default);

        Assert.Null(rig.Host.Drain);
        Assert.Null(talking.Closed);
    }
}
