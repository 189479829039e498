using System.Collections.Immutable;
using System.Text;
using Gateway.Server.Ports;
using Gateway.Sip;

namespace Gateway.Server.Trunks;

/// <summary>
/// Writes the REGISTERs of one registration, its Call-ID, tag and CSeq kept over all of them (RFC 3261 §10.2), and reads what
/// the registrar granted.
/// </summary>
internal sealed class RegistrationRequests(LoopServices services)
{
    private const uint LongestExpires = 24 * 60 * 60;

    /// <summary>423s that are followed for one registration; a registrar that raises its limit each time is mistaken.</summary>
    private const int MostLengthened = 2;

    private const int MostRoutes = 8;

    private readonly string _callId = services.Transactions.NewTag();
    private readonly string _tag = services.Transactions.NewTag();
    private uint _sequence;
    private uint _expires;
    private int _lengthened;

    /// <summary>A new registration, or its refresh: asks for the configured interval again, unless the registrar asked for a longer one before.</summary>
    public void Begin(Trunk trunk)
    {
        _expires = Math.Max(_lengthened > 0 ? _expires : 0, (uint)Math.Clamp(trunk.RegisterSeconds, 10, LongestExpires));
        _lengthened = Math.Min(_lengthened, 1);
    }

    /// <summary>A REGISTER into the loop's writer: the Contact for the interval, or with expires 0.</summary>
    /// <param name="old">A Contact that is taken out by the same request, or null.</param>
    public void Write(TrunkCredentials credentials, in Flow flow, string branch, TrunkLogin login, string contact, string? old, bool register)
    {
        var uri = Begin(credentials, flow, branch);
        var writer = services.Writer;
        WriteContact(writer, contact, register ? _expires : 0);
        if (old is not null)
        {
            WriteContact(writer, old, 0);
        }

        writer.Header(HeaderId.Expires, register ? _expires : 0);
        // RFC 3327 §5.1: edge proxies may put themselves into the way of what comes in.
        writer.Header(HeaderId.Supported, "path");
        writer.Header(HeaderId.Allow, Capabilities.Allow);
        login.Write(writer, SipMethod.Register, uri);
        writer.NoBody();
    }

    /// <summary>A REGISTER without Contact: it only asks what is bound (§10.2.3), and whether the login is good.</summary>
    public void WriteFetch(TrunkCredentials credentials, in Flow flow, string branch, TrunkLogin login)
    {
        var uri = Begin(credentials, flow, branch);
        login.Write(services.Writer, SipMethod.Register, uri);
        services.Writer.NoBody();
    }

    private string Begin(TrunkCredentials credentials, in Flow flow, string branch)
    {
        var writer = services.Writer;
        var uri = credentials.RequestUri(null);
        writer.Request(SipMethod.Register, uri);
        SipRequests.WriteVia(writer, flow.Transport, services.Transport.SentBy(flow), branch);
        if (credentials.ProxyRoute is { } route)
        {
            writer.Header(HeaderId.Route, route);
        }

        var address = credentials.Address;
        writer.Header(HeaderId.MaxForwards, 70);
        writer.Header(HeaderId.From, $"<{address}>;tag={_tag}");
        writer.Header(HeaderId.To, $"<{address}>");
        writer.Header(HeaderId.CallId, _callId);
        writer.CSeq(++_sequence, SipMethod.Register);
        return uri;
    }

    /// <summary>§10.2.8: takes the Min-Expires of a 423; false when there is none that helps.</summary>
    public bool TryLengthen(SipResponse response)
    {
        if (!response.TryGetNumber(HeaderId.MinExpires, out var least) || least <= _expires || least > LongestExpires || _lengthened++ >= MostLengthened)
        {
            return false;
        }

        _expires = least;
        return true;
    }

    /// <summary>§10.2.4: the expires of our Contact in the 200; else its Expires; else what was asked for.</summary>
    public TimeSpan Granted(SipResponse response, TrunkCredentials credentials)
    {
        var user = Encoding.ASCII.GetBytes(credentials.ContactUser);
        foreach (var value in response.Values(HeaderId.Contact))
        {
            if (ContactView.TryParse(value, out var contact) && contact.TryGetUri(out var uri) && uri.User.SequenceEqual(user)
                && contact.TryGetExpires(out var own))
            {
                return Interval(own);
            }
        }

        return Interval(response.TryGetNumber(HeaderId.Expires, out var seconds) && seconds > 0 ? seconds : _expires);
    }

    /// <summary>RFC 3608 §5.1. One that cannot be read makes no route at all: half of a way leads nowhere.</summary>
    public static ImmutableArray<string> ServiceRoute(SipResponse response)
    {
        var routes = ImmutableArray.CreateBuilder<string>();
        foreach (var value in response.Values(HeaderId.ServiceRoute))
        {
            if (routes.Count == MostRoutes || !NameAddressView.TryParse(value, out var route) || !route.TryGetUri(out var uri) || uri.Scheme == SipScheme.Tel)
            {
                return [];
            }

            routes.Add(Encoding.UTF8.GetString(value));
        }

        return routes.DrainToImmutable();
    }

    /// <summary>What a refusal means, for people.</summary>
    public static string Said(SipResponse response, TrunkCredentials credentials, NextHop hop)
    {
        var said = $"{response.StatusCode} {Encoding.UTF8.GetString(response.ReasonPhrase)} from {TrunkHops.Words(hop)}";
        return response.StatusCode switch
        {
            403 => $"{said}: it does not let user {credentials.AuthUser} register (a wrong password, a blocked address, or a user that is not allowed)",
            404 => $"{said}: it knows no user {credentials.User} at {credentials.Domain}",
            423 => $"{said}, with a least interval that cannot be used",
            >= 300 and < 400 => $"{said}: it wants us to register elsewhere, which is not followed; enter the other address",
            _ => said,
        };
    }

    private static void WriteContact(SipWriter writer, string contact, uint expires)
    {
        writer.BeginHeader(HeaderId.Contact);
        writer.Append("<"u8);
        writer.Append(contact);
        writer.Append(">;expires="u8);
        writer.Append(expires);
        writer.EndHeader();
    }

    private static TimeSpan Interval(uint seconds) => TimeSpan.FromSeconds(Math.Clamp(seconds, 1, LongestExpires));
}
