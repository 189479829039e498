using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Gateway.Web.Api;

/// <summary>Reads a JSON body within limits. What does not fit becomes a problem that names the field and says what belongs there.</summary>
internal static class ApiBody
{
    public const int Limit = 64 * 1024;

    private const string MergePatch = "application/merge-patch+json";

    /// <returns>The value, or why it cannot be read.</returns>
    public static async Task<(T? Value, IResult? Refusal)> ReadAsync<T>(HttpContext context, int limit = Limit) where T : class
    {
        var (bytes, refusal) = await BytesAsync(context, "application/json", limit).ConfigureAwait(false);
        return refusal is null ? Parse<T>(bytes) : (null, refusal);
    }

    /// <summary>RFC 7396: what the patch names is replaced, null takes a field back to its default, the rest stays.</summary>
    public static async Task<(T? Value, IResult? Refusal)> PatchAsync<T>(HttpContext context, T current, int limit = Limit) where T : class
    {
        var (bytes, refusal) = await BytesAsync(context, MergePatch, limit).ConfigureAwait(false);
        if (refusal is not null)
        {
            return (null, refusal);
        }

        JsonNode? patch;
        try
        {
            patch = JsonNode.Parse(bytes, documentOptions: new JsonDocumentOptions { MaxDepth = ApiJson.MaxDepth, AllowDuplicateProperties = false });
        }
        catch (JsonException)
        {
            return (null, NotJson());
        }

        if (patch is not JsonObject changes)
        {
            return (null, NotJson());
        }

        var merged = Merge(JsonSerializer.SerializeToNode(current, ApiJson.Strict), changes);
        return Parse<T>(JsonSerializer.SerializeToUtf8Bytes(merged));
    }

    private static JsonNode? Merge(JsonNode? target, JsonNode? patch)
    {
        if (patch is not JsonObject changes)
        {
            return patch?.DeepClone();
        }

        var result = target as JsonObject ?? [];
        foreach (var (name, value) in changes)
        {
            if (value is null)
            {
                result.Remove(name);
            }
            else
            {
                var merged = Merge(result[name], value);
                result.Remove(name);
                result[name] = merged;
            }
        }

        return result;
    }

    private static async Task<(byte[] Bytes, IResult? Refusal)> BytesAsync(HttpContext context, string wanted, int limit)
    {
        var request = context.Request;
        var type = request.GetTypedHeaders().ContentType?.MediaType.Value;
        if (!string.Equals(type, wanted, StringComparison.OrdinalIgnoreCase))
        {
            return ([], Problems.Of(StatusCodes.Status415UnsupportedMediaType, "media-type", $"Send the body as {wanted}."));
        }

        var tooLong = Problems.Of(StatusCodes.Status413PayloadTooLarge, "too-long", $"A body has at most {limit / 1024} KiB here.");
        if (request.ContentLength > limit)
        {
            return ([], tooLong);
        }

        var buffer = new byte[Math.Min(limit + 1, (int)(request.ContentLength ?? 4096) + 1)];
        var length = 0;
        while (true)
        {
            if (length == buffer.Length)
            {
                if (length > limit)
                {
                    return ([], tooLong);
                }

                Array.Resize(ref buffer, Math.Min(limit + 1, buffer.Length * 2));
            }

            var read = await request.Body.ReadAsync(buffer.AsMemory(length), context.RequestAborted).ConfigureAwait(false);
            if (read == 0)
            {
                return (buffer[..length], null);
            }

            length += read;
        }
    }

    private static (T? Value, IResult? Refusal) Parse<T>(byte[] bytes) where T : class
    {
        try
        {
            if (NullInList(bytes) is { } empty)
            {
                return (null, Problems.Field(empty, "A list has no empty places: leave null out."));
            }

            return JsonSerializer.Deserialize<T>(bytes, ApiJson.Strict) is { } value ? (value, null) : (null, NotJson());
        }
        catch (JsonException e)
        {
            return (null, Explain(typeof(T), e));
        }
        catch (NotSupportedException)
        {
            // A destination without "kind": the serializer cannot make its abstract type.
            return (null, Problems.Field("kind", "Say which kind it is: {\"kind\": \"account\", …}."));
        }
    }

