using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Sip;

namespace Gateway.Server.Registrar;

/// <summary>One contact of a REGISTER, read.</summary>
/// <param name="Parameters">As they came, without expires.</param>
/// <param name="Expires">Zero to remove the binding.</param>
internal sealed record RegisterContact(SipUri Uri, string Parameters, string? Instance, int RegId, double Q, TimeSpan Expires);

/// <summary>Why a REGISTER is refused.</summary>
internal readonly record struct RegisterFault(int Status, string Reason);

/// <summary>Reads the Contact fields of a REGISTER (RFC 3261 §10.2, §10.3 step 6; RFC 5626 §6): all of them, or why none.</summary>
internal sealed class RegisterContacts
{
    /// <summary>Bytes of one Contact value at most: it is stored, and comes back in every 200.</summary>
    private const int LongestContact = 1024;

    private RegisterContacts(IReadOnlyList<RegisterContact> list, bool isStar, bool isOutbound)
    {
        List = list;
        IsStar = isStar;
        IsOutbound = isOutbound;
    }

    public IReadOnlyList<RegisterContact> List { get; }

    /// <summary>Contact: * with Expires: 0.</summary>
    public bool IsStar { get; }

    /// <summary>A flow of RFC 5626 was registered and its client says that it knows: the 200 carries Require: outbound.</summary>
    public bool IsOutbound { get; }

    /// <param name="flow">Where it came from: each kind of connection has its own limits.</param>
    public static RegisterContacts? Read(SipRequest request, LoopServices services, in Flow flow, out RegisterFault fault)
    {
        fault = default;
        var options = services.Options;
        var fallback = Expiry(request.TryGet(HeaderId.Expires, out var header) ? header : default, request.Has(HeaderId.Expires), options.DefaultExpires);
        var list = new List<RegisterContact>();
        var stars = 0;
        foreach (var value in request.Values(HeaderId.Contact))
        {
            if (value.Length > LongestContact || !NameAddressView.TryParse(value, out var address))
            {
                fault = new RegisterFault(400, "Bad Contact Header Field");
                return null;
            }

            if (address.IsStar)
            {
                stars++;
                continue;
            }

            if (list.Count >= options.MaxBindings)
            {
                fault = new RegisterFault(403, "Too Many Contacts");
                return null;
            }

            if (ReadOne(request, address, services, flow, fallback, out fault) is not { } contact)
            {
                return null;
            }

            list.Add(contact);
        }

        // §10.3 step 6: a star stands alone and means "remove all".
        if (stars > 0 && (stars > 1 || list.Count > 0 || !request.TryGetNumber(HeaderId.Expires, out var seconds) || seconds != 0))
        {
            fault = new RegisterFault(400, "Contact: * Needs Expires: 0 And No Other Contact");
            return null;
        }

        return Outbound(request, list, out var isOutbound, ref fault) ? new RegisterContacts(list, stars > 0, isOutbound) : null;
    }

    private static RegisterContact? ReadOne(SipRequest request, in NameAddressView address, LoopServices services, in Flow flow, TimeSpan fallback, out RegisterFault fault)
    {
        fault = default;
        if (!address.TryGetUri(out var view) || view.Scheme == SipScheme.Tel)
        {
            // RFC 5627 §5.1: well written, and nothing that we could call.
            fault = Names(address.UriBytes, "sip:"u8) || Names(address.UriBytes, "sips:"u8)
                ? new RegisterFault(400, "Bad Contact URI")
                : new RegisterFault(403, "Contact Is No SIP URI");
            return null;
        }

        var uri = view.ToUri();
        if (uri.Scheme == SipScheme.Sips && !IsSecureThroughout(request, flow))
        {
            fault = new RegisterFault(400, "A sips Contact Needs sips And TLS All The Way");
            return null;
        }

        if (!IsReachable(uri, services))
        {
            // THREATS 30, 31: a contact that is ourselves would make us call ourselves for ever.
            fault = new RegisterFault(403, "Contact Cannot Be That Address");
            return null;
        }

        var q = 1.0;
        if (address.TryGetParameter("q"u8, out var text)
            && (!double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out q) || q is not (>= 0 and <= 1)))
        {
            fault = new RegisterFault(400, "Bad q Of A Contact");
            return null;
        }

        var options = services.Options;
        var expires = address.TryGetParameter("expires"u8, out var own) ? Expiry(own, true, options.DefaultExpires) : fallback;
        // §10.3 step 7: what lasts an hour is never too brief.
        if (expires > TimeSpan.Zero && expires < options.MinExpires && expires < TimeSpan.FromHours(1))
        {
            fault = new RegisterFault(423, "Interval Too Brief");
            return null;
        }

