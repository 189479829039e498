using System.Globalization;
using System.Text;
using Gateway.Server;
using Gateway.Server.Calls;
using Gateway.Server.Ports;
using Gateway.Web.Security;

namespace Gateway.Web.Api;

/// <summary>Call records: filtered, in pages, one by one, and as a CSV file. Who may not see everything sees the own ones.</summary>
internal static class CallRecordsApi
{
    private const int ExportPage = 500;

    private static readonly string[] s_filters = ["from", "to", "account", "trunk", "widget", "reason", "answered", "text"];

    public static void MapCallRecordsApi(this RouteGroupBuilder api)
    {
        var group = api.MapGroup("/call-records").WithTags("call-records");
        group.MapGet("/", async (HttpContext context, SignIn signIn, ICallLog log, ServerOptions options) =>
            {
                if (!TryFilter(context, signIn, options, out var query, out var limit, out var refusal))
                {
                    return refusal;
                }

                var records = await log.ListAsync(query with { Limit = limit + 1 }, context.RequestAborted);
                return Paging.Answer(context, records, limit, KeyOf);
            })
            .WithName("list-call-records").WithSummary("Lists call records, the newest first.")
            .WithDescription("An agent sees its own calls only.").WithPaging().WithFilters()
            .Produces<Page<CallRecord>>().ProducesProblem(400);

        group.MapGet("/{id:guid}", async (HttpContext context, Guid id, SignIn signIn, ICallLog log, ServerOptions options) =>
                await log.ListAsync(new CallQuery(OwnOnly(context, signIn, options), Limit: 1) { Id = id }, context.RequestAborted) is [var record, ..] ? Results.Ok(record) : Problems.Missing())
            .WithName("get-call-record").WithSummary("Reads one call record with all its sides.").Produces<CallRecord>().ProducesProblem(404);

        api.MapGet("/call-records.csv", (HttpContext context, SignIn signIn, ICallLog log, ServerOptions options) =>
            {
                if (!TryFilter(context, signIn, options, out var query, out _, out var refusal))
                {
                    return refusal;
                }

                context.Response.Headers.ContentDisposition = "attachment; filename=\"call-records.csv\"";
                return Results.Stream(body => ExportAsync(body, log, query, context.RequestAborted), "text/csv; charset=utf-8");
            })
            .WithTags("call-records").WithName("export-call-records").WithSummary("All call records of a filter as a CSV file (RFC 4180).").WithFilters()
            .Produces<string>(contentType: "text/csv").ProducesProblem(400);
    }

    private static RouteHandlerBuilder WithFilters(this RouteHandlerBuilder builder) => builder
        .WithQuery("from", "Began at this time or later.", "2026-11-20T00:00:00Z")
        .WithQuery("to", "Began before this time.", "2026-11-21T00:00:00Z")
        .WithQuery("account", "One side is this account: user or user@domain.", "alice")
        .WithQuery("trunk", "Id of the trunk it came in or went out by.", "019a9f6e-0000-7000-8000-000000000000")
        .WithQuery("widget", "Id of the widget it came from.", "019a9f6e-0000-7000-8000-000000000000")
        .WithQuery("reason", "Exact end reason.", "busy")
        .WithQuery("answered", "true: somebody answered; false: nobody did.", "true")
        .WithQuery("text", "Part of a party's name or number.", "4930");

    /// <summary>The filter by account of someone who sees own calls only; null for who sees all.</summary>
    private static string? OwnOnly(HttpContext context, SignIn signIn, ServerOptions options) =>
        // A key without the scope has no calls of its own: a name that no call has.
        context.User.May(Access.Read) ? null : signIn.AccountOf(context.User) is { } account ? account.AorIn(options.Realm) : "\n";

