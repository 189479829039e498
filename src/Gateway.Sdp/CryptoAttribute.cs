namespace Gateway.Sdp;

/// <summary>a=crypto: an SRTP key in the description itself (SDES, RFC 4568 §9.1). The key never appears in ToString, hence in no log.</summary>
public sealed record CryptoAttribute(int Tag, string Suite, string KeyParameters, string SessionParameters)
{
    public static bool TryParse(string value, out CryptoAttribute crypto)
    {
        ArgumentNullException.ThrowIfNull(value);
        crypto = null!;
        var parts = value.Split(' ', 4, StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length < 3 || !RtpAttributes.TryNumber(parts[0], 999_999_999, out var tag)) return false;
        if (!parts[2].StartsWith("inline:", StringComparison.OrdinalIgnoreCase)) return false;
        crypto = new CryptoAttribute(tag, parts[1], parts[2], parts.Length > 3 ? parts[3] : "");
        return true;
    }

    public override string ToString() => $"{Tag} {Suite} ***";
}
