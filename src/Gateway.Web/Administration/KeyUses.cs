using System.Collections.Concurrent;
using Gateway.Server.Ports;

namespace Gateway.Web.Administration;

/// <summary>When and from where API keys were last used: noted in memory with every request, written to the store once a minute at most.</summary>
internal sealed class KeyUses(IKeyUseStore store)
{
    private static readonly TimeSpan s_every = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<Guid, KeyUse> _uses = new();
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _written = new();

    public KeyUse? Of(Guid key) => _uses.GetValueOrDefault(key);

    public async Task LoadAsync(CancellationToken cancel)
    {
        foreach (var use in await store.LoadAsync(cancel).ConfigureAwait(false))
        {
            _uses.TryAdd(use.Key, use);
        }
    }

    public void Note(Guid key, string remote, DateTimeOffset now)
    {
        var use = new KeyUse(key, now, remote);
        _uses[key] = use;
        var written = _written.GetValueOrDefault(key);
        if (now - written >= s_every && (written == default ? _written.TryAdd(key, now) : _written.TryUpdate(key, now, written)))
        {
            store.Note(use);
        }
    }
}
