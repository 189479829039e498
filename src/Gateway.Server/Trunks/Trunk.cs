using System.Collections.Immutable;
using Gateway.Server.Configuration;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Trunks;

public enum TrunkKind : byte
{
    /// <summary>Known by its addresses; no registration either way.</summary>
    Peer,
    /// <summary>We register there with one user for all calls.</summary>
    Registering,
    /// <summary>Browser accounts are extensions of the PBX: each is registered there with credentials of its own while it is here.</summary>
    Extensions,
}

/// <summary>How digits travel toward the trunk.</summary>
public enum DtmfForm : byte
{
    /// <summary>RFC 4733 when the answer has it, else INFO.</summary>
    Auto,
    Rfc4733,
    Info,
}

/// <summary>Where the trunk reads who calls.</summary>
public enum IdentityForm : byte
{
    From,
    /// <summary>From and P-Asserted-Identity (RFC 3325).</summary>
    PAssertedIdentity,
    RemotePartyId,
}

/// <summary>Reliable provisional responses (RFC 3262) on this side of a call.</summary>
public enum ReliableProvisional : byte
{
    Off,
    /// <summary>Supported: 100rel; used when the peer asks for it.</summary>
    Supported,
    /// <summary>Require: 100rel.</summary>
    Required,
}

/// <summary>A way out to a PBX or a carrier, and in from it. Changes without a restart.</summary>
public sealed record Trunk : IConfigured
{
    public static string Kind => "trunks";

    public required Guid Id { get; init; }

    public required Guid DomainId { get; init; }

    public required string Name { get; init; }

    public TrunkKind Type { get; init; }

    public bool IsEnabled { get; init; } = true;

    /// <summary>Host name (NAPTR, SRV, A, AAAA by RFC 3263), or an address.</summary>
    public required string Host { get; init; }

    /// <summary>0: by SRV, else the transport's default.</summary>
    public int Port { get; init; }

    /// <summary>Null: by NAPTR and SRV, else UDP. Never a WebSocket.</summary>
    public SipTransport? Transport { get; init; }

    /// <summary>host or host:port that all requests go to instead; the Request-URI keeps <see cref="Host"/>.</summary>
    public string OutboundProxy { get; init; } = "";

    /// <summary>The domain of From and To; empty: <see cref="Host"/>.</summary>
    public string Domain { get; init; } = "";

    /// <summary>The user part we register and call as.</summary>
    public string User { get; init; } = "";

    /// <summary>The digest user name when it is not <see cref="User"/>.</summary>
    public string AuthUser { get; init; } = "";

    public SecretText Password { get; init; }

    /// <summary>
    /// The digest realm that its challenges must name; empty: the first that asks, kept until the trunk is changed. Another
    /// realm is never answered (THREATS 23).
    /// </summary>
    public string Realm { get; init; } = "";

    /// <summary>Seconds asked for in REGISTER; 60 to 7200.</summary>
    public int RegisterSeconds { get; init; } = 600;

    /// <summary>Addresses and prefixes (192.0.2.0/24) that calls come from beside those the host resolves to.</summary>
    public ImmutableArray<string> AllowedSources { get; init; } = [];

    /// <summary>Calls from it must answer a digest challenge with this user and password as well; empty: the address is enough.</summary>
    public string InboundUser { get; init; } = "";

    public SecretText InboundPassword { get; init; }

    /// <summary>Codec names in the order offered; empty: the gateway's own.</summary>
    public ImmutableArray<string> Codecs { get; init; } = [];

    public DtmfForm Dtmf { get; init; }

    public ReliableProvisional Reliable { get; init; } = ReliableProvisional.Supported;

    public IdentityForm Identity { get; init; } = IdentityForm.PAssertedIdentity;

    /// <summary>P-Asserted-Identity and Remote-Party-ID that come from it are believed (RFC 3325 trust domain).</summary>
    public bool TrustsIdentity { get; init; }

    /// <summary>
    /// REGISTERs that come from it are believed: it is an edge proxy of ours that has asked its phones for their passwords.
    /// </summary>
    public bool TrustsRegistrations { get; init; }

    /// <summary>The number shown for callers that have none of their own on this trunk.</summary>
    public string CallerNumber { get; init; } = "";

    /// <summary>Calls to it never say who calls.</summary>
    public bool IsAnonymous { get; init; }

    /// <summary>Numbers go out as +4930…; false: without the plus.</summary>
    public bool SendsPlus { get; init; } = true;

    /// <summary>Where the numbers that come in lead; the first that matches decides, unknown ones are refused with 404.</summary>
    public ImmutableArray<DidEntry> Dids { get; init; } = [];

    /// <summary>Calls at once, both ways; 0 for no limit.</summary>
    public int MaxCalls { get; init; }

    /// <summary>New calls per second toward it; 0 for no limit.</summary>
    public int MaxCallsPerSecond { get; init; }

    /// <summary>Seconds between OPTIONS; 0 for none.</summary>
    public int QualifySeconds { get; init; } = 30;

    /// <summary>Seconds that a call's side there may say nothing by SIP before it is asked by OPTIONS in the dialog; 0: only while its media may be silent.</summary>
    public int ProbeSeconds { get; init; }

    /// <summary>Trunks of one group stand in for each other; empty: the group of its own name.</summary>
    public string Group { get; init; } = "";

    /// <summary>Lower is tried first.</summary>
    public int Priority { get; init; }

    /// <summary>Share among those of the same priority.</summary>
    public int Weight { get; init; } = 1;

    public TrunkTls Tls { get; init; } = new();

    public ImmutableArray<TrunkExtension> Extensions { get; init; } = [];

    /// <summary>What calls that come in by it may reach beyond its DIDs: nothing unless said.</summary>
    public CallRights Rights { get; init; } = CallRights.Nothing;

    /// <summary>The group it fails over in.</summary>
    public string GroupName => Group.Length > 0 ? Group : Name;
}

/// <param name="Number">E.164 form or as the trunk writes it; a trailing * matches what begins so.</param>
public sealed record DidEntry(string Number, Destination To);

/// <summary>Whether a TLS client shows a certificate.</summary>
public enum CertificateDemand : byte
{
    /// <summary>It is not asked for one.</summary>
    Off,

    /// <summary>It is asked, and may have none.</summary>
    Ask,

    /// <summary>It must have one.</summary>
    Require,
}

/// <summary>TLS toward a trunk (RFC 5922 names are checked).</summary>
public sealed record TrunkTls
{
    /// <summary>False only for a peer whose certificate nobody can fix.</summary>
    public bool VerifyCertificate { get; init; } = true;

    /// <summary>PEM of the authorities that are trusted for it; empty: the system's.</summary>
    public string Authorities { get; init; } = "";

    /// <summary>
    /// What a certificate of its own is worth when it connects to us: nothing (off), as much as its address (ask), or more, so that
    /// without one it is not known (require). It must name the host or the domain and come from the authorities.
    /// </summary>
    public CertificateDemand ClientCertificates { get; init; } = CertificateDemand.Ask;

    /// <summary>PEM of our certificate and its chain for mutual TLS; empty for none.</summary>
    public string Certificate { get; init; } = "";

    /// <summary>PEM of its key.</summary>
    public SecretText Key { get; init; }
}

/// <summary>An account that is an extension of the PBX.</summary>
public sealed record TrunkExtension
{
    public required Guid Account { get; init; }

    /// <summary>The user part at the PBX.</summary>
    public required string User { get; init; }

    /// <summary>The digest user name when it is not <see cref="User"/>.</summary>
    public string AuthUser { get; init; } = "";

    public SecretText Password { get; init; }
}
