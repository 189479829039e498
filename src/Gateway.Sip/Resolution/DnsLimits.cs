namespace Gateway.Sip;

/// <summary>
/// Every size, count and wait of name resolution, in one place. What is over a limit is refused or cut, never followed:
/// answers come from a network that may be hostile.
/// </summary>
public static class DnsLimits
{
    /// <summary>Characters of a name in text, without the last dot (RFC 1035 §2.3.4: 255 octets on the wire).</summary>
    public const int Name = 253;

    /// <summary>Characters of one label (RFC 1035 §2.3.4).</summary>
    public const int Label = 63;

    /// <summary>Compression pointers followed in one name; each must point before the one it came from.</summary>
    public const int Jumps = 32;

    /// <summary>Records of the answer and authority sections of one response.</summary>
    public const int Records = 256;

    /// <summary>Bytes of a response over UDP, as EDNS0 tells the server: no fragments on any path (DNS flag day 2020).</summary>
    public const int UdpPayload = 1232;

    /// <summary>Bytes of a query: a header, one question, one OPT record.</summary>
    public const int Query = 12 + 255 + 4 + 11;

    /// <summary>Names in a chain of CNAME records.</summary>
    public const int Aliases = 8;

    /// <summary>NAPTR records of a domain that are looked at, by order and preference.</summary>
    public const int Naptr = 16;

    /// <summary>SRV targets of one service that are looked up, by priority.</summary>
    public const int Targets = 16;

    /// <summary>Addresses of one host that are taken.</summary>
    public const int Addresses = 8;

    /// <summary>Next hops of one answer.</summary>
    public const int Hops = 32;

    /// <summary>DNS questions for one search.</summary>
    public const int Questions = 96;

    /// <summary>Next hops that failed lately and are remembered; more are not.</summary>
    public const int FailedHops = 4096;

    /// <summary>A Retry-After of a 503 holds a hop back this long at most (RFC 3261 §21.5.4).</summary>
    public static readonly TimeSpan FailedHopLongest = TimeSpan.FromMinutes(5);

    /// <summary>Names that one ENUM question goes through when rules lead on (RFC 6116 §5.2.1).</summary>
    public const int EnumSteps = 5;

    /// <summary>NAPTR without an answer after this is taken as none: some servers and firewalls swallow what they do not know.</summary>
    public static readonly TimeSpan NaptrPatience = TimeSpan.FromSeconds(1);

    /// <summary>SRV without an answer after this is taken as none, so that time is left for addresses.</summary>
    public static readonly TimeSpan SrvPatience = TimeSpan.FromMilliseconds(1500);

    /// <summary>A search ends after this, with what it knows.</summary>
    public static readonly TimeSpan SearchPatience = TimeSpan.FromMilliseconds(1900);

    /// <summary>A question goes on for this long, so that the next search finds a slow server's answer.</summary>
    public static readonly TimeSpan QuestionLife = TimeSpan.FromSeconds(5);

    /// <summary>A record is kept at least this long: a TTL of 0 must not cost a question for each message.</summary>
    public static readonly TimeSpan MinLifetime = TimeSpan.FromSeconds(5);

    /// <summary>A record is kept at most this long, so that a trunk that moves is followed within the hour.</summary>
    public static readonly TimeSpan MaxLifetime = TimeSpan.FromHours(1);

    /// <summary>That a name or record does not exist is kept at most this long (RFC 2308 §5), and this long when no SOA says.</summary>
    public static readonly TimeSpan MaxNegativeLifetime = TimeSpan.FromMinutes(5);

    /// <inheritdoc cref="MaxNegativeLifetime"/>
    public static readonly TimeSpan NegativeLifetime = TimeSpan.FromSeconds(30);

    /// <summary>That the servers did not answer is kept this long (RFC 2308 §7).</summary>
    public static readonly TimeSpan FailureLifetime = TimeSpan.FromSeconds(2);

    /// <summary>An answer that has expired is good this much longer when no server answers (RFC 8767 §5).</summary>
    public static readonly TimeSpan StaleLifetime = TimeSpan.FromHours(1);

    /// <summary>A new answer is waited for this long when an expired one is there (RFC 8767 §5, client response timer).</summary>
    public static readonly TimeSpan StalePatience = TimeSpan.FromMilliseconds(400);

    /// <summary>After a failure expired answers are given at once for this long (RFC 8767 §5, failure recheck timer).</summary>
    public static readonly TimeSpan StaleRecheck = TimeSpan.FromSeconds(30);
}
