using System.Formats.Asn1;
using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Gateway.Net.Sip.Streams;

/// <summary>
/// The SIP domains that a certificate speaks for (RFC 5922 §7.1): sip URIs of its subjectAltName, else its DNS names, and the
/// common name only where there is no subjectAltName. Addresses count where an address was asked for.
/// </summary>
internal sealed class SipIdentities
{
    private const string SubjectAltName = "2.5.29.17";

    private static readonly IdnMapping s_idn = new() { AllowUnassigned = true };

    private readonly IReadOnlyList<IPAddress> _addresses;
    private readonly IReadOnlyList<string> _domains;

    private SipIdentities(IReadOnlyList<string> domains, IReadOnlyList<IPAddress> addresses)
    {
        _domains = domains;
        _addresses = addresses;
    }

    /// <summary>Domains, then addresses, for people.</summary>
    public IReadOnlyList<string> All => [.. _domains, .. _addresses.Select(address => address.ToString())];

    public static SipIdentities Of(X509Certificate2 certificate)
    {
        var names = certificate.Extensions.FirstOrDefault(extension => extension.Oid?.Value == SubjectAltName);
        if (names is null)
        {
            var common = certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
            return new SipIdentities(common.Length > 0 && Uri.CheckHostName(common) == UriHostNameType.Dns ? [common] : [], []);
        }

        List<string> uris = [];
        List<string> dns = [];
        List<IPAddress> addresses = [];
        Read(names.RawData, uris, dns, addresses);
        // §7.1: DNS names count if and only if there is no sip URI.
        return new SipIdentities(uris.Count > 0 ? uris : dns, addresses);
    }

    /// <summary>§7.2: whole names, case-insensitive, no suffixes and no wildcards.</summary>
    public bool Names(string wanted)
    {
        if (IPAddress.TryParse(wanted.Trim('[', ']'), out var address))
        {
            return _addresses.Contains(address);
        }

        var name = Normal(wanted);
        return _domains.Any(domain => string.Equals(Normal(domain), name, StringComparison.OrdinalIgnoreCase));
    }

    private static void Read(byte[] extension, List<string> uris, List<string> dns, List<IPAddress> addresses)
    {
        const int DnsName = 2;
        const int Identifier = 6;
        const int Address = 7;
        try
        {
            var sequence = new AsnReader(extension, AsnEncodingRules.DER).ReadSequence();
            while (sequence.HasData)
            {
                var tag = sequence.PeekTag();
                switch (tag)
                {
                    case { TagClass: TagClass.ContextSpecific, TagValue: DnsName }:
                        dns.Add(sequence.ReadCharacterString(UniversalTagNumber.IA5String, tag));
                        break;
                    case { TagClass: TagClass.ContextSpecific, TagValue: Identifier }:
                        AddUri(sequence.ReadCharacterString(UniversalTagNumber.IA5String, tag), uris);
                        break;
                    case { TagClass: TagClass.ContextSpecific, TagValue: Address }:
                        if (sequence.ReadOctetString(tag) is { Length: 4 or 16 } bytes)
                        {
                            addresses.Add(new IPAddress(bytes));
                        }

                        break;
                    default:
                        sequence.ReadEncodedValue();
                        break;
                }
            }
        }
        catch (AsnContentException)
        {
            // What was read before the fault stays; a certificate that nobody can read names nobody.
        }
    }

    /// <summary>sip:example.org names a domain, sip:ada@example.org a person, sips: and others nothing (§7.1).</summary>
    private static void AddUri(string uri, List<string> uris)
    {
        if (!uri.StartsWith("sip:", StringComparison.OrdinalIgnoreCase) || uri.Contains('@', StringComparison.Ordinal)
            || !global::Gateway.Sip.SipUriView.TryParse(Encoding.UTF8.GetBytes(uri), out var view))
        {
            return;
        }

        uris.Add(Encoding.ASCII.GetString(view.Host));
    }

    /// <summary>§7.2: internationalised names in their ASCII form.</summary>
    private static string Normal(string name)
    {
        var bare = name.TrimEnd('.');
        try
        {
            return Ascii.IsValid(bare) ? bare : s_idn.GetAscii(bare);
        }
        catch (ArgumentException)
        {
            return bare;
        }
    }
}
