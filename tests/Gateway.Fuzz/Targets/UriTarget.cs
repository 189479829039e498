using System.Text;
using Gateway.Sip;

namespace Gateway.Fuzz.Targets;

/// <summary>URIs: parsed, printed, parsed again they are the same, and printing them is then stable.</summary>
internal sealed class UriTarget : IFuzzTarget
{
    private static readonly byte[][] s_values =
    [
        .. new[]
        {
            "sip:a%20b:pw@[2001:db8::1]:5060;lr;x=%41?Subject=a%20b&Replaces=c%3Bto-tag%3D1%3Bfrom-tag%3D2", "sips:alice@example.com;transport=tcp;maddr=192.0.2.1;ttl=15;user=phone",
            "sip:[::ffff:192.0.2.1]", "sip:user@[2001:db8:::192.0.2.1]", "tel:+1-201-555-0123;phone-context=+1;ext=5", "tel:112;phone-context=example.com",
            "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com", "sip:*31#123@host", "sip:user;par=u%40example.net@example.com",
            "sip:abc123.invalid;transport=ws;ob;gr=urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    public string Name => "uri";

    public IReadOnlyList<string> MustReach => ["read", "refused"];

    public string Run(Random random)
    {
        var bytes = Mutator.Damage(random, random.Pick(s_values), s_values);
        _ = SipUriView.TryParse(bytes, out var view) && view.User.Length + view.Host.Length + view.Parameters.Length >= 0;
        if (!SipUri.TryParse(bytes, out var uri))
        {
            return "refused";
        }

        var text = uri.ToString();
        if (text.Length > SipLimits.Uri)
        {
            // Escapes made it longer than what is read.
            return "read";
        }

        FuzzException.Unless(SipUri.TryParse(text.AsSpan(), out var again), $"what was printed parses: {text}");
        FuzzException.Unless(uri.Equals(again) && uri.GetHashCode() == again.GetHashCode(), $"it is the same URI: {text}");
        FuzzException.Unless(text == again.ToString(), $"it is printed the same: {text}");
        FuzzException.Unless(text.AsSpan().IndexOfAny('\r', '\n', '\0') < 0, "no line end and no NUL is printed");
        return "read";
    }
}
