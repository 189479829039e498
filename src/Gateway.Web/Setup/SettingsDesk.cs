using Microsoft.Extensions.Configuration.Memory;

namespace Gateway.Web.Setup;

/// <summary>One setting that the console can change.</summary>
/// <param name="Key">As in docs/configuration.md.</param>
/// <param name="Value">As it would be at the next start.</param>
/// <param name="IsFixed">A flag or an environment variable says it, and wins.</param>
/// <param name="IsPending">It differs from what runs now.</param>
public sealed record EditableSetting(string Key, string Value, bool IsFixed, bool IsPending);

/// <summary>Changes settings of the next start: checks the whole of them as a start would, and stores nothing that would not start.</summary>
internal sealed class SettingsDesk(IConfiguration running, SavedSettings saved)
{
    /// <summary>What operators change after the first day. All else is for files, flags and variables.</summary>
    public static IReadOnlyList<string> Keys { get; } =
    [
        "Gateway:Net:PublicAddress", "Gateway:Net:DnsServers", "Gateway:Net:TraceMegabytes", "Gateway:Server:RingLimit", "Gateway:Server:MaxCalls",
        "Gateway:Server:MediaSilence", "Gateway:Storage:KeepRecords", "Gateway:Web:SignInLifetime", "Gateway:Web:AllowedOrigins", "Gateway:Web:TrustedProxies",
    ];

    public IReadOnlyList<EditableSetting> List()
    {
        var changed = saved.Load();
        return [.. Keys.Select(key =>
        {
            var isFixed = FixedBy(key);
            var now = running[key] ?? "";
            var next = isFixed ? now : changed.GetValueOrDefault(key) ?? "";
            return new EditableSetting(key, next, isFixed, !isFixed && next != now);
        })];
    }

    /// <summary>Null when it is saved; else what is wrong, each complaint with its key.</summary>
    public IReadOnlyList<string> Save(IReadOnlyDictionary<string, string> wanted)
    {
        var next = saved.Load();
        foreach (var (key, value) in wanted.Where(pair => Keys.Contains(pair.Key) && !FixedBy(pair.Key)))
        {
            if (value.Trim().Length == 0)
            {
                next.Remove(key);
            }
            else
            {
                next[key] = value.Trim();
            }
        }

        var complaints = Complaints(next);
        if (complaints.Count == 0)
        {
            saved.Save(next);
        }

        return complaints;
    }

    /// <summary>What a start with these would say.</summary>
    private IReadOnlyList<string> Complaints(Dictionary<string, string?> next)
    {
        var trial = new ConfigurationBuilder();
        trial.AddInMemoryCollection(next);
        foreach (var provider in Others())
        {
            trial.AddInMemoryCollection(Pairs(provider));
        }

        try
        {
            GatewaySettings.Read(trial.Build());
            return [];
        }
        catch (SettingsException e)
        {
            return e.Complaints;
        }
    }

    private bool FixedBy(string key) => Others().Any(provider => provider.TryGet(key, out _) || provider.TryGet(key + ":0", out _));

    /// <summary>All sources but the file of the console.</summary>
    private IEnumerable<IConfigurationProvider> Others() =>
        ((IConfigurationRoot)running).Providers.Where(provider => provider is not SavedProvider);

    private static IEnumerable<KeyValuePair<string, string?>> Pairs(IConfigurationProvider provider, string? parent = null)
    {
        foreach (var child in provider.GetChildKeys([], parent).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            var key = parent is null ? child : ConfigurationPath.Combine(parent, child);
            if (provider.TryGet(key, out var value))
            {
                yield return new(key, value);
            }

            foreach (var pair in Pairs(provider, key))
            {
                yield return pair;
            }
        }
    }

    /// <summary>Puts the saved settings beneath all others.</summary>
    public static void AddSaved(ConfigurationManager configuration, SavedSettings saved) =>
        configuration.Sources.Insert(0, new SavedSource(saved.Load()));

    private sealed class SavedSource(Dictionary<string, string?> settings) : IConfigurationSource
    {
        public IConfigurationProvider Build(IConfigurationBuilder builder) => new SavedProvider(settings);
    }

    private sealed class SavedProvider(Dictionary<string, string?> settings) : MemoryConfigurationProvider(new MemoryConfigurationSource { InitialData = settings });
}
