using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Gateway.Server.Accounts;
using Gateway.Server.Configuration;
using Gateway.Server.Ports;
using Gateway.Web.Setup;

namespace Gateway.Web.Administration;

/// <summary>What all kinds of objects share: the gate that one change at a time passes, the store, and the audit log.</summary>
internal sealed class AdministrationCore(
    FirstStart start, ConfigurationDirectory configuration, AccountDirectory accounts, IConfigurationStore store, IAuditLog audit, TimeProvider time) : IDisposable
{
    private const int LongestSummary = 1000;
    private const int LongestValue = 80;

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        // The summary is text for people, escaped where it is shown.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public Guid DomainId => start.DomainId;

    public ConfigurationDirectory Configuration => configuration;

    public AccountDirectory Accounts => accounts;

    public IConfigurationStore Store => store;

    public TimeProvider Time => time;

    /// <summary>Held while a change is checked and stored: objects refer to each other, and no check may be overtaken.</summary>
    public SemaphoreSlim Gate { get; } = new(1, 1);

    public Guid NewId() => Guid.CreateVersion7(time.GetUtcNow());

    public Task LogAsync(Actor actor, string action, string kind, string objectId, string summary, CancellationToken cancel) =>
        audit.AppendAsync(new AuditEntry(NewId(), DomainId, time.GetUtcNow(), actor.Name, actor.Remote, action, kind, objectId, summary), cancel);

    /// <summary>Field by field what changed, from the forms that hold no secrets.</summary>
    /// <param name="secrets">Names of the secrets that were entered anew.</param>
    public static string Difference<T>(T? old, T? now, IEnumerable<string> secrets) where T : class
    {
        var before = old is null ? [] : JsonSerializer.SerializeToNode(old, s_json)!.AsObject();
        var after = now is null ? [] : JsonSerializer.SerializeToNode(now, s_json)!.AsObject();
        var text = new StringBuilder();
        foreach (var name in after.Select(field => field.Key).Union(before.Select(field => field.Key)).Where(name => name is not ("id" or "version" or "updatedAt")))
        {
            var (from, to) = (before[name], after[name]);
            if (!JsonNode.DeepEquals(from, to))
            {
                text.Append(text.Length > 0 ? "; " : "").Append(name).Append(": ").Append(old is null ? Short(to) : now is null ? Short(from) : $"{Short(from)} → {Short(to)}");
            }
        }

        foreach (var secret in secrets)
        {
            text.Append(text.Length > 0 ? "; " : "").Append(secret).Append(" entered");
        }

        return text.Length > LongestSummary ? string.Concat(text.ToString().AsSpan(0, LongestSummary), "…") : text.ToString();
    }

    public void Dispose() => Gate.Dispose();

    private static string Short(JsonNode? value)
    {
        var text = value?.ToJsonString(s_json) ?? "nothing";
        return text.Length > LongestValue ? string.Concat(text.AsSpan(0, LongestValue), "…") : text;
    }
}
