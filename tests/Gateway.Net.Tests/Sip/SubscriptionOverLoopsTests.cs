using System.Net;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Net.Tests.Sip;

/// <summary>Subscriptions through a running host with several loops, whichever of them the watched user is on.</summary>
public sealed class SubscriptionOverLoopsTests
{
    [Fact, Row(13), Rfc(6665, "4.2.1.2"), Rfc(3680, "4.7")]
    public async Task Everyone_is_watched_on_the_loop_where_they_are_registered()
    {
        await using var rig = new HostRig { Net = new NetOptions { Listen = [IPAddress.Loopback], SipPort = 0, SipLoops = 3 } };
        await rig.StartAsync();
        string[] users = ["ada", "bob", "cyd", "dan"];
        foreach (var user in users)
        {
            rig.AddAccount(user);
        }

        // At once: a change is told five seconds after the NOTIFY before it.
        await Task.WhenAll(users.Select(user => WatchAsync(rig, user)));
    }

    private static async Task WatchAsync(HostRig rig, string user)
    {
        using var watcher = new UdpPhone(user, rig.Address);
        using var phone = new UdpPhone(user, rig.Address);
        Assert.Equal(200, (await watcher.RegisterAsync()).Status);

        watcher.Send(watcher.Request("SUBSCRIBE", $"sip:{user}@gw.example", $"Contact: <sip:{user}@{watcher.Local}>\nEvent: reg\nExpires: 600").Replace("Call-ID: ", "Call-ID: watch-", StringComparison.Ordinal));
        var ok = await CallOverUdpTests.Next(watcher);
        Assert.Equal(200, ok.Status);
        var notify = await CallOverUdpTests.Next(watcher);
        Assert.Contains("state=\"full\"", notify.Text, StringComparison.Ordinal);
        watcher.Send(CallOverUdpTests.Answer(notify, "200 OK", watcher));

        Assert.Equal(200, (await phone.RegisterAsync()).Status);
        var change = await CallOverUdpTests.Next(watcher);
        Assert.Contains("event=\"registered\"", change.Text, StringComparison.Ordinal);
        Assert.Contains($"sip:{user}@{phone.Local}", change.Text, StringComparison.Ordinal);
        watcher.Send(CallOverUdpTests.Answer(change, "200 OK", watcher));

        watcher.Send(CallOverUdpTests.InDialog(watcher, ok, "SUBSCRIBE", 1) + $"\nContact: <sip:{user}@{watcher.Local}>\nEvent: reg\nExpires: 0");
        Assert.Equal(200, (await CallOverUdpTests.Next(watcher)).Status);
        var last = await CallOverUdpTests.Next(watcher);
        Assert.Equal("terminated;reason=timeout", last.Header(HeaderId.SubscriptionState));
        watcher.Send(CallOverUdpTests.Answer(last, "200 OK", watcher));
    }
}
