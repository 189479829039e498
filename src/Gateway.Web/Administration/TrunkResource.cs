using System.Collections.Immutable;
using Gateway.Server.Configuration;
using Gateway.Server.Routing;
using Gateway.Server.Trunks;
using Gateway.Sip;

namespace Gateway.Web.Administration;

/// <summary>A way out to a PBX or a carrier, and in from it.</summary>
public sealed record TrunkResource : IResource
{
    public Guid Id { get; init; }

    public long Version { get; init; }

    public DateTimeOffset? UpdatedAt { get; init; }

    public string Name { get; init; } = "";

    /// <summary>peer (known by its addresses), registering (we register there), extensions (browser accounts are extensions of the PBX).</summary>
    public TrunkKind Type { get; init; }

    public bool Enabled { get; init; } = true;

    /// <summary>Host name (looked up by NAPTR, SRV, A, AAAA) or address.</summary>
    public string Host { get; init; } = "";

    /// <summary>0: by SRV, else the transport's default.</summary>
    public int Port { get; init; }

    /// <summary>udp, tcp or tls; left out: by NAPTR and SRV, else UDP.</summary>
    public SipTransport? Transport { get; init; }

    /// <summary>host or host:port that all requests go to instead.</summary>
    public string OutboundProxy { get; init; } = "";

    /// <summary>The domain of From and To; empty: the host.</summary>
    public string Domain { get; init; } = "";

    /// <summary>The user we register and call as.</summary>
    public string User { get; init; } = "";

    /// <summary>The digest user name when it is not the user.</summary>
    public string AuthUser { get; init; } = "";

    /// <summary>Only written; left out or empty keeps the one that stands.</summary>
    public string? Password { get; init; }

    /// <summary>Only read: a password is stored.</summary>
    public bool PasswordSet { get; init; }

    /// <summary>The digest realm of its challenges; empty: the first that asks, until the trunk is changed.</summary>
    public string Realm { get; init; } = "";

    /// <summary>Seconds asked for in REGISTER, 60 to 7200.</summary>
    public int RegisterSeconds { get; init; } = 600;

    /// <summary>Addresses and prefixes that calls come from, beside those the host resolves to.</summary>
    public ImmutableArray<string> AllowedSources { get; init; } = [];

    /// <summary>Calls from it must answer a digest challenge with this user; empty: the address is enough.</summary>
    public string InboundUser { get; init; } = "";

    /// <summary>Only written; left out or empty keeps the one that stands.</summary>
    public string? InboundPassword { get; init; }

    /// <summary>Only read: an inbound password is stored.</summary>
    public bool InboundPasswordSet { get; init; }

    /// <summary>Codec names in the order offered; empty: the gateway's own.</summary>
    public ImmutableArray<string> Codecs { get; init; } = [];

    public DtmfForm Dtmf { get; init; }

    /// <summary>Reliable provisional responses: off, supported, required.</summary>
    public ReliableProvisional Reliable { get; init; } = ReliableProvisional.Supported;

    /// <summary>Where the trunk reads who calls.</summary>
    public IdentityForm Identity { get; init; } = IdentityForm.PAssertedIdentity;

    /// <summary>The identity headers that come from it are believed.</summary>
    public bool TrustsIdentity { get; init; }

    /// <summary>REGISTERs that come from it are believed: an edge proxy that has asked its phones for their passwords.</summary>
    public bool TrustsRegistrations { get; init; }

    /// <summary>The number shown for callers that have none of their own here.</summary>
    public string CallerNumber { get; init; } = "";

    /// <summary>Calls to it never say who calls.</summary>
    public bool Anonymous { get; init; }

    /// <summary>Numbers go out as +4930…; false: without the plus.</summary>
    public bool SendsPlus { get; init; } = true;

    /// <summary>Where the numbers that come in lead; the first that matches decides, unknown ones are refused.</summary>
    public ImmutableArray<DidEntry> Dids { get; init; } = [];

    /// <summary>Calls at once, both ways; 0 for no limit.</summary>
    public int MaxCalls { get; init; }

    /// <summary>New calls a second toward it; 0 for no limit.</summary>
    public int MaxCallsPerSecond { get; init; }

    /// <summary>Seconds between OPTIONS; 0 for none.</summary>
    public int QualifySeconds { get; init; } = 30;

    /// <summary>Seconds that a call may be without SIP from there before it is asked by OPTIONS in its dialog, 5 to 3600; 0: only on hold.</summary>
    public int ProbeSeconds { get; init; }

    /// <summary>Trunks of one group stand in for each other; empty: alone.</summary>
    public string Group { get; init; } = "";

    /// <summary>Lower is tried first.</summary>
    public int Priority { get; init; }

    /// <summary>Share among those of the same priority.</summary>
    public int Weight { get; init; } = 1;

    public TrunkTlsResource Tls { get; init; } = new();

    public ImmutableArray<ExtensionResource> Extensions { get; init; } = [];

    /// <summary>What calls that come in by it may reach beyond its numbers: nothing unless said.</summary>
    public CallRights Rights { get; init; } = CallRights.Nothing;

