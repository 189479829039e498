using System.Net;

namespace Gateway.Net;

/// <summary>Addresses and ports of the gateway's sockets (section "Gateway:Net").</summary>
public sealed record NetOptions
{
    /// <summary>Local addresses to listen on; empty for all.</summary>
    public IReadOnlyList<IPAddress> Listen { get; init; } = [];

    /// <summary>UDP port for SIP, 0 for one the system picks.</summary>
    public int SipPort { get; init; } = 5060;

    /// <summary>The address peers outside should be told; null to tell the local ones.</summary>
    public IPAddress? PublicAddress { get; init; }

    /// <summary>DNS servers, each an address with or without a port (53); empty for those of /etc/resolv.conf.</summary>
    public IReadOnlyList<IPEndPoint> DnsServers { get; init; } = [];

    /// <summary>First UDP port shared by all browsers' media; media loop n takes this + n.</summary>
    public int MediaPort { get; init; } = 40000;

    /// <summary>Range of ports of plain RTP legs, even number first.</summary>
    public int RtpPortFirst { get; init; } = 40100;

    /// <summary>Last port of the range.</summary>
    public int RtpPortLast { get; init; } = 44999;

    /// <summary>SIP loops; calls are spread over them.</summary>
    public int SipLoops { get; init; } = 1;

    /// <summary>New requests that may wait for a loop; more are answered 503.</summary>
    public int LoopNewLimit { get; init; } = 4096;

    /// <summary>Answers and requests of calls under way that may wait for a loop; more are dropped and come again.</summary>
    public int LoopUrgentLimit { get; init; } = 16_384;

    /// <summary>How long the calls may take to end when the gateway stops.</summary>
    public TimeSpan StopTime { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Media loops; 0 for one per core.</summary>
    public int MediaLoops { get; init; } = 1;
}
