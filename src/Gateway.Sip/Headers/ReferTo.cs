using System.Text;

namespace Gateway.Sip;

/// <summary>
/// Refer-To (RFC 3515 §2.1): where a REFER sends the call, and the dialog to replace when it is an attended transfer.
/// Of the headers inside the URI only Replaces is taken (RFC 3891 §4); all others are dropped, so that nobody can write
/// headers of our requests (docs/security.md threat 22).
/// </summary>
/// <param name="Target">The URI without its headers and method.</param>
/// <param name="Method">INVITE unless the URI names another one.</param>
/// <param name="Replaces">The dialog to take over; null for a blind transfer.</param>
public sealed record ReferTo(SipUri Target, SipMethod Method, Replaces? Replaces)
{
    /// <summary>Reads a Refer-To value; false for other schemes than sip, sips and tel, and for a Replaces that cannot be read.</summary>
    public static bool TryParse(ReadOnlySpan<byte> value, out ReferTo? referTo)
    {
        referTo = null;
        if (!NameAddressView.TryParse(value, out var address) || !SipUri.TryParse(address.UriBytes, out var uri))
        {
            return false;
        }
        Replaces? replaces = null;
        foreach (var (name, text) in UriText.Parts(uri.Headers, '&'))
        {
            if (UriText.Unescape(name).Equals("Replaces", StringComparison.OrdinalIgnoreCase)
                && (replaces is not null || !Sip.Replaces.TryParse(Encoding.UTF8.GetBytes(UriText.Unescape(text)), out replaces)))
            {
                return false;
            }
        }
        var method = uri.TryGetParameter("method", out var token) ? SipMethods.Parse(Encoding.UTF8.GetBytes(token)) : SipMethod.Invite;
        referTo = new ReferTo(uri.WithoutRequestParts(), method, replaces);
        return true;
    }
}
