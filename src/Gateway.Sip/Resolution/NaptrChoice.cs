using System.Collections.Immutable;

namespace Gateway.Sip;

/// <summary>A way to a domain that its NAPTR records offer and that we can go: a transport and the name of its SRV records.</summary>
internal readonly record struct NaptrChoice(ushort Order, SipTransport Transport, string Service)
{
    /// <summary>
    /// The records of RFC 3263 §4.1 that fit, by order and preference: flag "s", no regular expression, a service that we
    /// speak. For sips only SIPS; for sip SIPS too, as we speak TLS.
    /// </summary>
    public static ImmutableArray<NaptrChoice> Of(DnsAnswer answer, bool isSecure) =>
    [
        .. answer.Records.OfType<NaptrRecord>()
            .Where(record => record.Flags.Equals("s", StringComparison.OrdinalIgnoreCase) && record.Regexp.Length == 0 && record.Replacement.Length > 0)
            .OrderBy(record => record.Order).ThenBy(record => record.Preference)
            .Select(record => (Record: record, Transport: TransportOf(record.Services)))
            .Where(one => one.Transport is { } transport && (!isSecure || transport == SipTransport.Tls))
            .Select(one => new NaptrChoice(one.Record.Order, one.Transport!.Value, one.Record.Replacement))
            .Take(DnsLimits.Naptr),
    ];

    /// <summary>RFC 3263 §9; case does not count (RFC 3403 §4.1). SIP+D2S (SCTP) and SIP+D2W (RFC 7118) are ways we do not go.</summary>
    private static SipTransport? TransportOf(string services) => services.ToUpperInvariant() switch
    {
        "SIP+D2U" => SipTransport.Udp,
        "SIP+D2T" => SipTransport.Tcp,
        "SIPS+D2T" => SipTransport.Tls,
        _ => null,
    };
}
