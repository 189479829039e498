using System.Globalization;

namespace Gateway.Sip;

/// <summary>What a server tells its upstream neighbours of its load (RFC 7339 §4), in the Via that they put into their requests.</summary>
/// <param name="Percent">Of every hundred new requests so many are not to be sent (the loss algorithm); 0 to 100.</param>
/// <param name="Validity">For how long, in milliseconds; 0 with a percentage of 0.</param>
/// <param name="Sequence">Milliseconds of a clock that only goes forward.</param>
public sealed record OverloadFeedback(int Percent, int Validity, long Sequence)
{
    private readonly byte[] _parameters = System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
        $";oc={Percent};oc-algo=\"loss\";oc-validity={(Percent == 0 ? 0 : Validity)};oc-seq={Sequence / 1000 % 1_000_000_000_000}.{Sequence % 1000:000}"));

    /// <summary>The parameters with their leading semicolons.</summary>
    internal ReadOnlySpan<byte> Parameters => _parameters;

    /// <summary>True when the client that wrote this Via understands the loss algorithm (§5.1): it sent "oc" without a value.</summary>
    public static bool IsOffered(in ViaView via)
    {
        if (!via.TryGetParameter("oc"u8, out var value) || !value.IsEmpty || !via.TryGetParameter("oc-algo"u8, out var algorithms))
        {
            return false;
        }
        foreach (var range in algorithms.Trim((byte)'"').Split((byte)','))
        {
            if (SipLexer.EqualsIgnoreCase(SipLexer.Trim(algorithms.Trim((byte)'"')[range]), "loss"u8))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>True for the parameters that the answer replaces.</summary>
    internal static bool Replaces(ReadOnlySpan<byte> name) =>
        SipLexer.EqualsIgnoreCase(name, "oc"u8) || SipLexer.EqualsIgnoreCase(name, "oc-algo"u8)
        || SipLexer.EqualsIgnoreCase(name, "oc-validity"u8) || SipLexer.EqualsIgnoreCase(name, "oc-seq"u8);
}
