using Dapper;
using Gateway.Server.Calls;
using Gateway.Server.Ports;
using Gateway.Server.Routing;
using Gateway.Storage.Writing;
using Microsoft.Extensions.Logging;

namespace Gateway.Storage;

/// <summary>Call records: committed before the call is answered, kept in memory while the disk refuses, closed after a crash.</summary>
internal sealed class CallLog(SqlEngine engine, SqlWriter writer, ILogger logger) : ICallLog
{
    /// <summary>Version of the JSON in caller_media and callee_media.</summary>
    private const int MediaVersion = 1;

    private const int MostRows = 1000;

    private const string Upsert = """
        insert into calls (domain_id, id, node_id, caller, callee, answered_by, started_at, answered_at, last_seen_at, ended_at,
            end_is_estimated, status, end_reason, codec, media_version, caller_media, callee_media,
            caller_kind, trunk_id, route_id, widget_id, ended_by, details)
        values (@DomainId, @Id, @NodeId, @Caller, @Callee, @AnsweredBy, @StartedAt, @AnsweredAt, @LastSeenAt, @EndedAt,
            @EndIsEstimated, @Status, @EndReason, @Codec, @MediaVersion, @CallerMedia, @CalleeMedia,
            @CallerKind, @TrunkId, @RouteId, @WidgetId, @EndedBy, @Details)
        on conflict (domain_id, id) do update set answered_by = excluded.answered_by, answered_at = excluded.answered_at,
            last_seen_at = excluded.last_seen_at, ended_at = excluded.ended_at, end_is_estimated = excluded.end_is_estimated,
            status = excluded.status, end_reason = excluded.end_reason, codec = excluded.codec,
            media_version = excluded.media_version, caller_media = excluded.caller_media, callee_media = excluded.callee_media,
            trunk_id = excluded.trunk_id, route_id = excluded.route_id, ended_by = excluded.ended_by, details = excluded.details
        """;

    private sealed class Row
    {
        public string DomainId { get; set; } = "";
        public string Id { get; set; } = "";
        public string NodeId { get; set; } = "";
        public string Caller { get; set; } = "";
        public string Callee { get; set; } = "";
        public string? AnsweredBy { get; set; }
        public long StartedAt { get; set; }
        public long? AnsweredAt { get; set; }
        public long LastSeenAt { get; set; }
        public long? EndedAt { get; set; }
        public bool EndIsEstimated { get; set; }
        public long Status { get; set; }
        public string EndReason { get; set; } = "";
        public string? Codec { get; set; }
        public long MediaVersion { get; set; }
        public string? CallerMedia { get; set; }
        public string? CalleeMedia { get; set; }
        public string CallerKind { get; set; } = "";
        public string? TrunkId { get; set; }
        public string? RouteId { get; set; }
        public string? WidgetId { get; set; }
        public string EndedBy { get; set; } = "";
        public string? Details { get; set; }
    }

    public void Start(CallRecord record, ILoopScheduler loop, Action<bool> done)
    {
        var row = ToRow(record);
        writer.Post(new SqlWork((connection, transaction) => connection.Execute(Upsert, row, transaction),
            ok => loop.Post(() => done(ok)), Awaited: true, OnRefusal.Report));
    }

    public void Touch(Guid callId, DateTimeOffset at)
    {
        var id = Columns.Id(callId);
        var seen = Columns.Time(at);
        writer.Post(new SqlWork((connection, transaction) =>
            connection.Execute("update calls set last_seen_at = @seen where id = @id and ended_at is null", new { id, seen }, transaction),
            Done: null, Awaited: false, OnRefusal.Report));
    }

    public void End(CallRecord record, Action? written = null)
    {
        var row = ToRow(record);
        writer.Post(new SqlWork((connection, transaction) => connection.Execute(Upsert, row, transaction),
            written is null ? null : _ => written(), Awaited: false, OnRefusal.Keep));
    }

