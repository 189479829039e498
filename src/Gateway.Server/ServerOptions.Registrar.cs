namespace Gateway.Server;

/// <summary>What happens when an AOR has as many contacts as it may.</summary>
public enum TooManyContacts : byte
{
    /// <summary>The contact that was refreshed longest ago makes room: of the same kind (browser or phone) if there is one.</summary>
    Evict,
    /// <summary>The new one is refused with 403.</summary>
    Refuse,
}

/// <summary>Which devices that ask for it get URIs of their own (GRUU, RFC 5627).</summary>
public enum GruuOffer : byte
{
    Nobody,
    /// <summary>Phones, not browsers.</summary>
    Phones,
    Everybody,
}

/// <summary>What the registrar does with registrations.</summary>
public sealed partial record ServerOptions
{
    /// <summary>
    /// Domains besides the first, whose name is the realm: each has accounts, extensions and aliases of its own; trunks and rules are
    /// shared. The digest realm stays that of the first.
    /// </summary>
    public IReadOnlyList<string> Domains { get; init; } = [];

    /// <summary>A shorter registration is answered 423; never more than an hour, as RFC 3261 has it.</summary>
    public TimeSpan MinExpires { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The life of a registration that asks for none.</summary>
    public TimeSpan DefaultExpires { get; init; } = TimeSpan.FromSeconds(600);

    /// <summary>A longer registration is cut to this.</summary>
    public TimeSpan MaxExpires { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The same for phones on UDP, whose addresses change behind a NAT; zero: as the others.</summary>
    public TimeSpan MaxExpiresUdp { get; init; }

    /// <summary>The same for browsers, whose registration ends with their connection anyway; zero: as the others.</summary>
    public TimeSpan MaxExpiresWebSocket { get; init; }

    /// <summary>
    /// Percent by which a registration may be granted shorter than asked, at random, so that phones that started together do not
    /// come back together for ever; 0 to 50. Never below <see cref="MinExpires"/>.
    /// </summary>
    public int ExpirySpread { get; init; } = 10;

    /// <summary>Contacts per AOR at most.</summary>
    public int MaxBindings { get; init; } = 10;

    /// <summary>What happens when an AOR has as many contacts as it may: evict (the one refreshed longest ago, of the same kind if there is one) or refuse.</summary>
    public TooManyContacts TooManyContacts { get; init; } = TooManyContacts.Evict;

    /// <summary>
    /// A device that names itself (+sip.instance) without flows of its own and registers anew after a restart takes the place
    /// of the contact that it had before.
    /// </summary>
    public bool ReplaceInstances { get; init; } = true;

    /// <summary>
    /// Addresses or networks of proxies in front of us, e.g. 192.0.2.10 or 192.0.2.0/28. The Path that they add is kept for any
    /// phone behind them. A Path from elsewhere needs a phone that says that it knows Path, else it is refused with 420.
    /// </summary>
    public IReadOnlyList<string> EdgeProxies { get; init; } = [];

    /// <summary>URIs that phones shall send their requests through, first to last, told in the 200 to REGISTER (RFC 3608), e.g. sip:gw.example.org;lr.</summary>
    public IReadOnlyList<string> ServiceRoute { get; init; } = [];

    /// <summary>
    /// How often a phone on TCP or TLS that keeps its flow (RFC 5626) is told to show that it is there; zero tells nothing.
    /// </summary>
    public TimeSpan FlowTimer { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Which devices get a URI of their own (GRUU) when they ask for it: nobody, phones or everybody.</summary>
    public GruuOffer Gruu { get; init; } = GruuOffer.Everybody;
}
