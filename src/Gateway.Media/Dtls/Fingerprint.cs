using System.Security.Cryptography;

namespace Gateway.Media.Dtls;

/// <summary>What became of an a=fingerprint value.</summary>
public enum FingerprintError
{
    /// <summary>Read.</summary>
    None = 0,

    /// <summary>No hash name and colon-separated octets of the hash's length.</summary>
    Malformed,

    /// <summary>sha-1, md5 or md2: no longer proof of anything, so refused.</summary>
    Weak,

    /// <summary>A hash that the gateway does not know.</summary>
    Unknown,
}

/// <summary>
/// The hash of a certificate as SDP carries it: <c>sha-256 AB:CD:…</c> (RFC 8122 §5). It is what ties a DTLS association to the signalling,
/// so weak hashes are refused and the comparison covers every octet. Names are read without regard to case.
/// </summary>
public sealed class Fingerprint : IEquatable<Fingerprint>
{
    private readonly byte[] _value;

    private Fingerprint(string algorithm, byte[] value)
    {
        Algorithm = algorithm;
        _value = value;
    }

    /// <summary>The hash name in lower case: sha-256, sha-384 or sha-512.</summary>
    public string Algorithm { get; }

    /// <summary>The octets of the hash.</summary>
    public ReadOnlySpan<byte> Value => _value;

    /// <summary>The SHA-256 fingerprint of a certificate in DER.</summary>
    public static Fingerprint OfCertificate(ReadOnlySpan<byte> der) => new("sha-256", SHA256.HashData(der));

    /// <summary>Reads the value of an a=fingerprint attribute.</summary>
    public static FingerprintError TryParse(ReadOnlySpan<char> text, out Fingerprint? fingerprint)
    {
        fingerprint = null;
        text = text.Trim(' ');
        var space = text.IndexOf(' ');
        if (space <= 0)
        {
            return FingerprintError.Malformed;
        }

        var name = text[..space];
        var hex = text[(space + 1)..].TrimStart(' ');
        if (Is(name, "sha-1") || Is(name, "md5") || Is(name, "md2"))
        {
            return FingerprintError.Weak;
        }

        var (algorithm, length) =
            Is(name, "sha-256") ? ("sha-256", SHA256.HashSizeInBytes) :
            Is(name, "sha-384") ? ("sha-384", SHA384.HashSizeInBytes) :
            Is(name, "sha-512") ? ("sha-512", SHA512.HashSizeInBytes) : ("", 0);
        if (length == 0)
        {
            return FingerprintError.Unknown;
        }

        if (hex.Length != (length * 3) - 1)
        {
            return FingerprintError.Malformed;
        }

        var value = new byte[length];
        for (var i = 0; i < length; i++)
        {
            var high = Digit(hex[i * 3]);
            var low = Digit(hex[(i * 3) + 1]);
            if ((high | low) < 0 || (i + 1 < length && hex[(i * 3) + 2] != ':'))
            {
                return FingerprintError.Malformed;
            }

            value[i] = (byte)((high << 4) | low);
        }

        fingerprint = new Fingerprint(algorithm, value);
        return FingerprintError.None;
    }

    /// <summary>True when the certificate has this fingerprint.</summary>
    public bool Matches(ReadOnlySpan<byte> certificateDer)
    {
        Span<byte> hash = stackalloc byte[SHA512.HashSizeInBytes];
        var written = Algorithm switch
        {
            "sha-256" => SHA256.HashData(certificateDer, hash),
            "sha-384" => SHA384.HashData(certificateDer, hash),
            _ => SHA512.HashData(certificateDer, hash),
        };
        return CryptographicOperations.FixedTimeEquals(hash[..written], _value);
    }

    /// <summary>True when the certificate has one of the fingerprints; no fingerprints allow no certificate (RFC 8122 §6.2).</summary>
    public static bool MatchesAny(IReadOnlyList<Fingerprint> expected, ReadOnlySpan<byte> certificateDer)
    {
        ArgumentNullException.ThrowIfNull(expected);
        for (var i = 0; i < expected.Count && i < MediaLimits.Fingerprints; i++)
        {
            if (expected[i].Matches(certificateDer))
            {
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc />
    public bool Equals(Fingerprint? other) => other is not null && Algorithm == other.Algorithm && _value.AsSpan().SequenceEqual(other._value);

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as Fingerprint);

    /// <inheritdoc />
    public override int GetHashCode() => BitConverter.ToInt32(_value);

    /// <summary>The value of the SDP attribute: name, space, upper-case octets with colons.</summary>
    public override string ToString()
    {
        Span<char> text = stackalloc char[8 + (SHA512.HashSizeInBytes * 3)];
        Algorithm.CopyTo(text);
        var at = Algorithm.Length;
        text[at++] = ' ';
        for (var i = 0; i < _value.Length; i++)
        {
            if (i > 0)
            {
                text[at++] = ':';
            }

            _value[i].TryFormat(text[at..], out _, "X2");
            at += 2;
        }

        return new string(text[..at]);
    }

    private static bool Is(ReadOnlySpan<char> name, string known) => name.Equals(known, StringComparison.OrdinalIgnoreCase);

    private static int Digit(char c) => c switch
    {
        >= '0' and <= '9' => c - '0',
        >= 'A' and <= 'F' => c - 'A' + 10,
        >= 'a' and <= 'f' => c - 'a' + 10,
        _ => -1,
    };
}
