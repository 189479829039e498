using System.Collections.Immutable;

namespace Gateway.Sdp;

/// <summary>
/// a=fingerprint: the hash of the certificate that the peer will show in DTLS (RFC 8122 §5).
/// The hash name is kept in lower case because peers write it in either (baresip sends "SHA-256").
/// </summary>
public sealed record Fingerprint(string HashName, ImmutableArray<byte> Hash)
{
    /// <summary>SHA-256 or better: anything weaker does not count as a check of the certificate.</summary>
    public bool IsStrong => HashName is "sha-256" or "sha-384" or "sha-512";

    public static bool TryParse(string value, out Fingerprint fingerprint)
    {
        ArgumentNullException.ThrowIfNull(value);
        fingerprint = null!;
        var parts = value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length != 2 || parts[1].Length > 64 * 3) return false;
        var name = parts[0].ToLowerInvariant();
        var digits = parts[1].Split(':');
        var hash = new byte[digits.Length];
        for (var i = 0; i < digits.Length; i++)
            if (digits[i].Length != 2 || !byte.TryParse(digits[i], System.Globalization.NumberStyles.AllowHexSpecifier, null, out hash[i])) return false;
        // A name with a hash of another length is no check at all.
        var length = name switch { "sha-1" => 20, "sha-224" => 28, "sha-256" => 32, "sha-384" => 48, "sha-512" => 64, "md5" or "md2" => 16, _ => hash.Length };
        if (hash.Length != length) return false;
        fingerprint = new Fingerprint(name, [.. hash]);
        return true;
    }

    public bool Equals(Fingerprint? other) => other is not null && HashName == other.HashName && Hash.AsSpan().SequenceEqual(other.Hash.AsSpan());

    public override int GetHashCode()
    {
        var code = new HashCode();
        code.Add(HashName);
        code.AddBytes(Hash.AsSpan());
        return code.ToHashCode();
    }

    /// <summary>"sha-256 4A:AD:…", upper case as RFC 8122 §5 requires.</summary>
    public override string ToString() => $"{HashName} {string.Join(':', Hash.Select(octet => octet.ToString("X2", System.Globalization.CultureInfo.InvariantCulture)))}";
}
