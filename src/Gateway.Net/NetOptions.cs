using System.Net;
using Gateway.Net.Sip;
using Gateway.Server.Trunks;

namespace Gateway.Net;

/// <summary>Addresses and ports of the gateway's sockets (section "Gateway:Net").</summary>
public sealed record NetOptions
{
    /// <summary>Local addresses to listen on; empty for all.</summary>
    public IReadOnlyList<IPAddress> Listen { get; init; } = [];

    /// <summary>
    /// Where SIP is listened to, one entry each: udp://192.0.2.1:5060, tcp://[2001:db8::1]:5060, tls://*:5061 (* is every
    /// address), with ?advertise=sip.example.org:5060 for what peers are told in Via and Contact instead, and ?certificates=off, ask
    /// or require on tls. Empty: SipPort (UDP and TCP) and SipsPort (TLS) on the addresses of Listen, which are media's in any case.
    /// </summary>
    public IReadOnlyList<string> Listeners { get; init; } = [];

    /// <summary>
    /// A host name or address, with or without a port, that Via and Contact name instead of the listener's own: the name of this
    /// node in a cluster, or of a load balancer before it. Not told to peers on this machine; SDP always has addresses.
    /// </summary>
    public string Advertise { get; init; } = "";

    /// <summary>UDP and TCP port for SIP, 0 for one the system picks.</summary>
    public int SipPort { get; init; } = 5060;

    /// <summary>TCP port for SIP over TLS, 0 for none.</summary>
    public int SipsPort { get; init; } = 5061;

    /// <summary>
    /// Folder of the certificate of SIP over TLS: fullchain.pem and privkey.pem, and folders named after server names with
    /// their own. Empty: the web host's. What is replaced there is used for new connections without a restart.
    /// </summary>
    public string CertificateFolder { get; init; } = "";

    /// <summary>
    /// Whether TLS clients are asked for a certificate: off, ask (one that proves nothing counts as none), or require. A trunk can
    /// be known by its certificate, and its connection used for calls to it (RFC 5922, RFC 5923).
    /// </summary>
    public CertificateDemand ClientCertificates { get; init; } = CertificateDemand.Ask;

    /// <summary>
    /// PEM file of the authorities whose client certificates are believed; empty: those of the system. Trunks may name their own
    /// instead. Read again when it changes.
    /// </summary>
    public string ClientAuthorities { get; init; } = "";

    /// <summary>
    /// Also over TCP a trunk's own connection is used for requests to it when its Via offers that (alias). Nothing proves there
    /// who is behind an address: only for networks where each address is one machine's.
    /// </summary>
    public bool AliasTcp { get; init; }

    /// <summary>Open SIP connections over TCP and TLS that peers may hold at most.</summary>
    public int MaxConnections { get; init; } = 10_000;

    /// <summary>The same of one address (IPv6: of one /64).</summary>
    public int MaxConnectionsPerAddress { get; init; } = 500;

    /// <summary>A TCP or TLS connection that nobody has authenticated on is closed after this.</summary>
    public TimeSpan UnauthenticatedLifetime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a message over TCP or TLS may take from its first byte to its last.</summary>
    public TimeSpan MessageTime { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a TCP connection that we open may take.</summary>
    public TimeSpan ConnectTime { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>How long a TLS handshake may take.</summary>
    public TimeSpan HandshakeTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How the NATs of phones on UDP, and of our registrations at trunks on UDP, are kept open: off, crlf, or stun where it is answered.</summary>
    public KeepAliveMode KeepAlive { get; init; } = KeepAliveMode.Crlf;

    /// <summary>How often; many NATs forget a flow after 30 s.</summary>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>How often a peer that we connected to is asked whether it still lives (RFC 5626).</summary>
    public TimeSpan PingInterval { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>A ping that is not answered for this long ends the connection, when the peer has answered one before.</summary>
    public TimeSpan PongTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The address peers outside should be told; null to tell the local ones.</summary>
    public IPAddress? PublicAddress { get; init; }

    /// <summary>DNS servers, each an address with or without a port (53); empty for those of /etc/resolv.conf.</summary>
    public IReadOnlyList<IPEndPoint> DnsServers { get; init; } = [];

    /// <summary>
    /// A next hop that failed (no answer, no connection, 503) is tried after the others for so long; a Retry-After of its 503
    /// says otherwise, 5 minutes at most. Zero: each call finds out for itself.
    /// </summary>
    public TimeSpan FailedHopTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>First UDP port shared by all browsers' media; media loop n takes this + n.</summary>
    public int MediaPort { get; init; } = 40000;

    /// <summary>Range of ports of plain RTP legs, even number first.</summary>
    public int RtpPortFirst { get; init; } = 40100;

    /// <summary>Last port of the range.</summary>
    public int RtpPortLast { get; init; } = 44999;

    /// <summary>SIP loops; calls are spread over them.</summary>
    public int SipLoops { get; init; } = 1;

    /// <summary>Memory of the process, in MiB, above which nothing new is taken; 0 for 90 % of what the system or the container has.</summary>
    public int MemoryLimit { get; init; }

    /// <summary>New requests that may wait for a loop; more are answered 503.</summary>
    public int LoopNewLimit { get; init; } = 4096;

    /// <summary>Answers and requests of calls under way that may wait for a loop; more are dropped and come again.</summary>
    public int LoopUrgentLimit { get; init; } = 16_384;

    /// <summary>
    /// How long running calls may go on when the gateway is told to stop; new ones are turned away meanwhile, and what is left then
    /// is hung up. Zero: at once. A second signal ends the wait.
    /// </summary>
    public TimeSpan DrainTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the calls may take to end when the gateway stops.</summary>
    public TimeSpan StopTime { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Media loops; 0 for one per core.</summary>
    public int MediaLoops { get; init; } = 1;

    /// <summary>Memory for the signalling trace (the ladder of a call), in MiB, used as it is needed; 0 keeps nothing.</summary>
    public int TraceMegabytes { get; init; } = 16;

    /// <summary>Keep the digits of INFO bodies readable in the trace. Off: card numbers and PINs are among them.</summary>
    public bool TraceDigits { get; init; }
}
