using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Gateway.Web.Api;

/// <summary>One page of a list. The next one begins after the last item here, whatever was added or removed meanwhile.</summary>
/// <param name="Next">Cursor of the next page; left out on the last one.</param>
internal sealed record Page<T>(IReadOnlyList<T> Items, string? Next);

/// <summary>Keyset paging: <c>?limit=</c> and an opaque <c>?cursor=</c>, and a Link header (RFC 8288) to the next page.</summary>
internal static class Paging
{
    public const int Most = 200;
    public const int Usual = 50;

    /// <summary>Reads the query; every parameter must be one of those named.</summary>
    public static bool TryRead(HttpContext context, IReadOnlyList<string> filters, out int limit, out string? after, out IResult refusal)
    {
        (limit, after, refusal) = (Usual, null, Results.Empty);
        var query = context.Request.Query;
        if (query.Keys.FirstOrDefault(key => key is not ("limit" or "cursor") && !filters.Contains(key, StringComparer.OrdinalIgnoreCase)) is { } unknown)
        {
            refusal = Problems.Field(unknown, $"There is no such parameter. There are {string.Join(", ", filters.Prepend("cursor").Prepend("limit"))}.");
            return false;
        }

        if (query.TryGetValue("limit", out var wanted) && !(int.TryParse(wanted, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= Most))
        {
            refusal = Problems.Field("limit", $"1 to {Most}.");
            return false;
        }

        if (query.TryGetValue("cursor", out var cursor))
        {
            after = Decode(cursor.ToString());
            refusal = Problems.Field("cursor", "Take the cursor from the answer before (next), unchanged.");
        }

        return after is not null || !query.ContainsKey("cursor");
    }

    /// <param name="items">One more than the limit when there is a next page.</param>
    public static IResult Answer<T>(HttpContext context, IReadOnlyList<T> items, int limit, Func<T, string> key)
    {
        var next = items.Count > limit ? Encode(key(items[limit - 1])) : null;
        if (next is not null)
        {
            var query = QueryString.Create(context.Request.Query.Where(pair => !pair.Key.Equals("cursor", StringComparison.OrdinalIgnoreCase))).Add("cursor", next);
            context.Response.Headers.Link = $"<{context.Request.Path.ToUriComponent()}{query.ToUriComponent()}>; rel=\"next\"";
        }

        return Results.Ok(new Page<T>(items.Count > limit ? [.. items.Take(limit)] : items, next));
    }

    private static string Encode(string key) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(key));

    private static string? Decode(string cursor)
    {
        Span<byte> bytes = stackalloc byte[1024];
        return cursor.Length is > 0 and <= 1024 && Base64Url.IsValid(cursor) && Base64Url.TryDecodeFromChars(cursor, bytes, out var length) ? Encoding.UTF8.GetString(bytes[..length]) : null;
    }
}