    public static TrunkResource Of(Stored<Trunk> stored)
    {
        var trunk = stored.Value;
        return new TrunkResource
        {
            Id = trunk.Id,
            Version = stored.Version,
            UpdatedAt = stored.UpdatedAt,
            Name = trunk.Name,
            Type = trunk.Type,
            Enabled = trunk.IsEnabled,
            Host = trunk.Host,
            Port = trunk.Port,
            Transport = trunk.Transport,
            OutboundProxy = trunk.OutboundProxy,
            Domain = trunk.Domain,
            User = trunk.User,
            AuthUser = trunk.AuthUser,
            PasswordSet = !trunk.Password.IsEmpty,
            Realm = trunk.Realm,
            RegisterSeconds = trunk.RegisterSeconds,
            AllowedSources = trunk.AllowedSources,
            InboundUser = trunk.InboundUser,
            InboundPasswordSet = !trunk.InboundPassword.IsEmpty,
            Codecs = trunk.Codecs,
            Dtmf = trunk.Dtmf,
            Reliable = trunk.Reliable,
            Identity = trunk.Identity,
            TrustsIdentity = trunk.TrustsIdentity,
            TrustsRegistrations = trunk.TrustsRegistrations,
            CallerNumber = trunk.CallerNumber,
            Anonymous = trunk.IsAnonymous,
            SendsPlus = trunk.SendsPlus,
            Dids = trunk.Dids,
            MaxCalls = trunk.MaxCalls,
            MaxCallsPerSecond = trunk.MaxCallsPerSecond,
            QualifySeconds = trunk.QualifySeconds,
            ProbeSeconds = trunk.ProbeSeconds,
            Group = trunk.Group,
            Priority = trunk.Priority,
            Weight = trunk.Weight,
            Tls = new TrunkTlsResource
            {
                VerifyCertificate = trunk.Tls.VerifyCertificate,
                Authorities = trunk.Tls.Authorities,
                ClientCertificates = trunk.Tls.ClientCertificates,
                Certificate = trunk.Tls.Certificate,
                KeySet = !trunk.Tls.Key.IsEmpty,
            },
            Extensions = [.. trunk.Extensions.Select(extension => new ExtensionResource
            {
                Account = extension.Account, User = extension.User, AuthUser = extension.AuthUser, PasswordSet = !extension.Password.IsEmpty,
            })],
            Rights = trunk.Rights,
        };
    }

    /// <param name="old">Keeps its secrets where this names none.</param>
    public Trunk ToTrunk(Guid id, Guid domain, Trunk? old) => new()
    {
        Id = id,
        DomainId = domain,
        Name = Name.Trim(),
        Type = Type,
        IsEnabled = Enabled,
        Host = Host.Trim(),
        Port = Port,
        Transport = Transport,
        OutboundProxy = OutboundProxy.Trim(),
        Domain = Domain.Trim(),
        User = User.Trim(),
        AuthUser = AuthUser.Trim(),
        Password = Keep(Password, old?.Password),
        Realm = Realm,
        RegisterSeconds = RegisterSeconds,
        AllowedSources = AllowedSources,
        InboundUser = InboundUser.Trim(),
        InboundPassword = Keep(InboundPassword, old?.InboundPassword),
        Codecs = Codecs,
        Dtmf = Dtmf,
        Reliable = Reliable,
        Identity = Identity,
        TrustsIdentity = TrustsIdentity,
        TrustsRegistrations = TrustsRegistrations,
        CallerNumber = CallerNumber,
        IsAnonymous = Anonymous,
        SendsPlus = SendsPlus,
        Dids = Dids,
        MaxCalls = MaxCalls,
        MaxCallsPerSecond = MaxCallsPerSecond,
        QualifySeconds = QualifySeconds,
        ProbeSeconds = ProbeSeconds,
        Group = Group.Trim(),
        Priority = Priority,
        Weight = Weight,
        Tls = new TrunkTls
        {
            VerifyCertificate = Tls.VerifyCertificate,
            Authorities = Tls.Authorities,
            ClientCertificates = Tls.ClientCertificates,
            Certificate = Tls.Certificate,
            Key = Keep(Tls.Key, Tls.Certificate.Length == 0 ? null : old?.Tls.Key),
        },
        Extensions = [.. Extensions.Select(extension => new TrunkExtension
        {
            Account = extension.Account,
            User = extension.User.Trim(),
            AuthUser = extension.AuthUser.Trim(),
            Password = Keep(extension.Password, old?.Extensions.FirstOrDefault(was => was.Account == extension.Account)?.Password),
        })],
        Rights = Rights,
    };

    internal static SecretText Keep(string? entered, SecretText? old) => string.IsNullOrEmpty(entered) ? old ?? SecretText.None : new SecretText(entered);
}

/// <summary>TLS toward a trunk.</summary>
public sealed record TrunkTlsResource
{
    /// <summary>False only for a peer whose certificate nobody can mend.</summary>
    public bool VerifyCertificate { get; init; } = true;

    /// <summary>PEM of the authorities that are trusted for it; empty: the system's.</summary>
    public string Authorities { get; init; } = "";

    /// <summary>
    /// What a certificate of its own is worth when it connects to us: off (nothing), ask (as much as its address) or require
    /// (without one it is not known). It must name the host or the domain.
    /// </summary>
    public CertificateDemand ClientCertificates { get; init; } = CertificateDemand.Ask;

    /// <summary>PEM of our certificate and its chain for mutual TLS; empty for none.</summary>
    public string Certificate { get; init; } = "";

    /// <summary>PEM of its key. Only written; left out or empty keeps the one that stands.</summary>
    public string? Key { get; init; }

    /// <summary>Only read: a key is stored.</summary>
    public bool KeySet { get; init; }
}

/// <summary>An account that is an extension of the PBX.</summary>
public sealed record ExtensionResource
{
    /// <summary>Id of the account.</summary>
    public Guid Account { get; init; }

    /// <summary>The user part at the PBX.</summary>
    public string User { get; init; } = "";

    /// <summary>The digest user name when it is not the user.</summary>
    public string AuthUser { get; init; } = "";

    /// <summary>Only written; left out or empty keeps the one that stands.</summary>
    public string? Password { get; init; }

    /// <summary>Only read: a password is stored.</summary>
    public bool PasswordSet { get; init; }
}
