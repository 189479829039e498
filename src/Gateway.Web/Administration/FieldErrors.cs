using System.Net;
using Gateway.Server.Trunks;

namespace Gateway.Web.Administration;

/// <summary>Collects what is wrong with an object, field by field, and holds the rules that several kinds share.</summary>
internal sealed class FieldErrors
{
    private const int LongestName = 100;

    private readonly List<FieldError> _errors = [];

    public bool IsEmpty => _errors.Count == 0;

    public Refusal ToRefusal() => new(RefusalKind.Invalid, "Some fields need another value.", _errors);

    public void Add(string field, string message) => _errors.Add(new FieldError(field, message));

    public void Name(string field, string value)
    {
        if (value.Trim().Length == 0)
        {
            Add(field, "Give it a name.");
        }
        else
        {
            Text(field, value, LongestName);
        }
    }

    /// <summary>Text that ends up in SIP headers, logs and pages: one line, no control characters (THREATS 22, 39).</summary>
    public void Text(string field, string value, int longest)
    {
        if (value.Length > longest)
        {
            Add(field, $"At most {longest} characters.");
        }
        else if (value.Any(c => char.IsControl(c) || char.IsSurrogate(c) && !IsPaired(value)))
        {
            Add(field, "One line without control characters.");
        }
    }

    /// <summary>A secret: one line of at most 256 characters; empty keeps what stands.</summary>
    public void Secret(string field, string? value) => Text(field, value ?? "", 256);

    public void Range(string field, int value, int least, int most)
    {
        if (value < least || value > most)
        {
            Add(field, $"A whole number from {least} to {most}.");
        }
    }

    /// <summary>The user part of a SIP URI toward a peer, or a digest user name.</summary>
    public void UserPart(string field, string value)
    {
        Text(field, value, 128);
        if (value.Any(c => c is ' ' or '"' or '<' or '>' or '\\'))
        {
            Add(field, "No blanks, quotes, angle brackets or backslashes.");
        }
    }

    public void Host(string field, string value)
    {
        if (value.Length > 253 || Uri.CheckHostName(value) == UriHostNameType.Unknown)
        {
            Add(field, "A host name such as sip.example.com, or an address.");
        }
    }

    /// <summary>host or host:port; empty for none.</summary>
    public void HostAndPort(string field, string value)
    {
        if (value.Length == 0 || IPAddress.TryParse(value, out _))
        {
            return;
        }

        var colon = value.LastIndexOf(':');
        var host = colon < 0 || value.EndsWith(']') ? value : value[..colon];
        if (Uri.CheckHostName(host) == UriHostNameType.Unknown || host.Length != value.Length && !(ushort.TryParse(value[(colon + 1)..], out var port) && port > 0))
        {
            Add(field, "host or host:port, for example proxy.example.com:5061.");
        }
    }

    /// <summary>An address or a prefix.</summary>
    public void Source(string field, string value)
    {
        if (!TrunkSources.TryParse(value, out _))
        {
            Add(field, "An address (192.0.2.7) or a prefix (192.0.2.0/24).");
        }
    }

    /// <summary>+ and up to 15 digits (ITU-T E.164); empty for none.</summary>
    public void E164(string field, string value)
    {
        if (value.Length > 0 && !(value.Length is >= 4 and <= 16 && value[0] == '+' && value.AsSpan(1).IndexOfAnyExceptInRange('0', '9') < 0))
        {
            Add(field, "A number such as +493012345: plus, country code, at most 15 digits.");
        }
    }

    public void TimeZone(string field, string value)
    {
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(value, out _))
        {
            Add(field, "A time zone such as Europe/Berlin, Asia/Shanghai or UTC.");
        }
    }

    public void Count<T>(string field, IReadOnlyCollection<T> values, int most)
    {
        if (values.Count > most)
        {
            Add(field, $"At most {most} entries.");
        }
    }

    private static bool IsPaired(string value)
    {
        for (var i = 0; i < value.Length; i++)
        {
            if (char.IsHighSurrogate(value[i]) && i + 1 < value.Length && char.IsLowSurrogate(value[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(value[i]))
            {
                return false;
            }
        }

        return true;
    }
}
