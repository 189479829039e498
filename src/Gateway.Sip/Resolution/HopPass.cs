using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;

namespace Gateway.Sip;

/// <summary>
/// One walk through RFC 3263 §4.1 and §4.2 with the answers that are there. A null list means "not known yet": the questions
/// for it are then in <see cref="Missing"/>. An empty one means that there is nothing, and why is the error.
/// </summary>
internal sealed class HopPass(HopQuery query, HopRules rules, RandomNumberGenerator random, IReadOnlyDictionary<DnsQuestion, DnsAnswer> known)
{
    private const int SipPort = 5060;
    private const int SipsPort = 5061;

    private readonly List<DnsQuestion> _missing = [];
    private readonly List<string> _steps = [];
    private readonly HashSet<DnsQuestion> _told = [];
    private string _error = "";

    public ImmutableArray<DnsQuestion> Missing => [.. _missing.Distinct()];

    /// <returns>Null while answers are missing.</returns>
    public HopResult? Run() => Find() is { } hops
        ? new HopResult([.. hops.Distinct().Take(DnsLimits.Hops)], hops.Count == 0 ? _error : "", [.. _steps])
        : null;

    private List<Hop>? Find()
    {
        if (query.Transport is SipTransport.Ws or SipTransport.Wss)
        {
            return Fail("Browsers come in by WebSocket; the gateway goes out by UDP, TCP or TLS");
        }

        if (query is { IsSecure: true, Transport: SipTransport.Udp })
        {
            return Fail("sips needs TLS, and there is no TLS over UDP");
        }

        // §4.1: UDP unless something says otherwise; sips with transport=tcp is TLS over TCP (RFC 3261 §26.2.2).
        var wanted = query.IsSecure ? SipTransport.Tls : query.Transport;
        var transport = wanted ?? SipTransport.Udp;
        if (DnsName.TryAddress(query.Host, out var address))
        {
            return Literal(new Hop(transport, new IPEndPoint(address, query.Port != 0 ? query.Port : DefaultPort(transport))));
        }

        if (!DnsName.TryNormalize(query.Host, out var name) || DnsName.IsNumeric(name))
        {
            return Fail($"'{query.Host}' is neither a host name nor an address");
        }

        if (query.Port != 0)
        {
            _steps.Add($"port {query.Port} is given: {HopWords.Of(transport)}, no SRV");
            return Addresses(name, transport, query.Port);
        }

        return query.Transport is null ? Domain(name) : Service(ServiceName(name, transport), transport, name);
    }

    private List<Hop> Literal(Hop hop)
    {
        _steps.Add($"{hop.Remote.Address} is an address: {HopWords.Of(hop)}");
        var isIPv6 = DnsName.IsIPv6(hop.Remote.Address);
        if (!DnsName.IsHost(hop.Remote.Address))
        {
            return Fail($"{hop.Remote.Address} is not the address of one host");
        }

        return (isIPv6 ? rules.UsesIPv6 : rules.UsesIPv4) ? [hop] : Fail($"{hop.Remote.Address} cannot be reached: the gateway has no {(isIPv6 ? "IPv6" : "IPv4")} address");
    }

    /// <summary>§4.1, neither transport nor port given: NAPTR, else SRV of the transports that we speak, else addresses.</summary>
    private List<Hop>? Domain(string name)
    {
        SipTransport[] transports = query.IsSecure ? [SipTransport.Tls] : [SipTransport.Udp, SipTransport.Tcp];
        var question = new DnsQuestion(name, DnsType.Naptr);
        if (Look(question) is not { } naptr)
        {
            // Most domains have no NAPTR: what is asked then is asked at the same time.
            foreach (var transport in transports)
            {
                Look(new DnsQuestion(ServiceName(name, transport), DnsType.Srv));
            }

            return null;
        }

        var choices = NaptrChoice.Of(naptr, query.IsSecure);
        Tell(question, HopWords.Naptr(question, naptr, choices));
        return choices.IsEmpty ? Services(name, transports) : ByNaptr(name, choices);
    }

    /// <summary>
    /// RFC 3403 §4.1: no record of a higher order is used once one of a lower order fits. Within one order the preferred
    /// comes first, and the others are what is left when it fails.
    /// </summary>
    private List<Hop>? ByNaptr(string name, ImmutableArray<NaptrChoice> choices)
    {
        _error = "";
        foreach (var order in choices.GroupBy(choice => choice.Order))
        {
            var found = order.Select(choice => Service(choice.Service, choice.Transport, host: null)).ToList();
            if (found.Contains(null))
            {
                return null;
            }

            if (found.Exists(hops => hops!.Count > 0))
            {
                return [.. found.SelectMany(hops => hops!)];
            }
        }

        return Fail(_error.Length > 0 ? _error : $"The SIP services that {name} names by NAPTR are not in DNS");
    }

    /// <summary>
    /// No NAPTR: the first transport of ours that has SRV records (§4.1; a domain that serves both serves the same by both),
    /// and without any the addresses of the name itself.
    /// </summary>
    private List<Hop>? Services(string name, SipTransport[] transports)
    {
        var answers = Array.ConvertAll(transports, transport => Look(new DnsQuestion(ServiceName(name, transport), DnsType.Srv)));
        if (Array.Exists(answers, answer => answer is null))
        {
            return null;
        }

        foreach (var (transport, answer) in transports.Zip(answers))
        {
            Tell(new DnsQuestion(ServiceName(name, transport), DnsType.Srv), HopWords.Of(new DnsQuestion(ServiceName(name, transport), DnsType.Srv), answer!));
            if (answer!.Outcome == DnsOutcome.Found && Targets(ServiceName(name, transport), transport, answer) is not { Count: 0 } and var hops)
            {
                return hops;
            }
        }

        return Array.Exists(answers, answer => answer!.Outcome == DnsOutcome.Found) ? []
            : Addresses(name, transports[0], DefaultPort(transports[0]));
    }

