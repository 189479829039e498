using System.Text.Json;

namespace Gateway.Web.Setup;

/// <summary>
/// Settings that were changed in the console: <c>settings.json</c> in the data folder, keys as in docs/configuration.md. Flags and
/// environment variables win over it. It is read at a start, so a change waits for the next one.
/// </summary>
internal sealed class SavedSettings(string dataFolder)
{
    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true };

    public string Path { get; } = System.IO.Path.Combine(dataFolder, "settings.json");

    /// <summary>Empty when nothing was saved.</summary>
    /// <exception cref="SettingsException">The file is damaged; the message says what to do.</exception>
    public Dictionary<string, string?> Load()
    {
        if (!File.Exists(Path))
        {
            return new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        }

        try
        {
            var read = JsonSerializer.Deserialize<Dictionary<string, string?>>(File.ReadAllText(Path));
            return new Dictionary<string, string?>(read ?? [], StringComparer.OrdinalIgnoreCase);
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new SettingsException([$"{Path} cannot be read: {e.Message} Mend it or take it away; it holds what was set in the console."]);
        }
    }

    /// <summary>All or nothing: the old file stays until the new one is complete.</summary>
    public void Save(IReadOnlyDictionary<string, string?> settings)
    {
        var draft = Path + ".new";
        File.WriteAllText(draft, JsonSerializer.Serialize(settings.OrderBy(pair => pair.Key, StringComparer.Ordinal).ToDictionary(pair => pair.Key, pair => pair.Value), s_json));
        File.Move(draft, Path, overwrite: true);
    }
}
