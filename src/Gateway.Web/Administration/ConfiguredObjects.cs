using System.Collections.Immutable;
using Gateway.Server.Configuration;
using Gateway.Server.Ports;

namespace Gateway.Web.Administration;

/// <summary>
/// The objects of one kind that stand in the store as versioned documents: reads come from memory, a change is checked, stored,
/// put into the configuration that the loops read, and written to the audit log, in this order.
/// </summary>
internal abstract class ConfiguredObjects<TResource, T>(AdministrationCore core) : IAdministered<TResource>
    where TResource : class, IResource
    where T : class, IConfigured
{
    private ImmutableDictionary<Guid, Stored<T>> _all = ImmutableDictionary<Guid, Stored<T>>.Empty;

    public string Kind => T.Kind;

    protected AdministrationCore Core => core;

    /// <summary>At start: takes what the store has into memory.</summary>
    public async Task LoadAsync(CancellationToken cancel)
    {
        var stored = await core.Store.LoadAsync<T>(cancel).ConfigureAwait(false);
        _all = stored.ToImmutableDictionary(one => one.Value.Id);
        foreach (var one in stored)
        {
            core.Configuration.Set(one.Value);
        }

        Loaded();
    }

    public IReadOnlyList<TResource> List() => [.. _all.Values.Select(Show).OrderBy(SortKey, StringComparer.Ordinal)];

    public IReadOnlyList<TResource> Page(string text, string? after, int count) => [.. _all.Values
        .Where(stored => text.Length == 0 || stored.Value.Name.Contains(text, StringComparison.OrdinalIgnoreCase))
        .Select(Show)
        .Where(one => after is null || string.CompareOrdinal(SortKey(one), after) > 0)
        .OrderBy(SortKey, StringComparer.Ordinal).Take(count)];

    public TResource? Get(Guid id) => _all.TryGetValue(id, out var stored) ? Show(stored) : null;

    public virtual string SortKey(TResource resource) => $"{resource.Name.ToUpperInvariant()}\n{resource.Id}";

    public Task<Outcome<TResource>> CreateAsync(TResource wanted, Actor actor, CancellationToken cancel) =>
        InTurnAsync(() => SaveAsync(core.NewId(), wanted, null, actor, cancel), cancel);

    public Task<Outcome<TResource>> UpdateAsync(Guid id, TResource wanted, long? expected, Actor actor, CancellationToken cancel) => InTurnAsync(async () =>
    {
        if (Find(id, expected, out var old) is { } refusal)
        {
            return refusal;
        }

        return await SaveAsync(id, wanted, old, actor, cancel).ConfigureAwait(false);
    }, cancel);

    public Task<Outcome<TResource>> DeleteAsync(Guid id, long? expected, Actor actor, CancellationToken cancel) => InTurnAsync(async () =>
    {
        if (Find(id, expected, out var old) is { } refusal)
        {
            return refusal;
        }

        var users = UsersOf(old.Value).Take(5).ToList();
        if (users.Count > 0)
        {
            return new Refusal(RefusalKind.InUse, $"'{old.Value.Name}' is used by {string.Join(", ", users)}: change that first.");
        }

        await core.Store.DeleteAsync<T>(id, old.Version, cancel).ConfigureAwait(false);
        _all = _all.Remove(id);
        core.Configuration.Remove(id);
        var shown = Show(old);
        await core.LogAsync(actor, "delete", Kind, id.ToString(), AdministrationCore.Difference(shown, null, []), cancel).ConfigureAwait(false);
        await ChangedAsync(old.Value, null).ConfigureAwait(false);
        return shown;
    }, cancel);

    /// <summary>A change by the gateway itself: not checked, but stored, in force and in the audit log like any other.</summary>
    protected Task ReplaceAsync(Guid id, Func<T, T> change, Actor actor, CancellationToken cancel) => InTurnAsync(async () =>
    {
        if (Find(id, null, out var old) is { } refusal)
        {
            return refusal;
        }

        return await StoreAsync(change(old.Value), old, [], actor, cancel).ConfigureAwait(false);
    }, cancel);

    protected IEnumerable<T> Values => _all.Values.Select(stored => stored.Value);

    /// <summary>Without secrets.</summary>
    protected abstract TResource Show(Stored<T> stored);

    protected abstract void Check(TResource wanted, T? old, FieldErrors errors);

    /// <summary>The object that the resource asks for; what it does not say about secrets comes from the old one.</summary>
    protected abstract T Build(Guid id, TResource wanted, T? old);

    /// <summary>Names of the secrets that the resource brings, for the audit log.</summary>
    protected virtual IEnumerable<string> SecretsIn(TResource wanted) => [];

    /// <summary>Shown once, right after the change that made it: a generated secret.</summary>
    protected virtual TResource ShowOnce(TResource shown, TResource wanted, T value, T? old) => shown;

    /// <summary>In words, who would miss the object.</summary>
    protected virtual IEnumerable<string> UsersOf(T value) => [];

    /// <summary>At start, when all are in memory.</summary>
    protected virtual void Loaded()
    {
    }

    /// <summary>After the change is in force; null for what was not there or is gone.</summary>
    protected virtual Task ChangedAsync(T? old, T? now) => Task.CompletedTask;

    private Refusal? Find(Guid id, long? expected, out Stored<T> found)
    {
        if (!_all.TryGetValue(id, out found!))
        {
            return new Refusal(RefusalKind.Missing, "There is no such object.");
        }

        return expected is { } version && version != found.Version
            ? new Refusal(RefusalKind.Stale, $"'{found.Value.Name}' was changed meanwhile (version {found.Version}, not {version}): read it again and repeat the change.")
            : null;
    }

    private async Task<Outcome<TResource>> SaveAsync(Guid id, TResource wanted, Stored<T>? old, Actor actor, CancellationToken cancel)
    {
        var errors = new FieldErrors();
        Check(wanted, old?.Value, errors);
        if (!errors.IsEmpty)
        {
            return errors.ToRefusal();
        }

        var (shown, refused) = await StoreAsync(Build(id, wanted, old?.Value), old, SecretsIn(wanted), actor, cancel).ConfigureAwait(false);
        if (shown is null)
        {
            return refused!;
        }

        return ShowOnce(shown, wanted, _all[id].Value, old?.Value);
    }

    private async Task<Outcome<TResource>> StoreAsync(T value, Stored<T>? old, IEnumerable<string> secrets, Actor actor, CancellationToken cancel)
    {
        Stored<T> saved;
        try
        {
            saved = await core.Store.SaveAsync(value, old?.Version ?? 0, cancel).ConfigureAwait(false);
        }
        catch (ConfigurationConflictException e)
        {
            return e.IsNameTaken
                ? new Refusal(RefusalKind.Taken, e.Message, [new FieldError("name", "Another object has this name: choose another.")])
                : new Refusal(RefusalKind.Stale, e.Message);
        }

        _all = _all.SetItem(value.Id, saved);
        core.Configuration.Set(saved.Value);
        var shown = Show(saved);
        await core.LogAsync(actor, old is null ? "create" : "update", Kind, value.Id.ToString(),
            AdministrationCore.Difference(old is null ? null : Show(old), shown, secrets), cancel).ConfigureAwait(false);
        await ChangedAsync(old?.Value, saved.Value).ConfigureAwait(false);
        return shown;
    }

    private async Task<Outcome<TResource>> InTurnAsync(Func<Task<Outcome<TResource>>> change, CancellationToken cancel)
    {
        await core.Gate.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            return await change().ConfigureAwait(false);
        }
        finally
        {
            core.Gate.Release();
        }
    }
}
