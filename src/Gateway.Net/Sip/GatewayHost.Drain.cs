using System.Security.Cryptography;
using Gateway.Server.Dispatch;

namespace Gateway.Net.Sip;

/// <summary>How far a drain has come.</summary>
/// <param name="Calls">Calls that are still on.</param>
/// <param name="Sockets">WebSockets that are still open.</param>
/// <param name="Left">Until what is left is hung up.</param>
public sealed record DrainProgress(int Calls, int Sockets, TimeSpan Left);

/// <summary>
/// The time between the wish to stop and the stop: new requests get 503, running calls end by themselves, WebSockets without a
/// call are closed with 1012 one after another, so that their browsers do not all come back in one second.
/// </summary>
public sealed partial class GatewayHost
{
    /// <summary>WebSockets closed a second while draining.</summary>
    private const int ClosedPerSecond = 200;

    private static readonly TimeSpan s_drainStep = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_drainReport = TimeSpan.FromSeconds(5);

    /// <summary>A socket whose call has ended is left to say so.</summary>
    private static readonly TimeSpan s_afterCall = TimeSpan.FromSeconds(2);

    /// <summary>One that hangs must not keep the process from stopping.</summary>
    private static readonly TimeSpan s_loopPatience = TimeSpan.FromSeconds(2);

    private readonly DrainState _drainState = new();

    /// <summary>Null while the gateway takes calls.</summary>
    public DrainProgress? Drain { get; private set; }

    public bool IsDraining => Drain is not null || _stopped;

    /// <summary>Waits for the running calls, at most <see cref="NetOptions.DrainTime"/>; <see cref="StopAsync"/> ends what is left.</summary>
    /// <param name="enough">Ends the wait.</param>
    public async Task DrainAsync(CancellationToken enough)
    {
        if (_net.DrainTime <= TimeSpan.Zero || _media is null || _stopped || Drain is not null)
        {
            return;
        }

        var begun = _clock.Now;
        var until = begun + _net.DrainTime;
        var report = begun;
        var closing = new Dictionary<long, TimeSpan>();
        var calls = 0;
        try
        {
            while (!enough.IsCancellationRequested && _clock.Now < until)
            {
                var (count, connections, parties) = await RunningAsync(enough).ConfigureAwait(false);
                calls = count;
                _drainState.Set(until, parties);
                var sockets = CloseIdle(closing, connections, begun);
                Drain = new DrainProgress(calls, sockets, until - _clock.Now);
                if (calls == 0 && sockets == 0)
                {
                    break;
                }

                if (_clock.Now >= report)
                {
                    report += s_drainReport;
                    NetLog.Draining(_logger, calls, sockets, (int)(until - _clock.Now).TotalSeconds);
                }

                await Task.Delay(s_drainStep, _services.Time, enough).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or TimeoutException or ObjectDisposedException)
        {
            // A second signal, or a loop that does not answer any more.
        }

        NetLog.Drained(_logger, (int)(_clock.Now - begun).TotalSeconds, calls);
    }

    private async Task<(int Calls, HashSet<long> Connections, List<string> Parties)> RunningAsync(CancellationToken enough)
    {
        var parts = await FromAllAsync<(int Count, IReadOnlyList<long> Connections, IReadOnlyList<string> Parties)>(
            core => [(core.Calls.Count, core.Calls.Connections, core.Calls.Parties)]).WaitAsync(s_loopPatience, _services.Time, enough).ConfigureAwait(false);
        return (parts.Sum(part => part.Count), [.. parts.SelectMany(part => part.Connections)], [.. parts.SelectMany(part => part.Parties)]);
    }

    /// <summary>Closes the WebSockets whose moment has come and on which nobody talks.</summary>
    /// <returns>How many are left.</returns>
    private int CloseIdle(Dictionary<long, TimeSpan> closing, HashSet<long> talking, TimeSpan begun)
    {
        var now = _clock.Now;
        var open = _connections.WebSockets.ToList();
        var isFirst = closing.Count == 0 && now - begun < s_drainStep;
        // The first round is spread over as long as so many need, a third of the time at most.
        var spread = Math.Min(_net.DrainTime.TotalSeconds / 3, (double)open.Count / ClosedPerSecond);
        var left = 0;
        foreach (var (id, connection) in open)
        {
            if (talking.Contains(id))
            {
                closing[id] = now + s_afterCall;
            }
            else if (!closing.TryGetValue(id, out var due))
            {
                due = now + (isFirst ? TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32((int)(spread * 1000) + 1)) : s_afterCall);
                closing[id] = due;
            }
            else if (due == TimeSpan.MaxValue)
            {
                // It was told, and takes its time to go.
                continue;
            }
            else if (due <= now)
            {
                closing[id] = TimeSpan.MaxValue;
                connection.Close(ServiceRestart, "restart");
                continue;
            }

            left++;
        }

        return left;
    }
}
