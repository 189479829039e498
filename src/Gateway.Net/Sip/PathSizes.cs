using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Gateway.Sip;

namespace Gateway.Net.Sip;

/// <summary>
/// How large a request may be to leave as a datagram (RFC 3261 §18.1.1): 1300 bytes, or 200 less than the path takes where that is
/// known to be less, by the network card or by an ICMP error. Thread-safe.
/// </summary>
internal sealed class PathSizes(LoopClock clock)
{
    /// <summary>What must be left over for answers with more in them than the request (§18.1.1).</summary>
    private const int Reserve = 200;

    /// <summary>Every path takes this (RFC 791), whatever an error says.</summary>
    private const int SmallestPath = 576;

    private const int MostRemembered = 4096;

    /// <summary>As the kernel keeps it: a path may become wider again.</summary>
    private static readonly TimeSpan s_kept = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, (int Mtu, TimeSpan Until)> _learned = [];

    /// <param name="card">The MTU of the listener's card; 0 when it is not known.</param>
    public int Largest(IPAddress remote, int card)
    {
        var path = card > 0 ? card : int.MaxValue;
        lock (_gate)
        {
            if (_learned.TryGetValue(remote, out var learned))
            {
                if (clock.Now < learned.Until)
                {
                    path = Math.Min(path, learned.Mtu);
                }
                else
                {
                    _learned.Remove(remote);
                }
            }
        }

        return Math.Min(SipLimits.DatagramRequest, Math.Max(SmallestPath, path) - Reserve);
    }

    /// <summary>A router says what its next link takes.</summary>
    public void Learn(IPAddress remote, int mtu)
    {
        lock (_gate)
        {
            if (_learned.Count >= MostRemembered)
            {
                _learned.Clear();
            }

            _learned[remote] = (mtu, clock.Now + s_kept);
        }
    }

    /// <summary>The MTU of the card that has the address; 0 when that is not known.</summary>
    public static int OfCard(IPAddress local)
    {
        try
        {
            foreach (var card in NetworkInterface.GetAllNetworkInterfaces())
            {
                var properties = card.GetIPProperties();
                if (properties.UnicastAddresses.Any(unicast => unicast.Address.Equals(local)))
                {
                    return local.AddressFamily == AddressFamily.InterNetwork ? properties.GetIPv4Properties().Mtu : properties.GetIPv6Properties().Mtu;
                }
            }
        }
        catch (Exception e) when (e is NetworkInformationException or PlatformNotSupportedException)
        {
            // Then 1300 is the rule.
        }

        return 0;
    }
}