    public Task<IReadOnlyList<CallRecord>> ListAsync(CallQuery query, CancellationToken cancel) => Task.Run<IReadOnlyList<CallRecord>>(() =>
    {
        using var connection = engine.OpenReader();
        // An account is given as user or as user@domain; a record may hold either form of what was dialled.
        var account = query.Account;
        var user = account is null || account.Contains('@', StringComparison.Ordinal) ? account : account + "@";
        return connection.Query<Row>("""
            select domain_id as DomainId, id as Id, node_id as NodeId, caller as Caller, callee as Callee, answered_by as AnsweredBy,
                started_at as StartedAt, answered_at as AnsweredAt, ended_at as EndedAt, end_is_estimated as EndIsEstimated,
                status as Status, end_reason as EndReason, codec as Codec, caller_media as CallerMedia, callee_media as CalleeMedia,
                caller_kind as CallerKind, trunk_id as TrunkId, route_id as RouteId, widget_id as WidgetId, ended_by as EndedBy, details as Details
            from calls
            where started_at <= @before and (started_at < @before or id < @beforeId) and started_at >= @from
                and (@account is null
                    or caller = @account or substr(caller, 1, length(@user)) = @user
                    or callee = @account or substr(callee, 1, length(@user)) = @user
                    or answered_by = @account or substr(answered_by, 1, length(@user)) = @user)
                and (@id is null or id = @id)
                and (@trunk is null or trunk_id = @trunk)
                and (@widget is null or widget_id = @widget)
                and (@reason is null or end_reason = @reason)
                and (@answered = 0 or (@answered = 1 and answered_at is not null) or (@answered = 2 and answered_at is null))
                and (@text is null or lower(caller) like @text escape '!' or lower(callee) like @text escape '!' or lower(answered_by) like @text escape '!')
            order by started_at desc, id desc
            limit @limit
            """, new
        {
            account,
            user,
            before = query.Before is { } before ? Columns.Time(before) : long.MaxValue,
            beforeId = Columns.Id(query.BeforeId) ?? "",
            from = query.From is { } from ? Columns.Time(from) : long.MinValue,
            id = Columns.Id(query.Id),
            trunk = Columns.Id(query.Trunk),
            widget = Columns.Id(query.Widget),
            reason = query.Reason,
            answered = query.Answered switch { true => 1, false => 2, null => 0 },
            text = query.Text is { Length: > 0 } text ? $"%{Literally(text.ToLowerInvariant())}%" : null,
            limit = Math.Clamp(query.Limit, 1, MostRows),
        }).Select(ToRecord).ToList();
    }, cancel);

    /// <summary>A text for LIKE that stands for itself.</summary>
    private static string Literally(string text) =>
        text.Replace("!", "!!", StringComparison.Ordinal).Replace("%", "!%", StringComparison.Ordinal).Replace("_", "!_", StringComparison.Ordinal);

    public async Task<int> CloseOrphansAsync(string nodeId, CancellationToken cancel)
    {
        var closed = await writer.RunAsync((connection, transaction) => connection.Execute("""
            update calls set ended_at = last_seen_at, end_is_estimated = @yes, end_reason = 'restart'
            where node_id = @nodeId and ended_at is null and id not in (select id from call_checkpoints where node_id = @nodeId)
            """, new { nodeId, yes = true }, transaction), cancel).ConfigureAwait(false);
        if (closed > 0)
        {
            StorageLog.OrphansClosed(logger, closed);
        }

        return closed;
    }

    private static Row ToRow(CallRecord record) => new()
    {
        DomainId = Columns.Id(record.DomainId),
        Id = Columns.Id(record.Id),
        NodeId = record.NodeId,
        Caller = record.Caller,
        Callee = record.Callee,
        AnsweredBy = record.AnsweredBy,
        StartedAt = Columns.Time(record.StartedAt),
        AnsweredAt = Columns.Time(record.AnsweredAt),
        LastSeenAt = Columns.Time(record.EndedAt ?? record.AnsweredAt ?? record.StartedAt),
        EndedAt = Columns.Time(record.EndedAt),
        EndIsEstimated = record.EndIsEstimated,
        Status = record.Status,
        EndReason = record.EndReason,
        Codec = record.Codec,
        MediaVersion = MediaVersion,
        CallerMedia = Columns.Media(record.CallerMedia),
        CalleeMedia = Columns.Media(record.CalleeMedia),
        CallerKind = Columns.Enum(record.CallerKind),
        TrunkId = Columns.Id(record.Trunk),
        RouteId = Columns.Id(record.Route),
        WidgetId = Columns.Id(record.Widget),
        EndedBy = record.EndedBy,
        Details = Columns.Details(new CallDetails
        {
            Legs = record.Legs, Visitor = record.Visitor, Q850 = record.Q850, TalkSeconds = record.TalkSeconds,
            Mode = record.Mode, ModeReason = record.ModeReason, PathReason = record.PathReason,
        }),
    };

    private static CallRecord ToRecord(Row row)
    {
        var details = Columns.Details(row.Details);
        return new CallRecord
        {
            DomainId = Columns.Id(row.DomainId),
            Id = Columns.Id(row.Id),
            NodeId = row.NodeId,
            Caller = row.Caller,
            Callee = row.Callee,
            AnsweredBy = row.AnsweredBy,
            StartedAt = Columns.Time(row.StartedAt),
            AnsweredAt = Columns.Time(row.AnsweredAt),
            EndedAt = Columns.Time(row.EndedAt),
            EndIsEstimated = row.EndIsEstimated,
            Status = (int)row.Status,
            EndReason = row.EndReason,
            Codec = row.Codec,
            CallerMedia = Columns.Media(row.CallerMedia),
            CalleeMedia = Columns.Media(row.CalleeMedia),
            CallerKind = Columns.Enum<CallerKind>(row.CallerKind),
            Trunk = Columns.OptionalId(row.TrunkId),
            Route = Columns.OptionalId(row.RouteId),
            Widget = Columns.OptionalId(row.WidgetId),
            EndedBy = row.EndedBy,
            Legs = details.Legs,
            Visitor = details.Visitor,
            Q850 = details.Q850,
            TalkSeconds = details.TalkSeconds,
            Mode = details.Mode,
            ModeReason = details.ModeReason,
            PathReason = details.PathReason,
        };
    }
}