    /// <summary>The targets of one SRV name (§4.2). Without SRV records the addresses of <paramref name="host"/>, when there is one, at the default port.</summary>
    private List<Hop>? Service(string service, SipTransport transport, string? host)
    {
        if (Look(new DnsQuestion(service, DnsType.Srv), tell: true) is not { } answer)
        {
            return null;
        }

        if (answer.Outcome == DnsOutcome.Found)
        {
            return Targets(service, transport, answer);
        }

        return host is not null ? Addresses(host, transport, DefaultPort(transport))
            : Fail(answer.Outcome == DnsOutcome.Failed ? NoAnswer(service, answer) : $"DNS has no SRV record {service}");
    }

    private List<Hop>? Targets(string service, SipTransport transport, DnsAnswer answer)
    {
        // RFC 2782: the target "." says that the service is decidedly not there.
        var records = answer.Records.OfType<SrvRecord>().Where(record => record.Target.Length > 0 && record.Port != 0)
            .OrderBy(record => record.Priority).Take(DnsLimits.Targets).ToList();
        if (records.Count == 0)
        {
            return Fail($"DNS says that there is no such service: {service}. Is another transport meant?");
        }

        var hosts = records.ConvertAll(record => record.Target).Distinct().ToDictionary(target => target, Hosts);
        if (hosts.ContainsValue(null))
        {
            return null;
        }

        List<Hop> hops = [];
        foreach (var record in SrvOrder.Draw(records, random))
        {
            hops.AddRange(hosts[record.Target]!.Select(address => new Hop(transport, new IPEndPoint(address, record.Port))));
        }

        return hops.Count > 0 ? hops : Fail($"{service} leads to {string.Join(", ", hosts.Keys)}. {_error}");
    }

    private List<Hop>? Addresses(string name, SipTransport transport, int port) =>
        Hosts(name)?.ConvertAll(address => new Hop(transport, new IPEndPoint(address, port)));

    /// <summary>
    /// The addresses of one host, both families, in turns, so that a family without a way costs one try (RFC 7984 §3.1,
    /// RFC 8305 §4).
    /// </summary>
    private List<IPAddress>? Hosts(string name)
    {
        // Against RFC 2782, but seen: an address where the name of the target belongs.
        if (DnsName.TryAddress(name, out var literal))
        {
            return DnsName.IsHost(literal) ? [literal] : [];
        }

        DnsType[] types = (rules.UsesIPv4, rules.UsesIPv6, rules.PrefersIPv6) switch
        {
            (true, true, true) => [DnsType.Aaaa, DnsType.A],
            (true, true, false) => [DnsType.A, DnsType.Aaaa],
            (_, true, _) => [DnsType.Aaaa],
            _ => [DnsType.A],
        };
        var answers = Array.ConvertAll(types, type => Look(new DnsQuestion(name, type), tell: true));
        if (Array.Exists(answers, answer => answer is null))
        {
            return null;
        }

        var families = Array.ConvertAll(answers, answer => answer!.Records.OfType<AddressRecord>().Select(record => record.Address).Where(DnsName.IsHost).ToList());
        List<IPAddress> addresses = [];
        for (var i = 0; i < families.Max(family => family.Count); i++)
        {
            addresses.AddRange(families.Where(family => i < family.Count).Select(family => family[i]));
        }

        if (addresses.Count == 0)
        {
            _error = Array.Find(answers, answer => answer!.Outcome == DnsOutcome.Failed) is { } failed ? NoAnswer(name, failed)
                : Array.Exists(answers, answer => answer!.Outcome == DnsOutcome.NoName) ? $"There is no name {name} in DNS"
                : $"{name} has no address in DNS (no {string.Join(" or ", types.Select(type => type.ToString().ToUpperInvariant()))} record)";
        }

        return [.. addresses.Distinct().Take(DnsLimits.Addresses)];
    }

    private DnsAnswer? Look(DnsQuestion question, bool tell = false)
    {
        // A name that is too long with its service in front has no such record.
        var answer = question.Name.Length > DnsLimits.Name ? DnsAnswer.None() : known.GetValueOrDefault(question);
        if (answer is null)
        {
            _missing.Add(question);
        }
        else if (tell)
        {
            Tell(question, HopWords.Of(question, answer));
        }

        return answer;
    }

    private void Tell(in DnsQuestion question, string step)
    {
        if (_told.Add(question))
        {
            _steps.Add(step);
        }
    }

    private List<Hop> Fail(string error)
    {
        _error = error;
        return [];
    }

    private static string NoAnswer(string name, DnsAnswer answer) => $"DNS cannot say where {name} is: {answer.Detail}";

    private static string ServiceName(string host, SipTransport transport) => transport switch
    {
        SipTransport.Tls => "_sips._tcp." + host,
        SipTransport.Tcp => "_sip._tcp." + host,
        _ => "_sip._udp." + host,
    };

    private static int DefaultPort(SipTransport transport) => transport == SipTransport.Tls ? SipsPort : SipPort;
}
