using System.Text;

namespace Gateway.Sip;

/// <summary>
/// Header fields that do not pass a border, by the name that the parser read: in any case, compact, folded, and with white
/// space before the colon (THREATS 21).
/// </summary>
public sealed class HeaderStrip
{
    private readonly HeaderSet _ids;
    private readonly byte[][] _names;
    private readonly byte[][] _prefixes;

    /// <param name="ids">Fields that have an id.</param>
    /// <param name="names">Long names of fields that have none; a name that ends in '*' takes all that begin so.</param>
    public HeaderStrip(IEnumerable<HeaderId> ids, IEnumerable<string> names)
    {
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentNullException.ThrowIfNull(names);
        foreach (var id in ids)
        {
            _ids.Add(id);
        }
        var all = new List<byte[]>();
        var prefixes = new List<byte[]>();
        foreach (var name in names)
        {
            var id = HeaderNames.Parse(Encoding.ASCII.GetBytes(name));
            if (id != HeaderId.Other)
            {
                _ids.Add(id);
            }
            else if (name.EndsWith('*'))
            {
                prefixes.Add(Encoding.ASCII.GetBytes(name[..^1]));
            }
            else
            {
                all.Add(Encoding.ASCII.GetBytes(name));
            }
        }
        _names = [.. all];
        _prefixes = [.. prefixes];
    }

    /// <summary>
    /// What a peer that is not trusted may not tell us about identity, charging and diversion (RFC 3325 §5, RFC 3455, RFC 8224
    /// §6.2): it would be believed by those who trust us.
    /// </summary>
    public static HeaderStrip FromUntrusted { get; } = new(
        [HeaderId.PAssertedIdentity, HeaderId.RemotePartyId, HeaderId.Diversion, HeaderId.Identity, HeaderId.HistoryInfo, HeaderId.PAccessNetworkInfo],
        ["P-Charging-Vector", "P-Charging-Function-Addresses", "P-Visited-Network-ID", "P-Called-Party-ID", "P-Associated-URI", "P-Profile-Key",
            "P-Served-User", "P-User-Database", "P-Asserted-Service", "Identity-Info", "X-Internal*"]);

    /// <summary>Who somebody is, for a side that is not to know (RFC 3325 §7, Privacy: id).</summary>
    public static HeaderStrip ToUntrusted { get; } = new(
        [HeaderId.PAssertedIdentity, HeaderId.PPreferredIdentity, HeaderId.RemotePartyId],
        ["P-Charging-Vector", "P-Charging-Function-Addresses", "X-Internal*"]);

    /// <summary>True when this field is to go.</summary>
    public bool Takes(HeaderField field)
    {
        if (field.Id != HeaderId.Other)
        {
            return _ids.Has(field.Id);
        }
        foreach (var name in _names)
        {
            if (SipLexer.EqualsIgnoreCase(field.Name, name))
            {
                return true;
            }
        }
        foreach (var prefix in _prefixes)
        {
            if (field.Name.Length >= prefix.Length && SipLexer.EqualsIgnoreCase(field.Name[..prefix.Length], prefix))
            {
                return true;
            }
        }
        return false;
    }
}
