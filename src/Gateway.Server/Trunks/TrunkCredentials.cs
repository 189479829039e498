using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Server.Configuration;
using Gateway.Server.Ports;
using Gateway.Sip;

namespace Gateway.Server.Trunks;

/// <summary>
/// What a request toward a trunk is written with: whose name it carries, where it goes, which challenges it may answer. Of a
/// trunk of extensions there is one per account, else one per trunk. Loop-only: <see cref="TrunkAccess"/> keeps them.
/// </summary>
public sealed class TrunkCredentials
{
    private readonly LoopServices _services;
    private readonly DigestClient _digest;
    private readonly SecretText _password;

    internal TrunkCredentials(LoopServices services, Trunk trunk, TrunkExtension? extension)
    {
        _services = services;
        Trunk = trunk;
        Extension = extension;
        User = extension?.User ?? trunk.User;
        AuthUser = FirstOf(extension?.AuthUser ?? trunk.AuthUser, User);
        _password = extension?.Password ?? trunk.Password;
        Domain = FirstOf(trunk.Domain, trunk.Host);
        ContactUser = TrunkContacts.UserOf(trunk, extension, services);
        _digest = new DigestClient(services.Random, realm => services.Trunks.Memory.AllowsRealm(trunk, realm));
    }

    public Trunk Trunk { get; }

    public TrunkExtension? Extension { get; }

    /// <summary>The user part of From, of our AOR there; empty for a peer that knows us by our address.</summary>
    public string User { get; }

    /// <summary>The user name of digest.</summary>
    public string AuthUser { get; }

    /// <summary>The domain of From, To and the Request-URI.</summary>
    public string Domain { get; }

    /// <summary>user@domain as the trunk knows us; the domain alone for a peer without a user.</summary>
    public string Aor => User.Length == 0 ? Domain : $"{User}@{Domain}";

    /// <summary>The user part of every Contact toward it: opaque, the same for the life of the trunk; what calls it gets names the trunk (and the extension) by it.</summary>
    public string ContactUser { get; }

    /// <summary>False: a challenge cannot be answered.</summary>
    public bool HasPassword => !_password.IsEmpty;

    /// <summary>From and To of a registration: sip:user@domain.</summary>
    internal string Address => UriOf(User, Domain, 0, null);

    /// <summary>Our address by a flow, with the user part that names trunk and extension.</summary>
    public string Contact(in Flow flow)
    {
        var transport = flow.Transport switch
        {
            SipTransport.Tcp => ";transport=tcp",
            SipTransport.Tls => ";transport=tls",
            _ => "",
        };
        return $"sip:{ContactUser}@{_services.Transport.SentBy(flow)}{transport}";
    }

    /// <summary>The Route value of the outbound proxy; null without one.</summary>
    internal string? ProxyRoute => TrySplit(Trunk.OutboundProxy, out var host, out var port) ? $"<{UriOf(null, host, port, TransportParameter)};lr>" : null;

    /// <summary>Where a REGISTER goes: Service-Route is for everything else (RFC 3608 §6.1).</summary>
    internal NextHopQuery RegistrarHop => TrySplit(Trunk.OutboundProxy, out var host, out var port)
        ? new NextHopQuery(host, port, Trunk.Transport)
        : new NextHopQuery(Trunk.Host.Trim('[', ']'), Trunk.Port, Trunk.Transport);

    /// <summary>The outbound proxy and the Service-Route of the registration, as Route values in order (RFC 3261 §8.1.2, RFC 3608 §6.1).</summary>
    public ImmutableArray<string> Routes
    {
        get
        {
            var learnt = _services.Trunks.Memory.Routes(Trunk.Id, User);
            // A registrar that names the proxy first must not make us go there twice.
            return ProxyRoute is not { } proxy || (learnt.Length > 0 && learnt[0].StartsWith(proxy[..^1], StringComparison.OrdinalIgnoreCase))
                ? learnt
                : learnt.Insert(0, proxy);
        }
    }

    /// <summary>What is asked of DNS: the outbound proxy, else the first Route (loose routing, RFC 3261 §8.1.2), else the host.</summary>
    public NextHopQuery NextHop
    {
        get
        {
            if (Trunk.OutboundProxy.Length == 0 && Routes is [var first, ..]
                && NameAddressView.TryParse(Encoding.UTF8.GetBytes(first), out var route) && route.TryGetUri(out var uri))
            {
                return new NextHopQuery(Encoding.ASCII.GetString(uri.Host).Trim('[', ']'), uri.Port, Trunk.Transport, uri.Scheme == SipScheme.Sips);
            }

            return RegistrarHop;
        }
    }

