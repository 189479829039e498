using System.Text;
using Gateway.Server.Accounts;
using Gateway.Server.Registrar;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Events;

/// <summary>What happened to a contact, in the words of RFC 3680 §4.7.1.</summary>
internal enum ContactEvent : byte
{
    Registered,
    /// <summary>It came by other means than a REGISTER.</summary>
    Created,
    Refreshed,
    Shortened,
    Expired,
    /// <summary>Taken out by us; the device may register again.</summary>
    Deactivated,
    Probation,
    Unregistered,
    /// <summary>Taken out by an administrator; it will not be let in again.</summary>
    Rejected,
}

/// <param name="Ended">The binding is gone.</param>
internal readonly record struct ContactChange(Binding Binding, ContactEvent Event, bool Ended);

/// <summary>
/// The reg event package (RFC 3680): who is registered where. A user may watch its own registrations; those of others only who
/// may see everything in the console.
/// </summary>
internal sealed class RegPackage(LoopServices services) : IEventPackage
{
    public const string DocumentType = "application/reginfo+xml";

    public string Name => "reg";

    public IReadOnlyList<string> Types { get; } = [DocumentType];

    // §4.4: a little more than the usual hour of a registration, so that the two are not refreshed together.
    public TimeSpan DefaultExpires { get; } = TimeSpan.FromSeconds(3761);

    public TimeSpan MinExpires { get; } = TimeSpan.FromSeconds(60);

    public TimeSpan MaxExpires { get; } = TimeSpan.FromHours(24);

    // §4.10.
    public TimeSpan Interval { get; } = TimeSpan.FromSeconds(5);

    public EventVerdict Authorise(Caller watcher, in SipUriView target)
    {
        var isKnown = services.Hosts.Owns(target) & DialledNumber.TryFind(services.Accounts, target, out var watched);
        if (watcher is not Caller.FromAccount { Account: { } account }) return EventVerdict.Refuse(403);
        if (account.Role == AccountRole.Agent && (!isKnown || watched!.Id != account.Id)) return EventVerdict.Refuse(403);
        return isKnown ? EventVerdict.Grant(AorOf(watched!)) : EventVerdict.Refuse(404);
    }

    public IEventView Open(string resource, Caller watcher, string type) => new RegView(services, resource);

    private string AorOf(Account account) => $"{account.User}@{services.Options.Realm}";
}

/// <summary>The registrations of one AOR as one watcher has heard of them: its version, and what has changed since.</summary>
internal sealed class RegView(LoopServices services, string aor) : IEventView
{
    private readonly Dictionary<Guid, ContactChange> _changed = [];
    private uint _version;

    /// <summary>Of several changes of a contact the last one is told: one that came and went between two NOTIFYs has just gone.</summary>
    public void Note(ContactChange change) => _changed[change.Binding.Id] = change;

    public EventDocument Write(EventNotice notice, TimeSpan now)
    {
        var isFull = notice != EventNotice.Change;
        var bindings = services.Bindings.Get(aor);
        IEnumerable<ContactChange> contacts = _changed.Values;
        if (isFull)
        {
            // What has just gone is told with the rest, or nobody would learn why.
            contacts = [.. bindings.Select(Known), .. _changed.Values.Where(static change => change.Ended)];
        }
        var state = bindings.Count > 0 ? "active" : _changed.Count > 0 ? "terminated" : "init";
        var body = RegDocument.Write(_version++, isFull, aor, state, contacts, services.UtcNow());
        _changed.Clear();
        return new EventDocument(RegPackage.DocumentType, body);
    }

    private ContactChange Known(Binding binding) =>
        _changed.TryGetValue(binding.Id, out var change) && !change.Ended ? change with { Binding = binding } : new ContactChange(binding, ContactEvent.Registered, false);
}