    /// <summary>The serializer lets null into lists whose entries must be there: its place, such as <c>dids[2]</c>.</summary>
    private static string? NullInList(byte[] json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = ApiJson.MaxDepth });
        // Per open list the number of its entry, per open object the name of its field.
        var way = new List<(string? Name, int Index)>();
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                way[^1] = (reader.GetString(), -1);
                continue;
            }

            if (reader.TokenType is JsonTokenType.EndArray or JsonTokenType.EndObject)
            {
                way.RemoveAt(way.Count - 1);
                continue;
            }

            if (way.Count > 0 && way[^1].Name is null)
            {
                way[^1] = (null, way[^1].Index + 1);
                if (reader.TokenType == JsonTokenType.Null)
                {
                    return string.Concat(way.Select((step, at) => step.Name is null ? $"[{step.Index}]" : at == 0 ? step.Name : "." + step.Name));
                }
            }

            if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject)
            {
                way.Add((reader.TokenType == JsonTokenType.StartArray ? null : "", -1));
            }
        }

        return null;
    }

    private static IResult NotJson() => Problems.Of(StatusCodes.Status400BadRequest, "not-json", "The body is not a JSON object.");

    private static IResult Explain(Type root, JsonException e)
    {
        var field = e.Path is { } path && path.StartsWith("$.", StringComparison.Ordinal) ? path[2..] : "";
        if (UnknownField(e.Message) is { } name)
        {
            var full = field.Length == 0 || field == name || field.EndsWith("." + name, StringComparison.Ordinal) ? (field.Length == 0 ? name : field) : $"{field}.{name}";
            return Problems.Field(full, "There is no such field here: see the API's description at /docs/api.");
        }

        if (MissingField(e.Message) is { } missing)
        {
            return Problems.Field(field.Length == 0 ? missing : $"{field}.{missing}", "This field must be there.");
        }

        if (e.Message.Contains("Duplicate", StringComparison.OrdinalIgnoreCase))
        {
            return Problems.Field(field, "This field stands here twice.");
        }

        return field.Length == 0
            ? Problems.Of(StatusCodes.Status400BadRequest, "not-json", $"The body is not the JSON that is wanted here (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}).")
            : Problems.Field(field, Expectation(root, field));
    }

    /// <summary>What belongs into a field, from its type.</summary>
    private static string Expectation(Type root, string field)
    {
        var type = root;
        foreach (var part in field.Split('.'))
        {
            var name = part.Split('[')[0];
            var property = Properties(type).FirstOrDefault(candidate => string.Equals(candidate.Name, name, StringComparison.OrdinalIgnoreCase));
            if (property is null)
            {
                return "This value does not fit here.";
            }

            type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            if (part.Contains('[', StringComparison.Ordinal) && type.IsGenericType)
            {
                type = type.GetGenericArguments()[0];
            }
        }

        return type switch
        {
            { IsEnum: true } => $"One of {string.Join(", ", Enum.GetNames(type).Select(JsonNamingPolicy.CamelCase.ConvertName))}.",
            _ when type == typeof(string) => "Text in quotes.",
            _ when type == typeof(bool) => "true or false.",
            _ when type == typeof(int) || type == typeof(long) => "A whole number.",
            _ when type == typeof(Guid) => "An id such as 019a9f6e-0000-7000-8000-000000000000.",
            _ when type == typeof(TimeOnly) => "A time of day such as 09:00.",
            _ when type == typeof(DateTimeOffset) => "A time such as 2026-11-20T12:00:00Z.",
            { IsGenericType: true } => "A list in square brackets.",
            _ => "This value does not fit here.",
        };
    }

    private static IList<JsonPropertyInfo> Properties(Type type) => ApiJson.Strict.GetTypeInfo(type).Properties;

    /// <summary>The first of the fields that must be there; the serializer names them in its message only.</summary>
    private static string? MissingField(string message)
    {
        const string Before = "was missing required properties including: '";
        var at = message.IndexOf(Before, StringComparison.Ordinal);
        var end = at < 0 ? -1 : message.IndexOf('\'', at + Before.Length);
        return end < 0 ? null : message[(at + Before.Length)..end];
    }

    /// <summary>The serializer names an unknown field in its message only.</summary>
    private static string? UnknownField(string message)
    {
        const string Before = "The JSON property '";
        var end = message.IndexOf("' could not be mapped", StringComparison.Ordinal);
        return message.StartsWith(Before, StringComparison.Ordinal) && end >= 0 && end - Before.Length <= 100 ? message[Before.Length..end] : null;
    }
}
