using Gateway.Server.Accounts;
using Gateway.Server.Registrar;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Events;

/// <summary>
/// The reg event package (RFC 3680): who is registered where. A user may watch its own registrations; those of others only who
/// may see everything in the console.
/// </summary>
internal sealed class RegPackage : IEventPackage
{
    private readonly LoopServices _services;

    public RegPackage(LoopServices services, SubscriptionManager manager)
    {
        _services = services;
        services.Bindings.Changed += news =>
            manager.Changed(this, news.Aor, news, static (view, news) => ((RegView)view).Note(news), services.Now());
    }

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
        var isKnown = _services.Hosts.Owns(target) & DialledNumber.TryFind(_services.Accounts, target, out var watched);
        if (watcher is not Caller.FromAccount { Account: { } account }) return EventVerdict.Refuse(403);
        if (account.Role == AccountRole.Agent && (!isKnown || watched!.Id != account.Id)) return EventVerdict.Refuse(403);
        return isKnown ? EventVerdict.Grant(AorOf(watched!)) : EventVerdict.Refuse(404);
    }

    public IEventView Open(string resource, Caller watcher, string type) => new RegView(_services, resource);

    private string AorOf(Account account) => account.AorIn(_services.Options.Realm);
}

/// <summary>The registrations of one AOR as one watcher has heard of them: its version, and what has changed since.</summary>
internal sealed class RegView(LoopServices services, string aor) : IEventView
{
    private readonly Dictionary<Guid, BindingNews> _changed = [];
    private uint _version;

    /// <summary>Of several changes of a contact the last one is told: one that came and went between two NOTIFYs has just gone.</summary>
    public void Note(RegistrationNews news)
    {
        foreach (var change in news.News) _changed[change.Binding.Id] = change;
    }

    public EventDocument Write(EventNotice notice, TimeSpan now)
    {
        var isFull = notice != EventNotice.Change;
        var bindings = services.Bindings.Get(aor);
        IEnumerable<BindingNews> contacts = _changed.Values;
        if (isFull)
        {
            // What has just gone is told with the rest, or nobody would learn why.
            contacts = [.. bindings.Select(Known), .. _changed.Values.Where(static change => !change.IsActive)];
        }
        var state = bindings.Count > 0 ? "active" : _changed.Count > 0 ? "terminated" : "init";
        var body = RegDocument.Write(_version++, isFull, aor, state, contacts, services.UtcNow());
        _changed.Clear();
        return new EventDocument(RegPackage.DocumentType, body);
    }

    private BindingNews Known(Binding binding) =>
        new(_changed.TryGetValue(binding.Id, out var change) && change.IsActive ? change.Event : BindingEvent.Registered, binding);
}
