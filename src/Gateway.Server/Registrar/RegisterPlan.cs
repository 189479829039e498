using Gateway.Sip;

namespace Gateway.Server.Registrar;

/// <summary>One step of what a REGISTER does to the table.</summary>
/// <param name="Old">The entry that it changes or removes; null for a new binding.</param>
/// <param name="Binding">The binding as it will be; null when it goes.</param>
/// <param name="Due">When it ends, by the monotonic clock.</param>
/// <param name="Event">What those hear who watch the AOR.</param>
internal readonly record struct BindingStep(BindingEntry? Old, Binding? Binding, TimeSpan Due, BindingEvent Event)
{
    public BindingNews News => new(Event, Binding ?? Old!.Binding);
}

/// <summary>
/// What a REGISTER means for the bindings of its AOR, all of it or nothing (RFC 3261 §10.3 steps 6 and 7). Pure: it reads
/// the entries and changes none.
/// </summary>
internal sealed class RegisterPlan
{
    private readonly List<BindingStep> _steps = [];

    public IReadOnlyList<BindingStep> Steps => _steps;

    /// <summary>Only expiry times move: nobody has to wait for the store (rule 8c).</summary>
    public bool IsRefresh { get; private set; } = true;

    public static RegisterPlan? Make(
        RegisterContacts contacts, IReadOnlyList<BindingEntry> entries, Binding template, ServerOptions options, TimeSpan now, DateTimeOffset utcNow, out RegisterFault fault)
    {
        var plan = new RegisterPlan();
        return contacts.IsStar
            ? plan.RemoveAll(entries, template, out fault)
            : plan.Apply(contacts, entries, template, options, now, utcNow, out fault);
    }

    private RegisterPlan? RemoveAll(IReadOnlyList<BindingEntry> entries, Binding template, out RegisterFault fault)
    {
        foreach (var entry in entries)
        {
            if (IsOutOfOrder(entry.Binding, template, out fault))
            {
                return null;
            }

            Add(new BindingStep(entry, null, default, BindingEvent.Unregistered));
        }

        fault = default;
        return this;
    }

    private RegisterPlan? Apply(
        RegisterContacts contacts, IReadOnlyList<BindingEntry> entries, Binding template, ServerOptions options, TimeSpan now, DateTimeOffset utcNow, out RegisterFault fault)
    {
        fault = default;
        foreach (var contact in contacts.List)
        {
            var old = Find(entries, contact);
            if (old is not null && IsOutOfOrder(old.Binding, template, out fault))
            {
                return null;
            }

            if (contact.Expires == TimeSpan.Zero)
            {
                if (old is not null)
                {
                    Add(new BindingStep(old, null, default, BindingEvent.Unregistered));
                }

                continue;
            }

            var binding = template with
            {
                Id = old?.Binding.Id ?? Guid.CreateVersion7(utcNow),
                Contact = contact.Uri,
                ContactParameters = contact.Parameters,
                Instance = contact.Instance,
                RegId = contact.RegId,
                Q = contact.Q,
                ExpiresAt = utcNow + contact.Expires,
            };
            Add(new BindingStep(old, binding, now + contact.Expires, old is null ? BindingEvent.Registered : BindingEvent.Refreshed));
        }

        if (options.ReplaceInstances)
        {
            Replace(entries);
        }

        return MakeRoom(entries, template, options, out fault) ? this : null;
    }

    /// <summary>§10.3 step 7: within one Call-ID the CSeq must rise; another Call-ID is another boot of the device.</summary>
    private static bool IsOutOfOrder(Binding stored, Binding template, out RegisterFault fault)
    {
        var late = stored.CallId == template.CallId && template.CSeq <= stored.CSeq;
        fault = late ? new RegisterFault(500, "Out Of Order") : default;
        return late;
    }

    private BindingEntry? Find(IReadOnlyList<BindingEntry> entries, RegisterContact contact)
    {
        foreach (var entry in entries)
        {
            var same = contact.RegId > 0 && entry.Binding.RegId > 0
                ? contact.RegId == entry.Binding.RegId && string.Equals(contact.Instance, entry.Binding.Instance, StringComparison.OrdinalIgnoreCase)
                : contact.RegId == 0 && entry.Binding.RegId == 0 && contact.Uri.Equals(entry.Binding.Contact);
            if (same && !_steps.Exists(step => step.Old == entry))
            {
                return entry;
            }
        }

        return null;
    }

    /// <summary>
    /// A device that names itself and comes under another contact and Call-ID has restarted: what it had is dead. Flows of RFC 5626
    /// have numbers of their own, and one boot may well register several contacts.
    /// </summary>
    private void Replace(IReadOnlyList<BindingEntry> entries)
    {
        foreach (var entry in entries)
        {
            var known = entry.Binding;
            if (known is { Instance: not null, RegId: 0 } && !IsTouched(entry) && _steps.Exists(step =>
                step is { Old: null, Binding: { RegId: 0, Instance: { } instance } added }
                && instance.Equals(known.Instance, StringComparison.OrdinalIgnoreCase)
                && added.CallId != known.CallId
                && added.Flow.Transport == known.Flow.Transport))
            {
                Add(new BindingStep(entry, null, default, BindingEvent.Unregistered));
            }
        }
    }

    /// <summary>
    /// Too many contacts: those refreshed longest ago make room (a phone that restarts under new contacts must not lock itself
    /// out), of the same kind first: a browser that is opened again and again does not push the desk phone out.
    /// </summary>
    private bool MakeRoom(IReadOnlyList<BindingEntry> entries, Binding template, ServerOptions options, out RegisterFault fault)
    {
        fault = default;
        var untouched = entries.Where(entry => !IsTouched(entry)).ToList();
        var surplus = untouched.Count + _steps.Count(static step => step.Binding is not null) - options.MaxBindings;
        if (surplus <= 0)
        {
            return true;
        }

        if (options.TooManyContacts == TooManyContacts.Refuse && _steps.Exists(static step => step.Old is null))
        {
            fault = new RegisterFault(403, "Too Many Contacts");
            return false;
        }

        foreach (var entry in untouched.OrderBy(entry => entry.Binding.Flow.IsWebSocket != template.Flow.IsWebSocket).ThenBy(static entry => entry.Order).Take(surplus))
        {
            Add(new BindingStep(entry, null, default, BindingEvent.Rejected));
        }

        return true;
    }

    private bool IsTouched(BindingEntry entry) => _steps.Exists(step => step.Old == entry);

    private void Add(BindingStep step)
    {
        _steps.Add(step);
        IsRefresh &= step is { Old: { } old, Binding: { } binding } && IsUnchanged(old.Binding, binding);
    }

    /// <summary>Stricter than the equality of URIs: what is echoed must be what the device wrote last.</summary>
    private static bool IsSameText(SipUri a, SipUri b) =>
        a.Scheme == b.Scheme && a.User == b.User && a.Host == b.Host && a.Port == b.Port && a.Parameters == b.Parameters && a.Headers == b.Headers;

    private static bool IsUnchanged(Binding old, Binding binding) =>
        old.CallId == binding.CallId
        && old.Flow == binding.Flow
        && old.Q.Equals(binding.Q)
        && old.ContactParameters == binding.ContactParameters
        && IsSameText(old.Contact, binding.Contact)
        && old.UserAgent == binding.UserAgent
        && old.Path.SequenceEqual(binding.Path);
}
