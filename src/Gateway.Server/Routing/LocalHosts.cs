using System.Collections.Frozen;
using System.Net;
using System.Text;
using Gateway.Sip;

namespace Gateway.Server.Routing;

/// <summary>The host parts that mean this gateway: the realm, its aliases, localhost. All else is foreign (no open relay).</summary>
public sealed class LocalHosts
{
    private const int LongestHost = 255;

    private static readonly string[] s_always = ["localhost", "127.0.0.1", "::1"];

    private readonly FrozenSet<string> _names;

    public LocalHosts(ServerOptions options) =>
        _names = options.Aliases.Append(options.Realm).Concat(options.Domains).Concat(s_always).Select(Normal).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    public bool Contains(string host) => _names.Contains(Normal(host));

    /// <param name="host">As written; an IPv6 literal with its brackets.</param>
    public bool Contains(ReadOnlySpan<byte> host)
    {
        if (host.IsEmpty || host.Length > LongestHost)
        {
            return false;
        }

        if (host[0] == (byte)'[')
        {
            return Contains(Encoding.Latin1.GetString(host));
        }

        Span<char> text = stackalloc char[LongestHost];
        var length = Encoding.Latin1.GetChars(host, text);
        return _names.GetAlternateLookup<ReadOnlySpan<char>>().Contains(text[..length].TrimEnd('.'));
    }

    /// <summary>Addresses have many spellings: compared in the one that the framework writes.</summary>
    private static string Normal(string host)
    {
        var bare = host.Trim('[', ']').TrimEnd('.');
        return bare.Contains(':', StringComparison.Ordinal) && IPAddress.TryParse(bare, out var address) ? address.ToString() : bare;
    }

    /// <summary>True for a URI that names a user of ours: our host, or a telephone number.</summary>
    public bool Owns(in SipUriView uri) => uri.Scheme == SipScheme.Tel || Contains(uri.Host);
}
