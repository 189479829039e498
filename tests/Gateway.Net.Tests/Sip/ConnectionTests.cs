using System.Net;
using System.Text;
using Gateway.Net.Sip;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Net.Tests.Sip;

/// <summary>Connections that the web host hands in, played here.</summary>
public sealed class ConnectionTests
{
    private static byte[] Options(string cseq = "1") => Encoding.UTF8.GetBytes(CoreHarness.Wire($"""
        OPTIONS sip:gw.example SIP/2.0
        Via: SIP/2.0/WSS abc.invalid;branch=z9hG4bK{cseq}
        Max-Forwards: 70
        From: <sip:ada@gw.example>;tag=a
        To: <sip:gw.example>
        Call-ID: c{cseq}
        CSeq: {cseq} OPTIONS
        """));

    [Fact, Rfc(7118, "5.1"), BrowserRule("I1")]
    public async Task A_message_of_a_connection_is_answered_on_it_with_its_via_untouched()
    {
        await using var rig = new HostRig();
        await rig.StartAsync();
        var connection = new PlayedConnection();
        var flow = rig.Host.Opened(connection);
        rig.Host.Received(flow, Options());

        var answer = new SentMessage(flow, connection.Take());

        Assert.Equal(200, answer.Status);
        Assert.Equal("SIP/2.0/WSS abc.invalid;branch=z9hG4bK1", answer.Header(HeaderId.Via));
    }

    [Fact, Rfc(5626, "3.5.1"), BrowserRule("W3"), Row(60)]
    public async Task A_keep_alive_is_answered_and_its_answer_is_not()
    {
        await using var rig = new HostRig();
        await rig.StartAsync();
        var connection = new PlayedConnection();
        var flow = rig.Host.Opened(connection);

        rig.Host.Received(flow, "\r\n"u8);
        rig.Host.Received(flow, "\r\n\r\n"u8);
        Assert.Equal("\r\n"u8.ToArray(), connection.Take());
        rig.Host.Received(flow, Options());

        Assert.StartsWith("SIP/2.0 200", Encoding.ASCII.GetString(connection.Take()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Flows_are_never_used_twice_and_close_once()
    {
        await using var rig = new HostRig();
        await rig.StartAsync();
        var first = rig.Host.Opened(new PlayedConnection());
        var second = rig.Host.Opened(new PlayedConnection());
        Assert.NotEqual(first.Connection, second.Connection);
        Assert.Equal(2, rig.Host.OpenConnections);
        rig.Host.Closed(first);
        rig.Host.Closed(first);
        Assert.Equal(1, rig.Host.OpenConnections);

        await rig.RestartAfterKillAsync();

        Assert.True(rig.Host.Opened(new PlayedConnection()).Connection > second.Connection);
    }

    [Fact, BrowserRule("W4")]
    public async Task Stopping_closes_connections_for_restart()
    {
        var rig = new HostRig();
        await rig.StartAsync();
        var connection = new PlayedConnection();
        rig.Host.Opened(connection);

        await rig.DisposeAsync();

        Assert.Equal((1012, "restart"), connection.Closed);
        Assert.False(rig.Host.IsHealthy);
    }

    [Fact, Row(26)]
    public async Task A_loop_that_is_full_sheds_new_work_with_503()
    {
        await using var rig = new HostRig { Net = new NetOptions { Listen = [IPAddress.Loopback], SipPort = 0, LoopNewLimit = 0 } };
        await rig.StartAsync();
        var connection = new PlayedConnection();
        var flow = rig.Host.Opened(connection);
        rig.Host.Received(flow, Options());

        var answer = new SentMessage(flow, connection.Take());

        Assert.Equal(503, answer.Status);
        Assert.Equal("5", answer.Header(HeaderId.RetryAfter));
    }

    [Fact]
    public async Task A_loop_outlives_an_error_of_ours()
    {
        await using var rig = new HostRig();
        await rig.StartAsync();
        var loop = rig.Host.Loops[0];
        loop.Post(static () => throw new InvalidOperationException("ours"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => loop.InvokeAsync<int>(static _ => throw new InvalidOperationException("a page's")));

        Assert.Equal(0, await loop.InvokeAsync(static core => core.Calls.Count));
        Assert.True(rig.Host.IsHealthy);
    }

    [Fact]
    public async Task After_the_end_a_question_fails_and_work_is_refused()
    {
        var rig = new HostRig();
        await rig.StartAsync();
        var loop = rig.Host.Loops[0];
        await rig.DisposeAsync();

        Assert.False(loop.Post(static () => { }));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => loop.InvokeAsync(static core => core.Calls.Count));
    }
}
