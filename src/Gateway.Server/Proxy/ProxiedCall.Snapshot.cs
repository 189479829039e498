using System.Collections.Immutable;
using Gateway.Server.Calls;
using Gateway.Sip;

namespace Gateway.Server.Proxy;

/// <summary>A proxied call as its record and the pages tell of it.</summary>
internal sealed partial class ProxiedCall
{
    public CallSnapshot Snapshot
    {
        get
        {
            var record = _recorder.Record;
            return new CallSnapshot(record.Id, record.Caller, record.Callee, Name, record.StartedAt, record.AnsweredAt, null)
            {
                CallerKind = record.CallerKind,
                Mode = CallMode.Proxy,
                ModeReason = record.ModeReason,
                Legs = State == ProxiedCallState.Ended ? [] : [LegOf(_caller, _flow), .. Shown.Select(leg => LegOf(leg.History, leg.Flow))],
            };
        }
    }

    private string Name => State switch
    {
        ProxiedCallState.Trying => "trying",
        ProxiedCallState.Ringing => "ringing",
        ProxiedCallState.Connected => "connected",
        _ => "ended",
    };

    /// <summary>Who rings, or who answered.</summary>
    private IEnumerable<(LegHistory History, Flow Flow)> Shown => _legs
        .Where(leg => _answered is null ? leg.Key.IsPending : leg.Key == _answered)
        .Select(static leg => (leg.Value.History, leg.Key.Flow ?? leg.Key.Target.Flow!.Value));

    private LegSnapshot LegOf(LegHistory history, in Flow flow) => new(
        history.Party, _callId, NameOf(flow.Transport), State == ProxiedCallState.Connected ? "connected" : history.Role == LegRole.Caller ? "trying" : "ringing", "", null, null)
    {
        Role = history.Role,
        AnsweredAt = history.AnsweredAt is { } at ? _recorder.At(at) : null,
    };

    private ImmutableArray<CallLegRecord> LegRecords(TimeSpan now) =>
        [RecordOf(_caller, _flow), .. _legs.Take(CallLimits.RecordedLegs).Select(leg => RecordOf(leg.Value.History, leg.Key.Flow ?? leg.Key.Target.Flow ?? _flow))];

    private CallLegRecord RecordOf(LegHistory history, in Flow flow) => new()
    {
        Role = history.Role,
        Party = history.Party,
        CallId = _callId,
        Transport = NameOf(flow.Transport),
        StartedAt = _recorder.At(history.StartedAt),
        AnsweredAt = history.AnsweredAt is { } answered ? _recorder.At(answered) : null,
        EndedAt = history.EndedAt is { } ended ? _recorder.At(ended) : _recorder.Record.EndedAt,
        Status = history.Status,
        Reason = history.Reason,
    };

    private static string NameOf(SipTransport transport) => transport.ToString().ToLowerInvariant();
}
