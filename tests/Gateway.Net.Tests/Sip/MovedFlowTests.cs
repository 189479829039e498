using System.Net;
using Gateway.Server.Dispatch;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Net.Tests.Sip;

/// <summary>A browser whose socket drops in a call comes back: its call, on whatever loop, follows it.</summary>
public sealed class MovedFlowTests
{
    [Fact, Rfc(5626, "5.3"), Row(38), BrowserRule("I2")]
    public async Task A_call_on_another_loop_follows_its_browser()
    {
        await using var rig = new HostRig { Net = new NetOptions { Listen = [IPAddress.Loopback], SipPort = 0, SipLoops = 3 } };
        await rig.StartAsync();
        // The call lives on the loop of what it dialled; its browser must be another loop's.
        var map = new LoopMap(3, rig.Accounts);
        var user = Enumerable.Range(0, 100).Select(i => $"ada{i}").First(name => map.LoopOfAor($"{name}@x") != map.LoopOfAor("echo@x"));
        rig.AddAccount(user);
        var first = new PlayedConnection();
        var flow = rig.Host.Opened(first);
        await PlayedBrowser.RegisterAsync(rig, first, flow, user, 1);
        rig.Host.Received(flow, PlayedBrowser.Message(user, "INVITE", "sip:echo@gw.example", 3, "Content-Type: application/sdp", PlayedBrowser.Sdp));
        var ok = await PlayedBrowser.FinalAsync(first, flow);
        Assert.Equal(200, ok.Status);
        rig.Host.Received(flow, PlayedBrowser.Message(user, "ACK", "sip:echo@gw.example", 3, "", "", ok));

        rig.Host.Closed(flow);
        var second = new PlayedConnection();
        var back = rig.Host.Opened(second);
        await PlayedBrowser.RegisterAsync(rig, second, back, user, 4);
        var stopping = rig.Host.StopAsync(default);

        var bye = new SentMessage(back, second.Take());
        Assert.Equal(SipMethod.Bye, bye.Request.Method);
        Assert.Equal(ok.Header(HeaderId.CallId), bye.Header(HeaderId.CallId));
        await stopping;
    }
}
