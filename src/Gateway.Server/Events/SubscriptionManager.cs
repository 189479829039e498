using System.Text;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Events;

/// <summary>
/// All subscriptions of one loop that we notify, and the packages that can be subscribed to. The dispatcher hands it SUBSCRIBE;
/// a package tells it what has changed. An error of ours ends the one subscription that it happened in (rule 4).
/// </summary>
public sealed partial class SubscriptionManager
{
    private const int LongestTag = 128;

    private readonly List<IEventPackage> _packages = [];
    private readonly Dictionary<string, EventDialog> _dialogs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, EventDialog>.AlternateLookup<ReadOnlySpan<char>> _dialogLookup;
    private readonly Dictionary<Flow, HashSet<EventDialog>> _byFlow = [];
    private readonly Dictionary<(string Package, string Resource), HashSet<EventSubscription>> _byResource = [];

    public SubscriptionManager(LoopServices services)
    {
        ArgumentNullException.ThrowIfNull(services);
        Services = services;
        Refer = new ReferPackage(services.Options);
        Serve(Refer);
        _dialogLookup = _dialogs.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Dialogs of subscriptions; those inside calls are not counted.</summary>
    public int Dialogs => _dialogs.Count;

    /// <summary>Subscriptions that watch something.</summary>
    public int Count => _byResource.Values.Sum(static set => set.Count);

    /// <summary>Errors of ours that ended a subscription.</summary>
    public long Faults { get; private set; }

    /// <summary>Hears of every error of ours, for the log.</summary>
    public Action<Exception>? Faulted { get; set; }

    internal LoopServices Services { get; }

    internal ReferPackage Refer { get; }

    /// <summary>The value of Allow-Events (RFC 6665 §8.2.2).</summary>
    public string AllowEvents { get; private set; } = "";

    internal void Serve(IEventPackage package)
    {
        _packages.Add(package);
        AllowEvents = string.Join(", ", _packages.Select(static one => one.Name));
    }

    internal IEventPackage? Find(in EventView asked)
    {
        foreach (var package in _packages)
        {
            if (asked.Is(Encoding.ASCII.GetBytes(package.Name))) return package;
        }
        return null;
    }

    /// <summary>Something that may be watched has changed: every subscription notes it and tells when it may.</summary>
    internal void Changed<T>(IEventPackage package, string resource, T change, Action<IEventView, T> note, TimeSpan now)
    {
        if (!_byResource.TryGetValue((package.Name, resource), out var watching)) return;
        foreach (var one in watching.ToArray())
        {
            Run(one, (one, change, note), now, static (state, now) =>
            {
                state.note(state.one.View, state.change);
                state.one.Take(NotifierInput.Changed, now);
            });
        }
    }

    internal bool IsWatched(IEventPackage package, string resource) => _byResource.ContainsKey((package.Name, resource));

    internal EventSubscription[] Watching(IEventPackage package, string resource) =>
        _byResource.TryGetValue((package.Name, resource), out var watching) ? [.. watching] : [];

    /// <summary>What is watched is gone: its account was removed, say.</summary>
    internal void Withdraw(IEventPackage package, string resource, string reason, TimeSpan now)
    {
        foreach (var one in Watching(package, resource))
        {
            Run(one, (one, reason), now, static (state, now) => state.one.Withdraw(state.reason, now));
        }
    }

    /// <summary>An account was removed or disabled, or has another password: its subscriptions end, and those to what was its own if it is gone.</summary>
    /// <param name="aor">user@domain.</param>
    public void EndOf(string aor, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(aor);
        foreach (var dialog in _dialogs.Values.Where(dialog => dialog.Aor.Equals(aor, StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            Run(dialog, now, static (dialog, now) =>
            {
                // Who may come back does; anybody else is refused then.
                foreach (var one in dialog.Subscriptions.ToArray()) one.Withdraw(EndedBecause.Deactivated, now);
            });
        }
        if (Services.Accounts.TryGetAor(aor, out _)) return;
        foreach (var package in _packages) Withdraw(package, aor, EndedBecause.NoResource, now);
    }

    /// <summary>The gateway stops: whoever watches subscribes again, here or elsewhere.</summary>
    public void EndAll(TimeSpan now)
    {
        foreach (var one in _byResource.Values.SelectMany(static set => set).ToArray())
        {
            Run(one, one, now, static (one, now) => one.Withdraw(EndedBecause.Deactivated, now));
        }
    }

    /// <summary>A device re-registered from elsewhere: its dialogs move to the new flow.</summary>
    public void OnFlowMoved(in Flow old, in Flow current, TimeSpan now)
    {
        var target = current;
        foreach (var dialog in On(old)) Run(dialog, target, now, static (dialog, target, now) => dialog.MoveTo(target, now));
    }

    public void OnFlowClosed(in Flow flow, TimeSpan now)
    {
        foreach (var dialog in On(flow)) Run(dialog, now, static (dialog, now) => dialog.OnFlowClosed(now));
    }

    internal void Add(EventDialog dialog)
    {
        _dialogs[dialog.LocalTag] = dialog;
        Link(dialog, dialog.Flow);
    }

    internal void Remove(EventDialog dialog)
    {
        _dialogs.Remove(dialog.LocalTag);
        Unlink(dialog);
    }

    /// <summary>Before the dialog's flow changes.</summary>
    internal void Move(EventDialog dialog, in Flow flow)
    {
        Unlink(dialog);
        Link(dialog, flow);
    }

    internal void Remember(EventSubscription one)
    {
        var key = (one.Package.Name, one.Resource);
        if (!_byResource.TryGetValue(key, out var set)) _byResource.Add(key, set = []);
        set.Add(one);
        Services.Metrics.Subscriptions(one.Package.Name, 1);
    }

    internal void Forget(EventSubscription one)
    {
        var key = (one.Package.Name, one.Resource);
        if (!_byResource.TryGetValue(key, out var set) || !set.Remove(one)) return;
        if (set.Count == 0) _byResource.Remove(key);
        if (one.Watcher is { } watcher) Services.Subscriptions.Remove(watcher);
        Services.Metrics.Subscriptions(one.Package.Name, -1);
    }

    /// <summary>Runs a step of a subscription; an error of ours ends that one and no other.</summary>
    internal void Run<T>(EventSubscription one, T state, TimeSpan now, Action<T, TimeSpan> step)
    {
        try
        {
            step(state, now);
        }
        catch (Exception error)
        {
            Fault(error);
            one.Take(NotifierInput.NotifyFailed, now);
        }
    }

    internal void Run(EventDialog dialog, TimeSpan now, Action<EventDialog, TimeSpan> step) =>
        Run(dialog, step, now, static (dialog, step, now) => step(dialog, now));

    internal void Run<T>(EventDialog dialog, T state, TimeSpan now, Action<EventDialog, T, TimeSpan> step)
    {
        try
        {
            step(dialog, state, now);
        }
        catch (Exception error)
        {
            Fault(error);
            dialog.Subscriptions.Drop(now);
        }
    }

    private void Fault(Exception error)
    {
        Faults++;
        Faulted?.Invoke(error);
    }

    private EventDialog? FindDialog(ReadOnlySpan<byte> localTag)
    {
        if (localTag.Length is 0 or > LongestTag) return null;
        Span<char> tag = stackalloc char[localTag.Length];
        Encoding.Latin1.GetChars(localTag, tag);
        return _dialogLookup.TryGetValue(tag, out var dialog) ? dialog : null;
    }

    private EventDialog[] On(in Flow flow) => _byFlow.TryGetValue(flow, out var set) ? [.. set] : [];

    private void Link(EventDialog dialog, in Flow flow)
    {
        if (!_byFlow.TryGetValue(flow, out var set)) _byFlow.Add(flow, set = []);
        set.Add(dialog);
    }

    private void Unlink(EventDialog dialog)
    {
        if (_byFlow.TryGetValue(dialog.Flow, out var set) && set.Remove(dialog) && set.Count == 0) _byFlow.Remove(dialog.Flow);
    }
}
