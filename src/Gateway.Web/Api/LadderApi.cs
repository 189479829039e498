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
        api.MapGet("/calls/{id:guid}/ladder.txt", TextAsync).RequireAuthorization(Access.Read).WithTags("calls").WithName("get-ladder-text")
            .WithSummary("The signalling of a call on all its sides as text, secrets masked; also for a while after its end.").Produces<string>(contentType: "text/plain").ProducesProblem(404);
        api.MapGet("/calls/{id:guid}/ladder.pcap", PcapAsync).RequireAuthorization(Access.Read).WithTags("calls").WithName("get-ladder-pcap")
            .WithSummary("The signalling of a call for Wireshark, secrets masked.").Produces<byte[]>(contentType: "application/vnd.tcpdump.pcap").ProducesProblem(404);
    }

    private static async Task<IResult> TextAsync(Guid id, GatewayHost host, ICallLog log, CancellationToken cancel) =>
        await MessagesAsync(id, host, log, cancel).ConfigureAwait(false) is { } messages
            ? Results.File(Encoding.UTF8.GetBytes(LadderText.Write(messages)), "text/plain; charset=utf-8", $"call-{id}.txt")
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
