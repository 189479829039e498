using System.Collections.Immutable;
using Gateway.Sdp;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>Every side that a call has had, as its record and the pages tell of them.</summary>
internal sealed partial class Call
{
    private readonly List<CallLeg> _legs = [];

    /// <summary>Sides that have gone over to another call, as they were when they went.</summary>
    private readonly Dictionary<CallLeg, CallLegRecord> _departed = [];

    /// <summary>Sides that were tried or left before the call came here.</summary>
    private ImmutableArray<CallLegRecord> _pastLegs = [];

    public CallSnapshot Snapshot
    {
        get
        {
            var record = _recorder.Record;
            return new CallSnapshot(record.Id, record.Caller, record.Callee, Name, record.StartedAt, record.AnsweredAt, record.Codec)
            {
                CallerKind = record.CallerKind,
                Trunk = record.Trunk,
                Widget = record.Widget,
                Mode = record.Mode,
                ModeReason = record.ModeReason,
                Legs = State >= CallState.Ending ? [] : [.. _legs.Where(IsShown).Select(LegSnapshotOf)],
            };
        }
    }

    private string Name => State switch
    {
        CallState.New or CallState.Originating or CallState.Locating or CallState.Trying => "trying",
        CallState.Ringing => "ringing",
        CallState.Answering => "answering",
        CallState.Answered or CallState.Confirmed => IsOnHold ? "held" : "connected",
        _ => "ended",
    };

    private bool IsOnHold => Caller is { IsOnHold: true } || Callee is { IsOnHold: true };

    /// <summary>A leg was made for this call, or came (perhaps back) from another one.</summary>
    public void Note(CallLeg leg)
    {
        if (!_departed.Remove(leg)) _legs.Add(leg);
    }

    private bool IsShown(CallLeg leg) => leg.Call == this && !leg.IsGone && !leg.IsHungUp && (leg is not OutboundLeg contact || contact.IsAlive || contact.IsConfirmed);

    private static LegSnapshot LegSnapshotOf(CallLeg leg) => new(
        leg.Aor,
        leg.CallId,
        NameOf(leg.Flow.Transport),
        leg.IsConfirmed ? leg.IsOnHold ? "held" : "connected" : leg.Dialog is null ? "trying" : "ringing",
        leg.Media is null ? "" : leg.Media.State.ToString().ToLowerInvariant(),
        leg.Media?.Live?.Codec ?? leg.Media?.Codecs.FirstOrDefault()?.Name,
        leg.Media?.Live?.Statistics)
    {
        Role = leg.History.Role,
        Trunk = leg.Trunk,
        AnsweredAt = leg.History.AnsweredAt is { } at ? leg.Call._recorder.At(at) : null,
        Live = leg.Media?.Live,
    };

    /// <summary>The record names the first and the last of what was tried: a device that flaps must not fill it.</summary>
    private ImmutableArray<CallLegRecord> LegRecords()
    {
        var legs = _legs.Count <= CallLimits.RecordedLegs ? _legs : [.. _legs.Take(CallLimits.RecordedLegs / 2), .. _legs.TakeLast(CallLimits.RecordedLegs / 2)];
        return [.. _pastLegs, .. legs.Select(RecordOf)];
    }

    private CallLegRecord RecordOf(CallLeg leg)
    {
        if (_departed.TryGetValue(leg, out var departed)) return departed;
        var history = leg.History;
        return new CallLegRecord
        {
            Role = history.Role,
            Party = history.Party,
            CallId = leg.CallId,
            Transport = NameOf(leg.Flow.Transport),
            Trunk = leg.Trunk,
            StartedAt = _recorder.At(history.StartedAt),
            AnsweredAt = history.AnsweredAt is { } answered ? _recorder.At(answered) : null,
            EndedAt = history.EndedAt is { } ended ? _recorder.At(ended) : _recorder.Record.EndedAt,
            Status = history.Status,
            Reason = history.Reason,
            Media = leg.Media?.Statistics,
        };
    }

    /// <summary>The pages read ended calls from the store, so they are told again when it has this one.</summary>
    private void WriteRecord() =>
        _recorder.Write(Caller?.Media?.Statistics, Callee?.Media?.Statistics, LegRecords(), () => Services.Events.CallChanged(Snapshot));

    /// <summary>Whose doing an end is; what we do because of silence, a limit or an operator is ours.</summary>
    private string EndedBy(CallInput input) => input switch
    {
        CallInput.CallerBye or CallInput.Cancel => LegRole.Caller,
        CallInput.CalleeBye => LegRole.Callee,
        CallInput.AllFailed when Caller is null => LegRole.Caller,
        CallInput.AllFailed when _legs.Exists(leg => leg.History is { Role: LegRole.Callee, Status: > 0 }) => LegRole.Callee,
        _ => "gateway",
    };

    /// <summary>The Q.850 cause of whoever ended it, else of the last one who gave any.</summary>
    private int? Cause() => Caller?.Cause ?? Callee?.Cause ?? _legs.FindLast(leg => leg.Cause is not null)?.Cause;

    private static string NameOf(SipTransport transport) => transport.ToString().ToLowerInvariant();
}
