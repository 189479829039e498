using Gateway.Server.Proxy;

namespace Gateway.Server;

/// <summary>What the gateway does with registrations and calls (section "Gateway:Server"). Every wait is here, so that tests shorten it.</summary>
public sealed partial record ServerOptions
{
    /// <summary>Names this node in bindings, calls and records.</summary>
    public string NodeId { get; init; } = "node-1";

    /// <summary>The digest realm and the domain of our AORs; fixed at first run because stored hashes bind it.</summary>
    public string Realm { get; init; } = "gateway";

    /// <summary>Host names and addresses that mean this gateway besides the realm: listeners, public address, aliases.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Ports that our SIP listeners have: a Contact at one of our hosts and one of these would call ourselves.</summary>
    public IReadOnlyList<int> SipPorts { get; init; } = [5060];

    /// <summary>How long phones ring before the caller gets 480.</summary>
    public TimeSpan RingLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a call waits for a browser whose socket dropped to come back.</summary>
    public TimeSpan FlowGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>End a call after this much silence of a leg's RTP, RTCP and consent.</summary>
    public TimeSpan MediaSilence { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>A nonce is good for this long.</summary>
    public TimeSpan NonceLifetime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// A UDP source whose binding lives is not challenged for each call. Off: it is, which costs a round trip per call and
    /// helps where others can send packets with a phone's source address. REGISTER over UDP always proves itself.
    /// </summary>
    public bool TrustUdpSources { get; init; } = true;

    /// <summary>
    /// What a source has to wait after its fifth wrong password for an account, or its twentieth for any; each further one
    /// doubles the wait, up to five minutes. A source that proved the password within a day is not held for others' guesses.
    /// </summary>
    public TimeSpan WrongPasswordWait { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Challenges and OPTIONS answers per second that one source address gets without having proved anything; more are 503.</summary>
    public int UnprovedPerSecond { get; init; } = 2000;

    /// <summary>How long a browser that was registered before a restart may take to come back before its binding goes.</summary>
    public TimeSpan RestoreGrace { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>
    /// A phone in a call that has said nothing by SIP for this long is asked by OPTIONS, whether its media flows or not; 408 and 481
    /// end the call. 0: only phones whose media may be silent (on hold) are asked, once a minute. Trunks have a setting of their own.
    /// </summary>
    public TimeSpan DialogProbe { get; init; }

    /// <summary>Content types of INFO that are handed to the other side of a call as they are; "*" for all. Digits are always understood.</summary>
    public IReadOnlyList<string> RelayedInfo { get; init; } = ["application/media_control+xml"];

    /// <summary>Methods that we give no meaning to and hand to the other side of a call; all others are answered 405.</summary>
    public IReadOnlyList<string> RelayedMethods { get; init; } = [];

    /// <summary>Event subscriptions on this node; more are answered 503.</summary>
    public int MaxSubscriptions { get; init; } = 20_000;

    /// <summary>Event subscriptions of one account or trunk; more are answered 503.</summary>
    public int MaxSubscriptionsPerAccount { get; init; } = 200;

    /// <summary>
    /// How calls between our own phones go: Auto proxies where both are plain SIP phones that need nothing of the gateway
    /// and bridges the rest; Bridge and Proxy ask for one of them. A rule of the dial plan may say otherwise.
    /// </summary>
    public CallMode CallMode { get; init; }

    /// <summary>
    /// Whether proxied calls keep the gateway in the path of their later requests: Auto leaves once both phones reach
    /// each other for certain, Always stays, Never leaves wherever that is possible at all.
    /// </summary>
    public RecordRouteMode RecordRoute { get; init; }

    /// <summary>The records of proxied calls are to have their end: Auto stays in the path of every call for it.</summary>
    public bool RecordCallEnds { get; init; }

    /// <summary>
    /// Networks whose addresses reach each other, such as 10.0.0.0/8: phones in one of them may talk directly. Private
    /// addresses outside of all share a network within their /24 (IPv6: /64) only.
    /// </summary>
    public IReadOnlyList<string> AddressRealms { get; init; } = [];

    /// <summary>How long contacts of one q ring before those of a lower q are asked instead; the ring limit holds for all of them.</summary>
    public TimeSpan SerialRing { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>When a proxied call without a session timer is given up whose end did not pass us.</summary>
    public TimeSpan LongestProxiedCall { get; init; } = TimeSpan.FromHours(12);

    /// <summary>Calls at once on this node; more are answered 503.</summary>
    public int MaxCalls { get; init; } = 5000;

    /// <summary>
    /// Full; Stateless, a front end that spreads calls over FrontHops by their Call-ID; Redirect, a registrar that answers calls
    /// with where the callee is and carries none.
    /// </summary>
    public ServerRole Role { get; init; } = ServerRole.Full;

    /// <summary>The servers behind a stateless front end, each a URI such as sip:10.0.0.11:5060;transport=tcp.</summary>
    public IReadOnlyList<string> FrontHops { get; init; } = [];

    /// <summary>Follow: a phone that answers 302 sends the call on, as far as its own account may call there. Off: it counts as not reachable.</summary>
    public RedirectPolicy FollowRedirects { get; init; } = RedirectPolicy.Follow;

    /// <summary>
    /// When new requests wait longer than this for their loop, a growing share of them is answered 503 until the wait is short
    /// again; calls under way are not touched, registrations of registered phones and emergency calls go last. Zero: only full
    /// queues turn away.
    /// </summary>
    public TimeSpan OverloadDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How often a front end asks its servers by OPTIONS whether they are there; two without an answer, and new calls go to the others.</summary>
    public TimeSpan FrontPing { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A front end stays in the way of its calls (Record-Route) and of registrations (Path). Off: both sides talk directly after the first request.</summary>
    public bool FrontStays { get; init; } = true;
}