    /// <summary>The Request-URI of a number or user behind the trunk; of the registrar itself with null.</summary>
    /// <param name="number">Unescaped, already in the form that the trunk wants.</param>
    public string RequestUri(string? number) => UriOf(number, Trunk.Host, Trunk.Port, TransportParameter);

    /// <summary>For one request: writes its credentials and reads the challenges to it.</summary>
    public TrunkLogin BeginLogin() => new(this, _digest.Begin());

    /// <summary>The one place where a trunk's password is read: at the computation of a digest.</summary>
    internal DigestLogin Reveal() => new(AuthUser, _password.Reveal());

    /// <summary>host or host:port, an IPv6 literal in brackets when a port follows; false when the text is neither.</summary>
    internal static bool TrySplit(string text, out string host, out int port)
    {
        (host, port) = (text.Trim(), 0);
        if (host.Length == 0)
        {
            return false;
        }

        if (IPAddress.TryParse(host, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6 && !host.EndsWith(']') && host[0] != '[')
        {
            return true;
        }

        if (!SipUriView.TryParse(Encoding.UTF8.GetBytes($"sip:{host}"), out var uri) || !uri.User.IsEmpty)
        {
            return false;
        }

        (host, port) = (Encoding.ASCII.GetString(uri.Host).Trim('[', ']'), uri.Port);
        return true;
    }

    private string? TransportParameter => Trunk.Transport switch
    {
        SipTransport.Tcp => "transport=tcp",
        SipTransport.Tls => "transport=tls",
        _ => null,
    };

    /// <summary>A host that can stand in no URI was refused when the trunk was saved; from a store of old it must not throw.</summary>
    private static string UriOf(string? user, string host, int port, string? parameters)
    {
        try
        {
            return new SipUri(SipScheme.Sip, user, host, port == 0 ? null : port, parameters).ToString();
        }
        catch (ArgumentException)
        {
            return "sip:invalid";
        }
    }

    private static string FirstOf(string wanted, string fallback) => wanted.Length > 0 ? wanted : fallback;
}

/// <summary>One request's way through the challenges of its trunk. The words say what an operator can do.</summary>
public sealed class TrunkLogin
{
    private readonly TrunkCredentials _credentials;
    private readonly DigestAttempt _attempt;
    private int _status;

    internal TrunkLogin(TrunkCredentials credentials, DigestAttempt attempt)
    {
        _credentials = credentials;
        _attempt = attempt;
    }

    /// <summary>Writes Authorization and Proxy-Authorization, as far as the trunk has asked for them.</summary>
    /// <param name="uri">The Request-URI as it stands in the message.</param>
    public void Write(SipWriter writer, SipMethod method, string uri)
    {
        if (_credentials.HasPassword)
        {
            _attempt.Write(writer, _credentials.Reveal(), SipMethods.Token(method), uri);
        }
    }

    /// <summary>Reads a 401 or 407; <see cref="DigestVerdict.Answer"/>: send the request again with a new branch and the next CSeq.</summary>
    public DigestVerdict Take(SipResponse response)
    {
        ArgumentNullException.ThrowIfNull(response);
        _status = response.StatusCode;
        return _credentials.HasPassword ? _attempt.Take(response) : DigestVerdict.CannotAnswer;
    }

    /// <summary>Why a challenge was not answered.</summary>
    public string Explain(DigestVerdict verdict) => verdict switch
    {
        DigestVerdict.WrongPassword => $"{_status} again: the password is wrong for user {_credentials.AuthUser} at realm {_attempt.Realm}",
        DigestVerdict.ForeignRealm => $"{_status} for realm {_attempt.Realm}, which is not the realm of this trunk: nothing was answered. Enter it as the trunk's realm if it is right",
        DigestVerdict.CannotAnswer when !_credentials.HasPassword => $"{_status}: it asks for a password, and none is configured",
        DigestVerdict.CannotAnswer => $"{_status} without a challenge that can be answered (Digest with MD5 or SHA-256)",
        _ => "",
    };
}
