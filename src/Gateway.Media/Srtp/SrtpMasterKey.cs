using System.Security.Cryptography;

namespace Gateway.Media.Srtp;

/// <summary>
/// A master key and master salt of one direction (RFC 3711 §3.2.1). The octets never appear in text, and are zeroed on <see cref="Dispose"/>.
/// </summary>
public sealed class SrtpMasterKey : IDisposable
{
    private readonly byte[] _bytes;
    private readonly int _keyLength;

    /// <summary>Copies key and salt; the lengths must be the profile's.</summary>
    /// <exception cref="ArgumentException">A length is not the profile's, or the profile is not supported: a fault of the caller.</exception>
    public SrtpMasterKey(SrtpProfile profile, ReadOnlySpan<byte> key, ReadOnlySpan<byte> salt)
    {
        if (!profile.IsSupported() || key.Length != profile.KeyLength() || salt.Length != profile.SaltLength())
        {
            throw new ArgumentException("Key or salt length does not belong to the profile.", nameof(profile));
        }

        Profile = profile;
        _keyLength = key.Length;
        _bytes = GC.AllocateUninitializedArray<byte>(key.Length + salt.Length);
        key.CopyTo(_bytes);
        salt.CopyTo(_bytes.AsSpan(key.Length));
    }

    /// <summary>The profile that the key is for.</summary>
    public SrtpProfile Profile { get; }

    /// <summary>The master key.</summary>
    public ReadOnlySpan<byte> Key => _bytes.AsSpan(0, _keyLength);

    /// <summary>The master salt: 14 octets, or 12 for GCM.</summary>
    public ReadOnlySpan<byte> Salt => _bytes.AsSpan(_keyLength);

    /// <summary>Makes a fresh random key, as an SDES offer needs.</summary>
    public static SrtpMasterKey Create(SrtpProfile profile, RandomNumberGenerator random)
    {
        ArgumentNullException.ThrowIfNull(random);
        Span<byte> bytes = stackalloc byte[profile.KeyLength() + profile.SaltLength()];
        random.GetBytes(bytes);
        var made = new SrtpMasterKey(profile, bytes[..profile.KeyLength()], bytes[profile.KeyLength()..]);
        CryptographicOperations.ZeroMemory(bytes);
        return made;
    }

    /// <summary>Reads the <c>inline:</c> value of an a=crypto line without its prefix and options: base64 of key and salt (RFC 4568 §6.1).</summary>
    public static bool TryParseInline(SrtpProfile profile, ReadOnlySpan<char> base64, out SrtpMasterKey? key)
    {
        key = null;
        Span<byte> bytes = stackalloc byte[64];
        if (!profile.IsSupported()
            || base64.Length > 80
            || !Convert.TryFromBase64Chars(base64, bytes, out var written)
            || written != profile.KeyLength() + profile.SaltLength())
        {
            return false;
        }

        key = new SrtpMasterKey(profile, bytes[..profile.KeyLength()], bytes[profile.KeyLength()..written]);
        CryptographicOperations.ZeroMemory(bytes);
        return true;
    }

    /// <summary>Base64 of key and salt, for the a=crypto line that we send; never log it.</summary>
    public string ToInline() => Convert.ToBase64String(_bytes);

    /// <summary>Says the profile and nothing else.</summary>
    public override string ToString() => $"{Profile} key";

    /// <summary>Zeroes the octets.</summary>
    public void Dispose() => CryptographicOperations.ZeroMemory(_bytes);
}

/// <summary>
/// The keys that a DTLS-SRTP handshake exports: one per direction (RFC 5764 §4.2).
/// </summary>
public sealed class SrtpKeyMaterial(SrtpMasterKey client, SrtpMasterKey server) : IDisposable
{
    /// <summary>The agreed profile.</summary>
    public SrtpProfile Profile => Client.Profile;

    /// <summary>What the DTLS client protects with.</summary>
    public SrtpMasterKey Client { get; } = client;

    /// <summary>What the DTLS server protects with.</summary>
    public SrtpMasterKey Server { get; } = server;

    /// <summary>Splits exported keying material: client key, server key, client salt, server salt.</summary>
    /// <param name="profile">The profile of use_srtp.</param>
    /// <param name="exported">Exactly <see cref="SrtpProfiles.DtlsExportLength"/> octets.</param>
    public static SrtpKeyMaterial FromDtlsExport(SrtpProfile profile, ReadOnlySpan<byte> exported)
    {
        var k = profile.KeyLength();
        var s = profile.SaltLength();
        if (exported.Length != profile.DtlsExportLength())
        {
            throw new ArgumentException("The exported length does not belong to the profile.", nameof(exported));
        }

        return new SrtpKeyMaterial(
            new SrtpMasterKey(profile, exported[..k], exported.Slice(2 * k, s)),
            new SrtpMasterKey(profile, exported.Slice(k, k), exported.Slice((2 * k) + s, s)));
    }

    /// <summary>Zeroes both keys.</summary>
    public void Dispose()
    {
        Client.Dispose();
        Server.Dispose();
    }
}
