using System.Text;
using Gateway.Net.Sip;
using Gateway.Net.Tracing;
using Gateway.Server.Ports;
using Gateway.Web.Security;

namespace Gateway.Web.Api;

/// <summary>The signalling of one call as a file: as text to read and send to someone, as pcap to open in Wireshark. Secrets are masked.</summary>
internal static class LadderApi
{
    public static void MapLadderApi(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/console/calls/{id:guid}/ladder.txt", async (Guid id, GatewayHost host, ICallLog log, CancellationToken cancel) =>
            await MessagesAsync(id, host, log, cancel).ConfigureAwait(false) is { } messages
                ? Results.File(Encoding.UTF8.GetBytes(LadderText.Write(messages)), "text/plain; charset=utf-8", $"call-{id}.txt")
                : Missing()).RequireAuthorization(Access.Read);
        routes.MapGet("/console/calls/{id:guid}/ladder.pcap", async (Guid id, GatewayHost host, ICallLog log, CancellationToken cancel) =>
            await MessagesAsync(id, host, log, cancel).ConfigureAwait(false) is { } messages
                ? Results.File(PcapFile.Write(messages), "application/vnd.tcpdump.pcap", $"call-{id}.pcap")
                : Missing()).RequireAuthorization(Access.Read);
    }

    /// <summary>Null when there is no such call.</summary>
    private static async Task<IReadOnlyList<TracedMessage>?> MessagesAsync(Guid id, GatewayHost host, ICallLog log, CancellationToken cancel)
    {
        var live = await host.CallAsync(id).ConfigureAwait(false);
        var ids = live?.Legs.Select(leg => leg.CallId)
            ?? (await log.ListAsync(new CallQuery(Limit: 1) { Id = id }, cancel).ConfigureAwait(false) is [var record, ..] ? record.Legs.Select(leg => leg.CallId) : null);
        return ids is null ? null : host.Trace.LadderOf(ids.Where(callId => callId.Length > 0));
    }

    private static IResult Missing() => Results.Problem("There is no such call.", statusCode: StatusCodes.Status404NotFound);
}
