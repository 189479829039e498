namespace Gateway.Net.Location;

/// <summary>Who outside is asked where a number or user is (section "Gateway:Location"); docs/location.md has the whole story.</summary>
public sealed record LocationOptions
{
    /// <summary>Who is asked, in this order: enum, ldap. Empty: nobody.</summary>
    public IReadOnlyList<string> Sources { get; init; } = [];

    /// <summary>Ask for whatever neither accounts nor rules know. Off: only where a rule of the dial plan says so.</summary>
    public bool AskUnknown { get; init; } = true;

    /// <summary>
    /// Domains elsewhere that answers may lead to without a trunk: example.com, *.example.com for what stands below it, * for
    /// all. Empty: answers lead to us and to our trunks only.
    /// </summary>
    public IReadOnlyList<string> OpenDomains { get; init; } = [];

    /// <summary>How long a call waits for one source.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Questions under way at once for each source; more are answered at once that it has too much to do.</summary>
    public int MaxQuestions { get; init; } = 32;

    /// <summary>How long an answer is remembered; ENUM's as long as DNS says, if that is shorter. Zero: not at all.</summary>
    public TimeSpan CacheTime { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long it is remembered that a source does not know a number or user.</summary>
    public TimeSpan NegativeCacheTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How much longer an answer that has expired is used while its source does not answer.</summary>
    public TimeSpan StaleTime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The trees that ENUM looks in, one after another: e164.arpa, or those of private numbering plans.</summary>
    public IReadOnlyList<string> EnumDomains { get; init; } = ["e164.arpa"];

    /// <summary>The directory: ldaps://directory.example.org, or ldap:// on this machine. The default ports are 636 and 389.</summary>
    public string LdapServer { get; init; } = "";

    /// <summary>Begin TLS on an ldap:// connection before anything else is said (StartTLS).</summary>
    public bool LdapStartTls { get; init; }

    /// <summary>Who signs in there, e.g. cn=gateway,ou=services,dc=example,dc=org; empty: nobody does (anonymous).</summary>
    public string LdapUser { get; init; } = "";

    /// <summary>A file whose content is the password of LdapUser.</summary>
    public string LdapPasswordFile { get; init; } = "";

    /// <summary>A folder with the certificates (PEM) of the authorities that the directory's certificate may come from; empty: the system's.</summary>
    public string LdapCertificates { get; init; } = "";

    /// <summary>Where the search begins, e.g. ou=people,dc=example,dc=org.</summary>
    public string LdapBase { get; init; } = "";

    /// <summary>What is searched for: {number} is the number in E.164 form or as dialled, {user} as dialled, {domain} our domain.</summary>
    public string LdapFilter { get; init; } = "(|(telephoneNumber={number})(uid={user})(mail={user}@{domain}))";

    /// <summary>Attributes that hold a SIP address (sip:ada@example.org, or ada@example.org); looked at first.</summary>
    public IReadOnlyList<string> LdapAddressAttributes { get; init; } = ["sipUri"];

    /// <summary>Attributes that hold a number or user to be dialled instead; looked at after the addresses.</summary>
    public IReadOnlyList<string> LdapNumberAttributes { get; init; } = ["telephoneNumber", "mobile"];
}
