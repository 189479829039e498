using System.Collections.Concurrent;
using System.Threading.Channels;
using Gateway.Server.Calls;
using Gateway.Server.Ports;

namespace Gateway.Web.Live;

/// <summary>One thing that happened in the loops, on its way to the monitor.</summary>
internal abstract record LiveChange
{
    public sealed record Call(CallSnapshot Snapshot) : LiveChange;

    /// <summary>The record is written: the call is over for good.</summary>
    public sealed record Ended(CallRecord Record) : LiveChange;

    public sealed record Registration(string Aor) : LiveChange;

    public sealed record Trunk(Guid Id) : LiveChange;
}

/// <summary>
/// What happens in the gateway, for the pages: the calls that are on, and a word when something changed. The loops tell it and
/// go on; a page asks for what it shows when it has time, the monitor reads the changes one by one.
/// </summary>
internal sealed class GatewayEvents(CallRates rates) : IGatewayEvents
{
    /// <summary>Waiting changes at most; a monitor that falls further behind loses the oldest.</summary>
    private const int MostWaiting = 16_384;

    private readonly ConcurrentDictionary<Guid, CallSnapshot> _calls = new();
    private readonly Channel<LiveChange> _changes = Channel.CreateBounded<LiveChange>(
        new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    /// <summary>Something changed. Comes on any thread and often; listeners mark themselves and return.</summary>
    public event Action? Changed;

    public IReadOnlyCollection<CallSnapshot> Calls => [.. _calls.Values.OrderByDescending(call => call.StartedAt)];

    /// <summary>For the one reader, in the order they happened.</summary>
    public ChannelReader<LiveChange> Changes => _changes.Reader;

    public void RegistrationChanged(string aor) => Tell(new LiveChange.Registration(aor));

    public void CallChanged(CallSnapshot call)
    {
        if (string.Equals(call.State, "ended", StringComparison.OrdinalIgnoreCase))
        {
            _calls.TryRemove(call.Id, out _);
        }
        else
        {
            var known = _calls.GetValueOrDefault(call.Id);
            rates.Count(call, isNew: known is null, isAnswered: known?.AnsweredAt is null && call.AnsweredAt is not null);
            _calls[call.Id] = call;
        }

        Tell(new LiveChange.Call(call));
    }

    public void RecordWritten(CallRecord record) => Tell(new LiveChange.Ended(record));

    public void TrunkChanged(Guid trunk) => Tell(new LiveChange.Trunk(trunk));

    private void Tell(LiveChange change)
    {
        _changes.Writer.TryWrite(change);
        Changed?.Invoke();
    }
}
