using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Server.Accounts;

/// <summary>
/// The slow password hash of web sign-in: PBKDF2 in the layout of ASP.NET Identity's version 3 (a marker, the hash function,
/// iterations, salt length, salt, key; base64), so that it says itself how it was made and can be made stronger later.
/// </summary>
public static class PasswordHash
{
    /// <summary>OWASP's figure of 2023 for PBKDF2 with HMAC-SHA-512.</summary>
    public const int Iterations = 210_000;

    private const byte Marker = 1;
    private const int HeaderSize = 13;
    private const int SaltSize = 16;
    private const int KeySize = 32;
    private const int MostIterations = 10_000_000;

    private static readonly string s_dummy = Create("dummy", new byte[SaltSize], Iterations);

    /// <param name="iterations">Fewer only in tests.</param>
    public static string Create(string password, RandomNumberGenerator random, int iterations = Iterations)
    {
        Span<byte> salt = stackalloc byte[SaltSize];
        random.GetBytes(salt);
        return Create(password, salt, iterations);
    }

    /// <summary>False for a wrong password and for a hash that cannot be read.</summary>
    public static bool Verify(string hash, string password)
    {
        Span<byte> bytes = stackalloc byte[256];
        if (!Convert.TryFromBase64String(hash, bytes, out var length) || length < HeaderSize || bytes[0] != Marker)
        {
            return false;
        }

        var algorithm = BinaryPrimitives.ReadUInt32BigEndian(bytes[1..]) switch
        {
            1 => HashAlgorithmName.SHA256,
            2 => HashAlgorithmName.SHA512,
            _ => default,
        };
        var iterations = BinaryPrimitives.ReadUInt32BigEndian(bytes[5..]);
        var saltSize = BinaryPrimitives.ReadUInt32BigEndian(bytes[9..]);
        if (algorithm == default || iterations is 0 or > MostIterations || saltSize < 8 || HeaderSize + saltSize + 16 > length)
        {
            return false;
        }

        var salt = bytes.Slice(HeaderSize, (int)saltSize);
        var expected = bytes[(HeaderSize + (int)saltSize)..length];
        Span<byte> actual = stackalloc byte[expected.Length];
        Rfc2898DeriveBytes.Pbkdf2(password, salt, actual, (int)iterations, algorithm);
        return CryptographicOperations.FixedTimeEquals(actual, expected);
    }

    /// <summary>Does the work of a check for a user who does not exist, so that the time tells nothing.</summary>
    public static void VerifyNobody(string password) => Verify(s_dummy, password);

    private static string Create(string password, ReadOnlySpan<byte> salt, int iterations)
    {
        Span<byte> bytes = stackalloc byte[HeaderSize + SaltSize + KeySize];
        bytes[0] = Marker;
        BinaryPrimitives.WriteUInt32BigEndian(bytes[1..], 2);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[5..], (uint)iterations);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[9..], SaltSize);
        salt.CopyTo(bytes[HeaderSize..]);
        Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, bytes[(HeaderSize + SaltSize)..], iterations, HashAlgorithmName.SHA512);
        return Convert.ToBase64String(bytes);
    }
}