    private static bool TryFilter(HttpContext context, SignIn signIn, ServerOptions options, out CallQuery query, out int limit, out IResult refusal)
    {
        query = new CallQuery();
        if (!Paging.TryRead(context, s_filters, out limit, out var after, out refusal))
        {
            return false;
        }

        var given = context.Request.Query;
        foreach (var (name, values) in given)
        {
            var value = values.ToString();
            var read = name.ToLowerInvariant() switch
            {
                "from" => Time(value) is { } from ? query with { From = from } : null,
                "to" => Time(value) is { } to ? query with { Before = to } : null,
                "trunk" => Guid.TryParse(value, out var trunk) ? query with { Trunk = trunk } : null,
                "widget" => Guid.TryParse(value, out var widget) ? query with { Widget = widget } : null,
                "answered" => bool.TryParse(value, out var answered) ? query with { Answered = answered } : null,
                "account" => value.Length is > 0 and <= 256 ? query with { Account = value } : null,
                "reason" => value.Length is > 0 and <= 64 ? query with { Reason = value } : null,
                "text" => value.Length is > 0 and <= 128 ? query with { Text = value } : null,
                _ => query,
            };
            if (read is null)
            {
                refusal = Problems.Field(name, name.ToLowerInvariant() switch
                {
                    "from" or "to" => "A time such as 2026-11-20T08:00:00Z.",
                    "trunk" or "widget" => "An id.",
                    "answered" => "true or false.",
                    _ => "A text that is not too long.",
                });
                return false;
            }

            query = read;
        }

        if (OwnOnly(context, signIn, options) is { } own)
        {
            query = query with { Account = own };
        }

        if (after is not null)
        {
            if (!TryKey(after, out var at, out var id))
            {
                refusal = Problems.Field("cursor", "Take the cursor from the answer before (next), unchanged.");
                return false;
            }

            query = query with { Before = at, BeforeId = id };
        }

        return true;
    }

    private static string KeyOf(CallRecord record) => string.Create(CultureInfo.InvariantCulture, $"{record.StartedAt.ToUnixTimeMilliseconds()} {record.Id}");

    private static bool TryKey(string key, out DateTimeOffset at, out Guid id)
    {
        (at, id) = (default, default);
        var parts = key.Split(' ');
        if (parts.Length != 2 || !Guid.TryParse(parts[1], out id)
            || !long.TryParse(parts[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var milliseconds) || milliseconds is < 0 or > 253402300799999)
        {
            return false;
        }

        at = DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
        return true;
    }

    private static DateTimeOffset? Time(string value) =>
        DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AllowWhiteSpaces, out var time) ? time : null;

    private static async Task ExportAsync(Stream body, ICallLog log, CallQuery query, CancellationToken cancel)
    {
        // Excel reads UTF-8 by the mark at the front only.
        await using var writer = new StreamWriter(body, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true), leaveOpen: true);
        writer.NewLine = "\r\n";
        await writer.WriteLineAsync("id,started_at,answered_at,ended_at,talk_seconds,caller,caller_kind,callee,answered_by,status,end_reason,ended_by,q850,codec,trunk,route,widget,end_is_estimated").ConfigureAwait(false);
        IReadOnlyList<CallRecord> page;
        do
        {
            page = await log.ListAsync(query with { Limit = ExportPage }, cancel).ConfigureAwait(false);
            foreach (var record in page)
            {
                await writer.WriteLineAsync(Csv.Line(Row(record))).ConfigureAwait(false);
            }

            await writer.FlushAsync(cancel).ConfigureAwait(false);
            if (page.Count > 0)
            {
                query = query with { Before = page[^1].StartedAt, BeforeId = page[^1].Id };
            }
        }
        while (page.Count == ExportPage);
    }

    private static IEnumerable<object?> Row(CallRecord record) =>
    [
        record.Id, record.StartedAt, record.AnsweredAt, record.EndedAt, record.TalkSeconds, record.Caller, record.CallerKind.ToString().ToLowerInvariant(), record.Callee,
        record.AnsweredBy, record.Status, record.EndReason, record.EndedBy, record.Q850, record.Codec, record.Trunk, record.Route, record.Widget, record.EndIsEstimated,
    ];
}
