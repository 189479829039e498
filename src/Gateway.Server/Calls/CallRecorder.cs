using System.Collections.Immutable;
using Gateway.Server.Ports;
using Gateway.Server.Routing;

namespace Gateway.Server.Calls;

/// <summary>
/// Writes the record of one call, exactly once whatever happens: its start before the 200 leaves, a sign of life now and
/// then, its end when the media legs have reported. Its times count from the start on the loop's clock, so that a wall clock
/// that jumps changes no length.
/// </summary>
internal sealed class CallRecorder
{
    private readonly LoopServices _services;
    private readonly TimeSpan _startedAt;
    private TimeSpan _answeredAt;
    private CallRecord _record;
    private bool _isStarted;
    private bool _isEnded;

    public CallRecorder(LoopServices services, Caller caller, RoutePlan plan, string callee)
    {
        _services = services;
        _startedAt = services.Now();
        var utc = services.UtcNow();
        var widget = caller as Caller.FromWidget;
        _record = new CallRecord
        {
            Id = Guid.CreateVersion7(utc),
            DomainId = caller.DomainId,
            NodeId = services.Options.NodeId,
            Caller = caller.Aor,
            Callee = callee,
            StartedAt = utc,
            CallerKind = caller.Kind,
            Trunk = (caller as Caller.FromTrunk)?.Trunk.Id,
            Route = plan.Rule?.Id,
            Mode = plan.Mode,
            ModeReason = plan.ModeReason,
            Widget = widget?.Session.Widget.Id,
            Visitor = widget?.Session.Recorded ?? ImmutableDictionary<string, string>.Empty,
        };
    }

    /// <summary>Goes on with the record of a call that was answered before this process, or this loop, had it.</summary>
    /// <param name="startedAt">The call's beginning on the loop's clock; before the clock's own, it is negative.</param>
    public CallRecorder(LoopServices services, CallRecord record, TimeSpan startedAt)
    {
        _services = services;
        _startedAt = startedAt;
        _record = record;
        _isStarted = true;
        _answeredAt = record.AnsweredAt is { } answered ? Moment(answered) : startedAt;
    }

    public CallRecord Record => _record;

    /// <summary>The call's beginning on the loops' clock.</summary>
    public TimeSpan StartedAt => _startedAt;

    /// <summary>Commits the start; <paramref name="done"/> runs on the loop, with false when the store could not.</summary>
    /// <param name="trunk">The trunk that the answer came from, or null.</param>
    public void Answer(string? answeredBy, Guid? trunk, string? codec, ImmutableArray<CallLegRecord> legs, TimeSpan now, Action<bool> done)
    {
        if (_isStarted) return;
        _isStarted = true;
        _answeredAt = now;
        _record = _record with
        {
            AnsweredBy = answeredBy, AnsweredAt = At(now), Status = 200, Codec = codec, Trunk = trunk ?? _record.Trunk, Legs = legs,
        };
        _services.CallLog.Start(_record, _services.Scheduler, done);
    }

    public void Touch()
    {
        if (_isStarted && !_isEnded) _services.CallLog.Touch(_record.Id, _services.UtcNow());
    }

    /// <summary>Someone else takes part now, perhaps over a trunk.</summary>
    public void Transferred(Guid? trunk) => _record = _record with { Trunk = _record.Trunk ?? trunk };

    /// <summary>The moment of the end; the reports of the media come later.</summary>
    /// <param name="by">caller, callee, gateway or unknown.</param>
    public void Stop(CallEnd end, string by, int? cause, bool answered, TimeSpan now)
    {
        if (_record.EndedAt is not null) return;
        _record = _record with
        {
            EndedAt = At(now),
            EndReason = end.Reason,
            EndedBy = by,
            Q850 = cause,
            Status = answered ? 200 : end.Status,
            // A 200 that never left was no answer.
            AnsweredAt = answered ? _record.AnsweredAt : null,
            AnsweredBy = answered ? _record.AnsweredBy : null,
            TalkSeconds = answered ? Math.Round((now - _answeredAt).TotalSeconds, 3) : null,
        };
    }

    /// <summary>Why we stay in the path of a proxied call, or leave it.</summary>
    public void Path(string reason) => _record = _record with { PathReason = reason };

    /// <summary>It goes on, or went on, without us: when it ended nobody here knows.</summary>
    public void StopUnobserved(TimeSpan now) => _record = _record with
    {
        EndedAt = At(now), EndReason = EndReason.Unobserved, EndedBy = "unknown", EndIsEstimated = true, Status = 200,
    };

    /// <param name="written">Runs on the loop when the record can be read back.</param>
    public void Write(LegStatistics? callerMedia, LegStatistics? calleeMedia, ImmutableArray<CallLegRecord> legs, Action written)
    {
        if (_isEnded) return;
        _isEnded = true;
        _record = _record with
        {
            CallerMedia = callerMedia,
            CalleeMedia = calleeMedia,
            Codec = callerMedia?.Codec ?? calleeMedia?.Codec ?? _record.Codec,
            Legs = legs,
        };
        _services.CallLog.End(_record, () => _services.Scheduler.Post(written));
    }

    /// <summary>A moment of the record on the loop's clock.</summary>
    public TimeSpan Moment(DateTimeOffset at) => _startedAt + (at - _record.StartedAt);

    /// <summary>A moment of the loop's clock as the record tells it.</summary>
    public DateTimeOffset At(TimeSpan now) => _record.StartedAt + (now - _startedAt);
}
