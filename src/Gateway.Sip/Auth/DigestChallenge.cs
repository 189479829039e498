using System.Text;

namespace Gateway.Sip;

/// <summary>A WWW-Authenticate or Proxy-Authenticate value: written by us for our users, read in place from a trunk's.</summary>
public readonly ref struct DigestChallenge
{
    private DigestChallenge(ReadOnlySpan<byte> realm, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> opaque, DigestAlgorithm algorithm, bool hasQop, bool isStale)
    {
        Realm = realm;
        Nonce = nonce;
        Opaque = opaque;
        Algorithm = algorithm;
        HasQop = hasQop;
        IsStale = isStale;
    }

    /// <summary>Without quotes, escapes kept: it goes back as it came.</summary>
    public ReadOnlySpan<byte> Realm { get; }

    public ReadOnlySpan<byte> Nonce { get; }

    /// <summary>Empty when there is none.</summary>
    public ReadOnlySpan<byte> Opaque { get; }

    public DigestAlgorithm Algorithm { get; }

    /// <summary>True when qop=auth is offered; without any qop the answer is that of RFC 2069.</summary>
    public bool HasQop { get; }

    /// <summary>The nonce was too old, the answer right: try again without asking anyone (RFC 7616 §3.3).</summary>
    public bool IsStale { get; }

    /// <summary>
    /// The text of a challenge. qop is auth alone: JsSIP picks auth-int when it stands beside, and then fails
    /// (BROWSER.md A2).
    /// </summary>
    /// <param name="stale">The nonce answered was too old and the password right.</param>
    public static string Write(string realm, string nonce, DigestAlgorithm algorithm, bool stale = false) =>
        $"Digest realm=\"{Escape(realm)}\", nonce=\"{nonce}\", algorithm={Digest.NameOf(algorithm)}, qop=\"auth\"{(stale ? ", stale=true" : "")}";

    /// <summary>False for another scheme, an algorithm we do not speak, auth-int alone, or broken grammar.</summary>
    public static bool TryParse(ReadOnlySpan<byte> value, out DigestChallenge challenge)
    {
        challenge = default;
        if (!AuthParameters.TryBegin(value, "Digest"u8, out var parameters))
        {
            return false;
        }

        ReadOnlySpan<byte> realm = default, nonce = default, opaque = default, algorithm = default, qop = default;
        var stale = false;
        var hasRealm = false;
        while (parameters.MoveNext())
        {
            var text = parameters.Value;
            if (Is(parameters.Name, "realm"u8))
            {
                realm = text;
                hasRealm = true;
            }
            else if (Is(parameters.Name, "nonce"u8))
            {
                nonce = text;
            }
            else if (Is(parameters.Name, "opaque"u8))
            {
                opaque = text;
            }
            else if (Is(parameters.Name, "algorithm"u8))
            {
                algorithm = text;
            }
            else if (Is(parameters.Name, "qop"u8))
            {
                qop = text;
            }
            else if (Is(parameters.Name, "stale"u8))
            {
                stale = Is(text, "true"u8);
            }
        }

        if (parameters.IsBroken
            || !hasRealm
            || nonce.IsEmpty
            || realm.Length > DigestLimits.Realm
            || nonce.Length > DigestLimits.Nonce
            || opaque.Length > DigestLimits.Opaque
            || !TryReadAlgorithm(algorithm, out var known)
            || !(qop.IsEmpty || OffersAuth(qop)))
        {
            return false;
        }

        challenge = new DigestChallenge(realm, nonce, opaque, known, !qop.IsEmpty, stale);
        return true;
    }

    /// <summary>MD5 when absent (RFC 7616 §3.3); the -sess forms are not spoken.</summary>
    internal static bool TryReadAlgorithm(ReadOnlySpan<byte> name, out DigestAlgorithm algorithm)
    {
        algorithm = Is(name, "SHA-256"u8) ? DigestAlgorithm.Sha256 : DigestAlgorithm.Md5;
        return name.IsEmpty || algorithm == DigestAlgorithm.Sha256 || Is(name, "MD5"u8);
    }

    private static bool OffersAuth(ReadOnlySpan<byte> qop)
    {
        foreach (var range in qop.Split((byte)','))
        {
            if (Is(qop[range].Trim(" \t"u8), "auth"u8))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Is(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word) => Ascii.EqualsIgnoreCase(text, word);

    private static string Escape(string text)
    {
        if (text.AsSpan().IndexOfAny("\r\n\0") >= 0)
        {
            throw new ArgumentException("A realm cannot hold CR, LF or NUL.", nameof(text));
        }

        return text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
    }
}
