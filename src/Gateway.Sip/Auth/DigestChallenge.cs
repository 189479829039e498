namespace Gateway.Sip;

public enum DigestAlgorithm : byte
{
    Md5,
    Sha256,
}

/// <summary>Digest of RFC 7616 / 8760 as pure functions: HA1, challenge text, answer checking.</summary>
public static class Digest
{
    /// <summary>Lower-case hex of H(user:realm:password).</summary>
    public static string Ha1(DigestAlgorithm algorithm, string user, string realm, string password) => throw new NotImplementedException();
}

/// <summary>One parsed Authorization or Proxy-Authorization value, in place.</summary>
public readonly ref struct DigestCredentials
{
    public ReadOnlySpan<byte> Username => throw new NotImplementedException();

    public ReadOnlySpan<byte> Realm => throw new NotImplementedException();

    public ReadOnlySpan<byte> Nonce => throw new NotImplementedException();

    public ReadOnlySpan<byte> Uri => throw new NotImplementedException();

    public ReadOnlySpan<byte> Response => throw new NotImplementedException();

    public DigestAlgorithm Algorithm => throw new NotImplementedException();

    /// <summary>True when qop=auth was used; nc and cnonce are then set.</summary>
    public bool HasQop => throw new NotImplementedException();

    public uint NonceCount => throw new NotImplementedException();

    public static bool TryParse(ReadOnlySpan<byte> value, out DigestCredentials credentials) => throw new NotImplementedException();

    /// <summary>Compares in constant time with the answer that this HA1 gives for the method.</summary>
    public bool Verify(string ha1, ReadOnlySpan<byte> method) => throw new NotImplementedException();
}

public enum NonceState : byte
{
    Valid,
    Stale,
    Forged,
}

/// <summary>
/// Mints nonces that need no memory: time and an HMAC over it, bound to the realm (RFC 7616 §3.3). The nc window of a
/// nonce is kept only after its first valid answer.
/// </summary>
public sealed class NonceMint
{
    /// <param name="key">At least 32 secret bytes.</param>
    /// <param name="lifetime">How long a nonce is good; later ones get stale=true.</param>
    public NonceMint(byte[] key, string realm, TimeSpan lifetime) => throw new NotImplementedException();

    public string Mint(TimeSpan now) => throw new NotImplementedException();

    public NonceState Check(ReadOnlySpan<byte> nonce, TimeSpan now) => throw new NotImplementedException();

    /// <summary>Records nc after the answer proved right; false for a replay (nc not above the last one seen).</summary>
    public bool Accept(ReadOnlySpan<byte> nonce, uint nonceCount, TimeSpan now) => throw new NotImplementedException();
}
