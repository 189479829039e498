using Gateway.Server.Ports;

namespace Gateway.Server.Calls;

/// <summary>
/// Writes the record of one call, exactly once whatever happens: its start before the 200 leaves, a sign of life now and
/// then, its end when the media legs have reported.
/// </summary>
internal sealed class CallRecorder(LoopServices services, Guid domain, string caller, string callee)
{
    private CallRecord _record = new()
    {
        Id = Guid.CreateVersion7(services.UtcNow()),
        DomainId = domain,
        NodeId = services.Options.NodeId,
        Caller = caller,
        Callee = callee,
        StartedAt = services.UtcNow(),
    };

    private bool _isStarted;
    private bool _isEnded;

    public CallRecord Record => _record;

    /// <summary>Commits the start; <paramref name="done"/> runs on the loop, with false when the store could not.</summary>
    public void Answer(string? answeredBy, string? codec, Action<bool> done)
    {
        if (_isStarted) return;
        _isStarted = true;
        _record = _record with { AnsweredBy = answeredBy, AnsweredAt = services.UtcNow(), Status = 200, Codec = codec };
        services.CallLog.Start(_record, services.Scheduler, done);
    }

    public void Touch()
    {
        if (_isStarted && !_isEnded) services.CallLog.Touch(_record.Id, services.UtcNow());
    }

    /// <summary>The moment of the end; the reports of the media come later.</summary>
    public void Stop(CallEnd end, bool answered)
    {
        if (_record.EndedAt is not null) return;
        _record = _record with
        {
            EndedAt = services.UtcNow(),
            EndReason = end.Reason,
            Status = answered ? 200 : end.Status,
            // A 200 that never left was no answer.
            AnsweredAt = answered ? _record.AnsweredAt : null,
            AnsweredBy = answered ? _record.AnsweredBy : null,
        };
    }

    /// <param name="written">Runs on the loop when the record can be read back.</param>
    public void Write(LegStatistics? callerMedia, LegStatistics? calleeMedia, Action written)
    {
        if (_isEnded) return;
        _isEnded = true;
        _record = _record with
        {
            CallerMedia = callerMedia,
            CalleeMedia = calleeMedia,
            Codec = callerMedia?.Codec ?? calleeMedia?.Codec ?? _record.Codec,
        };
        services.CallLog.End(_record, () => services.Scheduler.Post(written));
    }
}