        var instance = address.TryGetParameter("+sip.instance"u8, out var raw) && raw.Length > 2 ? Encoding.UTF8.GetString(raw) : null;
        // RFC 5626 §6: a reg-id without an instance is ignored.
        var regId = instance is not null && address.TryGetParameter("reg-id"u8, out var id)
            && int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
        return new RegisterContact(uri, Parameters(address.Parameters), instance, regId, q,
            Granted(expires, services, flow));
    }

    private static bool Names(ReadOnlySpan<byte> uri, ReadOnlySpan<byte> scheme) =>
        uri.Length >= scheme.Length && Ascii.EqualsIgnoreCase(uri[..scheme.Length], scheme);

    /// <summary>As asked, cut to the longest for its kind of connection, and a little shorter at random; never below the least.</summary>
    private static TimeSpan Granted(TimeSpan asked, LoopServices services, in Flow flow)
    {
        var options = services.Options;
        var own = flow.IsWebSocket ? options.MaxExpiresWebSocket : flow.IsReliable ? TimeSpan.Zero : options.MaxExpiresUdp;
        var most = own > TimeSpan.Zero ? own : options.MaxExpires;
        var granted = asked > most ? most : asked;
        if (granted <= options.MinExpires || options.ExpirySpread == 0)
        {
            return granted;
        }

        Span<byte> dice = stackalloc byte[4];
        services.Random.GetBytes(dice);
        var share = options.ExpirySpread / 100.0 * (BitConverter.ToUInt32(dice) / (double)uint.MaxValue);
        var spread = TimeSpan.FromSeconds(Math.Ceiling(granted.TotalSeconds * (1 - share)));
        return spread < options.MinExpires ? options.MinExpires : spread;
    }

    /// <summary>RFC 5630 §5.2: a secure contact only by a secure way, or calls to it would promise what they cannot keep.</summary>
    private static bool IsSecureThroughout(SipRequest request, in Flow flow)
    {
        foreach (var value in request.Values(HeaderId.Path))
        {
            if (!NameAddressView.TryParse(value, out var hop) || !hop.TryGetUri(out var uri) || uri.Scheme != SipScheme.Sips)
            {
                return false;
            }
        }

        return flow.IsSecure && request.TryGetUri(out var target) && target.Scheme == SipScheme.Sips;
    }

    /// <summary>RFC 5626 §6: one flow a request, and only if the first hop is us or a proxy that keeps the flow.</summary>
    private static bool Outbound(SipRequest request, List<RegisterContact> list, out bool isOutbound, ref RegisterFault fault)
    {
        isOutbound = false;
        if (!list.Exists(contact => contact.RegId > 0))
        {
            return true;
        }

        if (list.Count(contact => contact.Expires > TimeSpan.Zero) > 1)
        {
            fault = new RegisterFault(400, "One Flow At A Time");
            return false;
        }

        var supported = request.ListHas(HeaderId.Supported, "outbound"u8) || request.ListHas(HeaderId.Require, "outbound"u8);
        if (!RegisterPath.IsDirect(request) && !PathKeepsFlow(request))
        {
            if (supported)
            {
                fault = new RegisterFault(439, "First Hop Lacks Outbound Support");
                return false;
            }

            for (var i = 0; i < list.Count; i++)
            {
                list[i] = list[i] with { RegId = 0 };
            }

            return true;
        }

        isOutbound = supported;
        return true;
    }

    /// <summary>The first Path value is the hop that the device itself talks to: values are put in front (RFC 3327 §5.1), so it is the last.</summary>
    private static bool PathKeepsFlow(SipRequest request)
    {
        var keeps = false;
        foreach (var value in request.Values(HeaderId.Path))
        {
            keeps = NameAddressView.TryParse(value, out var hop) && hop.TryGetUri(out var uri) && uri.TryGetParameter("ob"u8, out _);
        }

        return keeps;
    }

    /// <summary>§10.2.1.1: a value that is no number means 3600; none means our default.</summary>
    private static TimeSpan Expiry(ReadOnlySpan<byte> text, bool given, TimeSpan none) =>
        !given ? none
        : uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(seconds)
        : TimeSpan.FromHours(1);

    /// <summary>Not ourselves, and nothing that many or nobody would hear.</summary>
    private static bool IsReachable(SipUri uri, LoopServices services)
    {
        if (services.Hosts.Contains(uri.Host))
        {
            // Without a port our own name is an AOR or a GRUU (RFC 5627 §5.1); an address is one on the port of SIP.
            return (uri.Port is not null || IPAddress.TryParse(uri.Host, out _)) && !services.Options.SipPorts.Contains(uri.Port ?? 5060);
        }

        if (!IPAddress.TryParse(uri.Host, out var address))
        {
            return true;
        }

        if (address.AddressFamily == AddressFamily.InterNetworkV6 && !address.IsIPv4MappedToIPv6)
        {
            return !address.IsIPv6Multicast && !address.Equals(IPAddress.IPv6Any);
        }

        return address.MapToIPv4().GetAddressBytes()[0] is > 0 and < 224;
    }

    /// <summary>The parameters as written, without those that are ours to give; quoted strings stay whole.</summary>
    private static string Parameters(ReadOnlySpan<byte> raw)
    {
        var kept = new StringBuilder();
        while (!raw.IsEmpty)
        {
            var end = End(raw);
            var part = raw[1..end].Trim(" \t"u8);
            var name = part[..(part.IndexOf((byte)'=') is var at && at < 0 ? part.Length : at)].Trim(" \t"u8);
            // RFC 5627 §5.1: which GRUUs a device has is for us to say.
            if (!part.IsEmpty && !Ascii.EqualsIgnoreCase(name, "expires"u8)
                && !Ascii.EqualsIgnoreCase(name, "pub-gruu"u8) && !Ascii.EqualsIgnoreCase(name, "temp-gruu"u8))
            {
                kept.Append(';').Append(Encoding.UTF8.GetString(part));
            }

            raw = raw[end..];
        }

        return kept.ToString();
    }

    /// <summary>Where the next semicolon outside quotes stands, after the one that the text begins with.</summary>
    private static int End(ReadOnlySpan<byte> text)
    {
        var quoted = false;
        for (var i = 1; i < text.Length; i++)
        {
            switch (text[i])
            {
                case (byte)'\\' when quoted:
                    i++;
                    break;
                case (byte)'"':
                    quoted = !quoted;
                    break;
                case (byte)';' when !quoted:
                    return i;
            }
        }

        return text.Length;
    }
}
