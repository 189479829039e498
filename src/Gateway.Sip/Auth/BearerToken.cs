using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Sip;

/// <summary>
/// Short-lived signed tokens for our own browser client (in the manner of RFC 8898): who may register, for how long, and
/// nothing that helps anyone elsewhere. base64url of the claims, a dot, base64url of HMAC-SHA256 over them.
/// </summary>
/// <remarks>
/// Claims: version (1 byte), issued and expiry in Unix seconds (8 each), random id (8), length of the purpose (1), purpose,
/// account; both UTF-8. The MAC is checked before anything is read.
/// </remarks>
public sealed class BearerToken
{
    /// <summary>Longest token that is looked at.</summary>
    public const int MaxLength = 512;

    /// <summary>Longest account name, in UTF-8 bytes.</summary>
    public const int MaxAccount = 128;

    private const byte Version = 1;
    private const int IdBytes = 8;
    private const int HeadBytes = 1 + 8 + 8 + IdBytes + 1;
    private const int MaxPurpose = 32;
    private const int MaxClaims = HeadBytes + MaxPurpose + MaxAccount;
    private const int MacBytes = HMACSHA256.HashSizeInBytes;
    private const int MacChars = 43;

    /// <summary>A token from the future is taken this far, for clocks of nodes that differ.</summary>
    private const long SkewSeconds = 60;

    private readonly byte[] _key;
    private readonly byte[] _purpose;
    private readonly RandomNumberGenerator _random;

    /// <param name="key">At least 32 secret bytes.</param>
    /// <param name="purpose">What the tokens are for, e.g. "sip": one for another purpose with the same key is refused.</param>
    public BearerToken(byte[] key, string purpose, RandomNumberGenerator random)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(random);
        ArgumentException.ThrowIfNullOrEmpty(purpose);
        ArgumentOutOfRangeException.ThrowIfLessThan(key.Length, 32, nameof(key));
        _key = key;
        _purpose = Encoding.UTF8.GetBytes(purpose);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_purpose.Length, MaxPurpose, nameof(purpose));
        _random = random;
    }

    /// <param name="utcNow">Wall clock: the token is read by other nodes and after restarts.</param>
    public string Mint(string account, TimeSpan lifetime, DateTimeOffset utcNow)
    {
        ArgumentException.ThrowIfNullOrEmpty(account);
        ArgumentOutOfRangeException.ThrowIfLessThan(lifetime, TimeSpan.FromSeconds(1));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lifetime, TimeSpan.FromDays(1));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Encoding.UTF8.GetByteCount(account), MaxAccount, nameof(account));

        Span<byte> claims = stackalloc byte[MaxClaims];
        var issued = utcNow.ToUnixTimeSeconds();
        claims[0] = Version;
        BinaryPrimitives.WriteInt64BigEndian(claims[1..], issued);
        BinaryPrimitives.WriteInt64BigEndian(claims[9..], issued + (long)lifetime.TotalSeconds);
        _random.GetBytes(claims.Slice(17, IdBytes));
        claims[HeadBytes - 1] = (byte)_purpose.Length;
        _purpose.CopyTo(claims[HeadBytes..]);
        var length = HeadBytes + _purpose.Length;
        length += Encoding.UTF8.GetBytes(account, claims[length..]);
        claims = claims[..length];

        Span<byte> mac = stackalloc byte[MacBytes];
        HMACSHA256.HashData(_key, claims, mac);
        return $"{Base64Url.EncodeToString(claims)}.{Base64Url.EncodeToString(mac)}";
    }

    /// <summary>True for a token of ours, of this purpose, that has not run out. Constant time as to the signature.</summary>
    public bool TryVerify(ReadOnlySpan<byte> token, DateTimeOffset utcNow, out string account)
    {
        account = "";
        var dot = token.IndexOf((byte)'.');
        if (token.Length > MaxLength || dot < 0 || token.Length - dot - 1 != MacChars)
        {
            return false;
        }

        Span<byte> claims = stackalloc byte[MaxClaims];
        Span<byte> given = stackalloc byte[MacBytes];
        // Not TryDecodeFromUtf8: that one throws for what is not base64url.
        if (Base64Url.DecodeFromUtf8(token[..dot], claims, out _, out var length) != OperationStatus.Done
            || Base64Url.DecodeFromUtf8(token[(dot + 1)..], given, out _, out var macLength) != OperationStatus.Done
            || macLength != MacBytes)
        {
            return false;
        }

        claims = claims[..length];
        Span<byte> mac = stackalloc byte[MacBytes];
        HMACSHA256.HashData(_key, claims, mac);
        return CryptographicOperations.FixedTimeEquals(mac, given) && TryRead(claims, utcNow.ToUnixTimeSeconds(), out account);
    }

    /// <summary>The token of an <c>Authorization: Bearer …</c> value; false for another scheme.</summary>
    public static bool TryGetToken(ReadOnlySpan<byte> authorization, out ReadOnlySpan<byte> token)
    {
        const int SchemeLength = 7;
        var isBearer = authorization.Length > SchemeLength && Ascii.EqualsIgnoreCase(authorization[..SchemeLength], "Bearer "u8);
        token = isBearer ? authorization[SchemeLength..].Trim((byte)' ') : default;
        return isBearer && token.Length is > 0 and <= MaxLength;
    }

    private bool TryRead(ReadOnlySpan<byte> claims, long now, out string account)
    {
        account = "";
        if (claims.Length <= HeadBytes || claims[0] != Version)
        {
            return false;
        }

        var issued = BinaryPrimitives.ReadInt64BigEndian(claims[1..]);
        var expiry = BinaryPrimitives.ReadInt64BigEndian(claims[9..]);
        var body = claims[HeadBytes..];
        var purposeLength = claims[HeadBytes - 1];
        if (body.Length <= purposeLength
            || !body[..purposeLength].SequenceEqual(_purpose)
            || issued > now + SkewSeconds
            || expiry <= now)
        {
            return false;
        }

        account = Encoding.UTF8.GetString(body[purposeLength..]);
        return true;
    }
}
