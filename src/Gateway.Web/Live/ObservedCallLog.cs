using Gateway.Server.Calls;
using Gateway.Server.Ports;

namespace Gateway.Web.Live;

/// <summary>The call log that the loops get: it tells the monitor of every record that is written.</summary>
internal sealed class ObservedCallLog(ICallLog log, GatewayEvents events) : ICallLog
{
    public void Start(CallRecord record, ILoopScheduler loop, Action<bool> done) => log.Start(record, loop, done);

    public void Touch(Guid callId, DateTimeOffset at) => log.Touch(callId, at);

    public void End(CallRecord record, Action? written = null) => log.End(record, () =>
    {
        events.RecordWritten(record);
        written?.Invoke();
    });

    public Task<IReadOnlyList<CallRecord>> ListAsync(CallQuery query, CancellationToken cancel) => log.ListAsync(query, cancel);

    public Task<int> CloseOrphansAsync(string nodeId, CancellationToken cancel) => log.CloseOrphansAsync(nodeId, cancel);
}
