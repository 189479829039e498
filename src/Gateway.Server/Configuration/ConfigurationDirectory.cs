using System.Collections.Immutable;
using Gateway.Server.Routing;
using Gateway.Server.Trunks;
using Gateway.Server.Widgets;

namespace Gateway.Server.Configuration;

/// <summary>The configuration in memory, read by every loop without a lock: a snapshot swapped on change.</summary>
public sealed class ConfigurationDirectory
{
    private readonly Lock _gate = new();
    private volatile ConfigurationSnapshot _current = ConfigurationSnapshot.Empty;

    /// <summary>After a change, on the thread that made it. Listeners hand on and return.</summary>
    public event Action<ConfigurationSnapshot>? Changed;

    public ConfigurationSnapshot Current => _current;

    /// <summary>One change after another; the function must be pure.</summary>
    public void Update(Func<ConfigurationSnapshot, ConfigurationSnapshot> change)
    {
        ConfigurationSnapshot next;
        lock (_gate)
        {
            next = change(_current);
            next = next with { Rules = [.. next.Rules.OrderBy(rule => rule.Order).ThenBy(rule => rule.Id)] };
            _current = next;
        }

        Changed?.Invoke(next);
    }

    /// <summary>Puts the object in the place of the one with its id, or adds it.</summary>
    public void Set(IConfigured value) => Update(snapshot => value switch
    {
        Trunk trunk => snapshot with { Trunks = Put(snapshot.Trunks, trunk) },
        DialRule rule => snapshot with { Rules = Put(snapshot.Rules, rule) },
        RingGroup group => snapshot with { Groups = Put(snapshot.Groups, group) },
        Widget widget => snapshot with { Widgets = Put(snapshot.Widgets, widget) },
        NumberPlan numbers => snapshot with { Numbers = numbers },
        _ => snapshot,
    });

    public void Remove(Guid id) => Update(snapshot => snapshot with
    {
        Trunks = snapshot.Trunks.RemoveAll(trunk => trunk.Id == id),
        Rules = snapshot.Rules.RemoveAll(rule => rule.Id == id),
        Groups = snapshot.Groups.RemoveAll(group => group.Id == id),
        Widgets = snapshot.Widgets.RemoveAll(widget => widget.Id == id),
    });

    private static ImmutableArray<T> Put<T>(ImmutableArray<T> all, T value) where T : class, IConfigured
    {
        var at = all.FindIndex(one => one.Id == value.Id);
        return at < 0 ? all.Add(value) : all.SetItem(at, value);
    }
}

file static class ImmutableArrayExtensions
{
    public static int FindIndex<T>(this ImmutableArray<T> all, Predicate<T> match)
    {
        for (var i = 0; i < all.Length; i++)
        {
            if (match(all[i])) return i;
        }

        return -1;
    }
}
