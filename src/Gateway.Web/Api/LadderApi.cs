using System.Text;
using Gateway.Net.Sip;
using Gateway.Net.Tracing;
using Gateway.Server.Ports;
using Gateway.Web.Security;

namespace Gateway.Web.Api;

/// <summary>The signalling of one call as a file: as text to read and send to someone, as pcap to open in Wireshark. Secrets are masked.</summary>
internal static class LadderApi
{
    public static void MapCallLadderApi(this RouteGroupBuilder api)
    {
        api.MapGet("/calls/{id:guid}/ladder", LevelsAsync).RequireAuthorization(Access.Read).WithTags("calls").WithName("get-ladder")
            .WithSummary("The signalling of a call in its levels: the messages of each transaction of each dialog, secrets masked; also for a while after its end.")
            .Produces<IReadOnlyList<LadderDialog>>().ProducesProblem(404);
        api.MapGet("/calls/{id:guid}/ladder.txt", TextAsync).RequireAuthorization(Access.Read).WithTags("calls").WithName("get-ladder-text")
            .WithSummary("The signalling of a call on all its sides as text, secrets masked; also for a while after its end.").Produces<string>(contentType: "text/plain").ProducesProblem(404);
        api.MapGet("/calls/{id:guid}/ladder.pcap", PcapAsync).RequireAuthorization(Access.Read).WithTags("calls").WithName("get-ladder-pcap")
            .WithSummary("The signalling of a call for Wireshark, secrets masked.").Produces<byte[]>(contentType: "application/vnd.tcpdump.pcap").ProducesProblem(404);
    }

    private static async Task<IResult> LevelsAsync(Guid id, GatewayHost host, ICallLog log, CancellationToken cancel) =>
        await MessagesAsync(id, host, log, cancel).ConfigureAwait(false) is { } messages
            ? Results.Ok(TraceLevels.Of(messages).Select(LadderDialog.Of))
            : Problems.Missing("There is no such call.");

    private static async Task<IResult> TextAsync(Guid id, GatewayHost host, ICallLog log, CancellationToken cancel) =>
        await MessagesAsync(id, host, log, cancel).ConfigureAwait(false) is { } messages
            ? Results.File(Encoding.UTF8.GetBytes(LadderText.Write(messages, host.Notes.Of(id))), "text/plain; charset=utf-8", $"call-{id}.txt")
            : Problems.Missing("There is no such call.");

    private static async Task<IResult> PcapAsync(Guid id, GatewayHost host, ICallLog log, CancellationToken cancel) =>
        await MessagesAsync(id, host, log, cancel).ConfigureAwait(false) is { } messages
            ? Results.File(PcapFile.Write(messages), "application/vnd.tcpdump.pcap", $"call-{id}.pcap")
            : Problems.Missing("There is no such call.");

    /// <summary>Null when there is no such call.</summary>
    private static async Task<IReadOnlyList<TracedMessage>?> MessagesAsync(Guid id, GatewayHost host, ICallLog log, CancellationToken cancel)
    {
        var live = await host.CallAsync(id).ConfigureAwait(false);
        var ids = live?.Legs.Select(leg => leg.CallId)
            ?? (await log.ListAsync(new CallQuery(Limit: 1) { Id = id }, cancel).ConfigureAwait(false) is [var record, ..] ? record.Legs.Select(leg => leg.CallId) : null);
        return ids is null ? null : host.Trace.LadderOf(ids.Where(callId => callId.Length > 0));
    }
}

/// <summary>A dialog of a call: one side of it.</summary>
/// <param name="LocalTag">Ours.</param>
/// <param name="RemoteTag">The peer's; empty for what made no dialog.</param>
internal sealed record LadderDialog(string CallId, string LocalTag, string RemoteTag, IReadOnlyList<LadderTransaction> Transactions)
{
    public static LadderDialog Of(TracedDialog dialog) => new(dialog.CallId, dialog.LocalTag, dialog.RemoteTag, [.. dialog.Transactions.Select(LadderTransaction.Of)]);
}

/// <summary>A request and its answers.</summary>
/// <param name="Ours">We sent the request.</param>
internal sealed record LadderTransaction(string Method, uint CSeq, string Branch, bool Ours, IReadOnlyList<LadderMessage> Messages)
{
    public static LadderTransaction Of(TracedTransaction one) => new(one.Method, one.CSeq, one.Branch, one.IsOurs, [.. one.Messages.Select(LadderMessage.Of)]);
}

/// <param name="Sent">It left us.</param>
/// <param name="Line">Request line or status line.</param>
/// <param name="Text">The message, secrets masked.</param>
internal sealed record LadderMessage(DateTimeOffset At, bool Sent, string Transport, string Remote, string Line, string Text)
{
    public static LadderMessage Of(TracedMessage message) =>
        new(message.At, message.IsSent, message.Transport.ToString().ToLowerInvariant(), message.Remote.ToString(), message.FirstLine, Encoding.UTF8.GetString(message.Bytes.Span));
}
