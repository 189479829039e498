using System.Text;
using Gateway.Sip;

namespace Gateway.Fuzz.Targets;

/// <summary>Every typed view over a header value, over every value: none throws, and what is read lies within its range.</summary>
internal sealed class HeaderTarget : IFuzzTarget
{
    private static readonly byte[][] s_values =
    [
        .. new[]
        {
            "\"A \\\"B\\\"\" <sip:a%20b:pw@[2001:db8::1]:5060;lr>;tag=1;q=0.7;expires=60;+sip.instance=\"<urn:uuid:1>\";reg-id=1", "Bob <tel:112>;tag=x", "sip:a@b;tag=1", "*",
            "SIP/2.0/WSS host.invalid:443;branch=z9hG4bK1;rport;received=192.0.2.1", "SIP / 2.0 / UDP [2001:db8::9:1]:5060 ;received=[::1];branch=z9hG4bKas3-111",
            "1800;refresher=uac", "1 2 INVITE", "120 (comment) ;duration=60", "multipart/mixed;boundary=\"a b\"", "SIP;cause=200;text=\"x\"", "Q.850;cause=16",
            "callid@host;to-tag=1;from-tag=2;early-only", "presence;id=7", "terminated;reason=timeout;expires=0", "<sip:x@y?Replaces=a%3Bto-tag%3Db>", "timer, 100rel,path",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    public string Name => "header";

    public IReadOnlyList<string> MustReach => ["read", "refused"];

    public string Run(Random random)
    {
        var bytes = Mutator.Damage(random, random.Pick(s_values), s_values);
        var any = false;
        if (NameAddressView.TryParse(bytes, out var address))
        {
            any = true;
            _ = address.DisplayName.Length + address.UriBytes.Length + address.Tag.Length + address.Parameters.Length;
            address.TryGetParameter("expires"u8, out _);
            address.TryGetUri(out _);
            QuotedText.Unescape(address.DisplayName);
        }

        if (ContactView.TryParse(bytes, out var contact))
        {
            FuzzException.Unless(contact.Q is >= 0 and <= 1000, "q lies between 0 and 1");
        }

        any |= ViaView.TryParse(bytes, out var via) && via.Raw.Length > 0;
        any |= SessionExpires.TryParse(bytes, out _) | RAck.TryParse(bytes, out _) | RetryAfter.TryParse(bytes, out _);
        any |= MediaTypeView.TryParse(bytes, out _) | ReasonView.TryParse(bytes, out _) | EventView.TryParse(bytes, out _);
        any |= Replaces.TryParse(bytes, out _) | ReferTo.TryParse(bytes, out _) | SubscriptionStateView.TryParse(bytes, out _);
        return any ? "read" : "refused";
    }
}
