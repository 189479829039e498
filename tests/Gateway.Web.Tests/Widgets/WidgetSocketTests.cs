using System.Net.WebSockets;
using System.Text.Json;
using Gateway.Server.Routing;
using Gateway.Server.Widgets;
using Gateway.Testing;
using static Gateway.Web.Tests.Widgets.WidgetRig;

namespace Gateway.Web.Tests.Widgets;

/// <summary>The widget's WebSocket: what admits to it, what takes it over, and when it is closed.</summary>
public sealed class WidgetSocketTests : IAsyncLifetime
{
    private WebHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await WebHost.StartAsync("Web:UnauthenticatedLifetime=00:00:02");

    public async ValueTask DisposeAsync() => await _host.DisposeAsync();

    private static string Token(JsonElement session) => "token=" + session.GetProperty("token").GetString();

    private static string Resume(JsonElement session) => "resume=" + session.GetProperty("resume").GetString();

    [Theory, InlineData("1.1"), InlineData("2.0"), Threat(28)]
    public async Task A_token_admits_once_and_messages_pass(string version)
    {
        var session = await SessionAsync(_host, Add(_host));
        using var socket = await ConnectAsync(_host, Token(session), version: version);
        Assert.Equal("sip", socket.SubProtocol);
        await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, true, WebHost.Limit());
        Assert.Equal("hello", await _host.Loops.MessageAsync());

        using var replayed = await ConnectAsync(_host, Token(session), version: version);

        Assert.Equal(4401, await WebHost.CloseCodeAsync(replayed));
        Assert.Equal("token-used", replayed.CloseStatusDescription);
        Assert.Equal(1, await CountAsync(_host, "gateway_widget_sockets_refused", "token-used"));
    }

    [Fact, Threat(28), Threat(33)]
    public async Task Another_origin_is_refused_and_does_not_use_the_token_up()
    {
        var session = await SessionAsync(_host, Add(_host));
        foreach (var origin in new[] { "https://evil.example", null, "https://shop.example.evil" })
        {
            using var thief = await ConnectAsync(_host, Token(session), origin);
            Assert.Equal(4403, await WebHost.CloseCodeAsync(thief));
        }

        using var socket = await ConnectAsync(_host, Token(session));
        await socket.SendAsync("mine"u8.ToArray(), WebSocketMessageType.Text, true, WebHost.Limit());
        Assert.Equal("mine", await _host.Loops.MessageAsync());
    }

    [Fact, Threat(28)]
    public async Task Forged_expired_and_misused_tokens_are_refused_and_counted()
    {
        var widget = Add(_host);
        var session = await SessionAsync(_host, widget);
        var token = session.GetProperty("token").GetString()!;
        var keys = (WidgetTickets)_host.Services.GetService(typeof(WidgetTickets))!;
        keys.Read(token, TicketUse.Call, DateTimeOffset.UtcNow, out var ticket);
        var old = keys.Mint(ticket! with { Session = Guid.NewGuid(), Expires = DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 1 });
        foreach (var (query, label) in new[]
        {
            ("", "token-forged"),
            ("token=", "token-forged"),
            ("token=" + token[..^2], "token-forged"),
            ("token=" + (token[0] == 'e' ? 'f' : 'e') + token[1..], "token-forged"),
            ("token=" + old, "token-expired"),
            ("token=" + keys.Mint(ticket! with { Session = Guid.NewGuid(), Expires = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 20 }), "token-expired"),
            ("token=" + session.GetProperty("resume").GetString(), "token-use"),
            ("resume=" + token, "token-use"),
            (Resume(session), "call-over"),
        })
        {
            var before = await CountAsync(_host, "gateway_widget_sockets_refused", label);
            using var socket = await ConnectAsync(_host, query);
            Assert.Equal(4401, await WebHost.CloseCodeAsync(socket));
            Assert.Equal(label, socket.CloseStatusDescription);
            Assert.Equal(before + 1, await CountAsync(_host, "gateway_widget_sockets_refused", label));
        }
    }

    [Fact, Threat(28)]
    public async Task A_token_does_not_survive_the_kill_switch_or_another_destination()
    {
        var widget = Add(_host);
        var first = await SessionAsync(_host, widget);
        var second = await SessionAsync(_host, widget);

        Set(_host, widget with { To = new Destination.ToService("tone") });
        using var elsewhere = await ConnectAsync(_host, Token(first));
        Assert.Equal(4401, await WebHost.CloseCodeAsync(elsewhere));
        Assert.Equal("destination", elsewhere.CloseStatusDescription);

        Set(_host, widget with { IsEnabled = false });
        using var disabled = await ConnectAsync(_host, Token(second));
        Assert.Equal(4403, await WebHost.CloseCodeAsync(disabled));
    }

    [Fact, Threat(15)]
    public async Task A_socket_without_a_call_is_closed_and_its_visit_forgotten()
    {
        var widget = Add(_host);
        using var socket = await ConnectAsync(_host, Token(await SessionAsync(_host, widget)));

        Assert.Equal(4408, await WebHost.CloseCodeAsync(socket));

        await EventuallyAsync(() => Visits(_host).CountOf(widget.Id) == 0);
    }

    [Fact]
    public async Task The_resume_credential_takes_a_running_call_over_to_another_socket()
    {
        var session = await SessionAsync(_host, Add(_host));
        using var first = await ConnectAsync(_host, Token(session));
        var flow = await FlowOfAsync(_host, session);
        var visit = Visits(_host).Of(flow)!;
        Visits(_host).Begin(visit.Session);

        using (var thief = await ConnectAsync(_host, Resume(session), "https://evil.example"))
        {
            Assert.Equal(4403, await WebHost.CloseCodeAsync(thief));
        }

        using var second = await ConnectAsync(_host, Resume(session));
        await second.SendAsync("again"u8.ToArray(), WebSocketMessageType.Text, true, WebHost.Limit());
        Assert.Equal("again", await _host.Loops.MessageAsync());
        Assert.Equal(4409, await WebHost.CloseCodeAsync(first));
        Assert.True(_host.Loops.Moves.TryDequeue(out var move));
        Assert.Equal(flow, move.Old);
        Assert.Equal(visit.Flow, move.Current);

        // As long as the call lives; and the socket has no more than a moment after it.
        Visits(_host).End(visit.Session);
        Assert.Equal(1000, await WebHost.CloseCodeAsync(second));
        using var late = await ConnectAsync(_host, Resume(session));
        Assert.Equal(4401, await WebHost.CloseCodeAsync(late));
    }

    [Fact]
    public async Task A_call_whose_socket_was_lost_waits_for_the_next_one()
    {
        var session = await SessionAsync(_host, Add(_host));
        var first = await ConnectAsync(_host, Token(session));
        var flow = await FlowOfAsync(_host, session);
        Visits(_host).Begin(Visits(_host).Of(flow)!.Session);
        first.Abort();
        first.Dispose();
        await EventuallyAsync(() => Visits(_host).Of(flow) is null);

        using var second = await ConnectAsync(_host, Resume(session));
        await second.SendAsync("back"u8.ToArray(), WebSocketMessageType.Text, true, WebHost.Limit());

        Assert.Equal("back", await _host.Loops.MessageAsync());
        Assert.True(_host.Loops.Moves.TryDequeue(out var move));
        Assert.Equal(flow, move.Old);
    }

    private static async Task EventuallyAsync(Func<bool> condition)
    {
        var limit = WebHost.Limit();
        while (!condition()) await Task.Delay(20, limit);
    }
}
