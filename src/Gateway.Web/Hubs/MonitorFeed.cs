using Gateway.Net.Sip;
using Gateway.Server.Calls;
using Gateway.Server.Configuration;
using Gateway.Server.Trunks;
using Gateway.Web.Live;

namespace Gateway.Web.Hubs;

/// <summary>
/// Makes typed, numbered events of what the loops tell, for the hub, the webhooks and the plots. One reader, so that events
/// have one order; nothing here can hold up a loop.
/// </summary>
internal sealed class MonitorFeed(GatewayEvents events, GatewayHost host, ConfigurationDirectory configuration, TrunkBoard board, TimeProvider time, ILogger<MonitorFeed> logger) : BackgroundService
{
    private const int Kept = 4096;
    private const int Waiting = 1024;
    private const int RatioMinutes = 5;

    private static readonly TimeSpan s_statsEvery = TimeSpan.FromSeconds(5);

    private readonly Dictionary<Guid, Stage> _stages = [];

    private enum Stage : byte
    {
        Started,
        Ringing,
        Answered,
    }

    // The clock's milliseconds, a thousand events each: a later start begins higher, and scripts can still count it exactly.
    public ReplayBuffer Buffer { get; } = new(time.GetUtcNow().ToUnixTimeMilliseconds() * 1000, Kept, Waiting);

    public MinuteFigures Minutes { get; } = new(time);

    /// <summary>Every numbered event, in order. Handlers hand on and return.</summary>
    public event Action<MonitorEvent>? Published;

    public async Task<MonitorStats> StatsAsync()
    {
        var minutes = Minutes.Last(RatioMinutes + 1);
        var ended = minutes.Sum(minute => minute.Ended);
        var trunks = configuration.Current.Trunks.Where(trunk => trunk.IsEnabled).Select(trunk => board.Get(trunk.Id).State).ToList();
        return new MonitorStats(
            events.Calls.Count,
            await host.BindingCountAsync().ConfigureAwait(false),
            trunks.Count(state => state == TrunkState.Up),
            trunks.Count(state => state == TrunkState.Down),
            Minutes.StartedInLast60(),
            ended > 0 ? (double)minutes.Sum(minute => minute.Answered) / ended : null);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        board.Changed += events.TrunkChanged;
        try
        {
            await Task.WhenAll(ReadAsync(stoppingToken), TellStatsAsync(stoppingToken)).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The gateway stops.
        }
        finally
        {
            board.Changed -= events.TrunkChanged;
        }
    }

    private async Task ReadAsync(CancellationToken cancel)
    {
        await foreach (var change in events.Changes.ReadAllAsync(cancel).ConfigureAwait(false))
        {
            try
            {
                await TakeAsync(change, cancel).ConfigureAwait(false);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                MonitorLog.Fault(logger, e);
            }
        }
    }

    private async Task TellStatsAsync(CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(s_statsEvery, time);
        while (await timer.WaitForNextTickAsync(cancel).ConfigureAwait(false))
        {
            if (Buffer.Listeners == 0)
            {
                continue;
            }

            try
            {
                Buffer.Pass(time.GetUtcNow(), MonitorEvents.Stats, await StatsAsync().ConfigureAwait(false));
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                MonitorLog.Fault(logger, e);
            }
        }
    }

    private async Task TakeAsync(LiveChange change, CancellationToken cancel)
    {
        switch (change)
        {
            case LiveChange.Call(var call):
                Take(call);
                break;
            case LiveChange.Ended(var record):
                _stages.Remove(record.Id);
                Minutes.Ended(record.AnsweredAt is not null);
                Publish(MonitorEvents.CallEnded, record);
                break;
            case LiveChange.Registration(var aor):
                var bindings = await host.BindingsOfAsync(aor).WaitAsync(cancel).ConfigureAwait(false);
                var now = time.GetUtcNow();
                Publish(MonitorEvents.RegistrationChanged, new RegistrationEvent(aor, bindings.Count(binding => binding.ExpiresAt > now)));
                break;
            case LiveChange.Trunk(var id) when configuration.Current.Trunk(id) is { } trunk:
                Publish(MonitorEvents.TrunkChanged, new TrunkEvent(id, trunk.Name, board.Get(id)));
                break;
        }
    }

    /// <summary>A snapshot says where the call stands; an event is said once, when it gets there.</summary>
    private void Take(CallSnapshot call)
    {
        Stage? reached = call.State switch
        {
            "trying" or "answering" => Stage.Started,
            "ringing" => Stage.Ringing,
            "connected" or "held" => Stage.Answered,
            // The record follows.
            _ => null,
        };
        if (reached is not { } stage)
        {
            return;
        }

        if (!_stages.TryGetValue(call.Id, out var before))
        {
            before = Stage.Started;
            Minutes.Started();
            Publish(MonitorEvents.CallStarted, call);
        }
        else if (stage == before && stage == Stage.Answered)
        {
            Publish(MonitorEvents.CallChanged, call);
        }

        if (before < Stage.Ringing && stage == Stage.Ringing)
        {
            Publish(MonitorEvents.CallRinging, call);
        }

        if (before < Stage.Answered && stage == Stage.Answered)
        {
            Publish(MonitorEvents.CallAnswered, call);
        }

        _stages[call.Id] = stage > before ? stage : before;
    }

    private void Publish(string type, object data)
    {
        // Not inside the call below: without a handler nothing there is evaluated.
        var happened = Buffer.Publish(time.GetUtcNow(), type, data);
        Published?.Invoke(happened);
    }
}

internal static partial class MonitorLog
{
    [LoggerMessage(4040, LogLevel.Error, "Monitor: an error of ours; events go on")]
    public static partial void Fault(ILogger logger, Exception fault);
}
