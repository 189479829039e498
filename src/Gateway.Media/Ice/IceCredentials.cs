using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Media.Ice;

/// <summary>
/// A username fragment and password of ours (RFC 8445 §5.3). The fragment always has eight characters, so that it fits a <see cref="ulong"/>,
/// by which a media loop finds the session of a check without making a string.
/// </summary>
public sealed class IceCredentials
{
    /// <summary>Characters of our fragments.</summary>
    public const int UfragLength = 8;

    /// <summary>Characters of our passwords: 144 random bits, of which the RFC asks for 128.</summary>
    public const int PasswordLength = 24;

    private const string IceChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"; // RFC 8839 §5.4

    private static readonly SearchValues<char> s_iceChars = SearchValues.Create(IceChars);

    private IceCredentials(string ufrag, string password)
    {
        Ufrag = ufrag;
        Password = password;
        TryGetKey(Encoding.ASCII.GetBytes(ufrag), out var key);
        Key = key;
    }

    /// <summary>The username fragment, for a=ice-ufrag.</summary>
    public string Ufrag { get; }

    /// <summary>The password, for a=ice-pwd; never log it.</summary>
    public string Password { get; }

    /// <summary>The fragment as a table key.</summary>
    public ulong Key { get; }

    /// <summary>Makes new ones.</summary>
    /// <param name="random">The source of the characters.</param>
    /// <param name="prefix">Up to four characters that the fragment shall begin with, such as a loop's number; they are no secret.</param>
    public static IceCredentials Create(RandomNumberGenerator random, string prefix = "")
    {
        ArgumentNullException.ThrowIfNull(random);
        ArgumentNullException.ThrowIfNull(prefix);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(prefix.Length, 4);
        return new IceCredentials(prefix + Text(random, UfragLength - prefix.Length), Text(random, PasswordLength));
    }

    /// <summary>
    /// Takes credentials that signalling has minted for us; false unless the fragment has <see cref="UfragLength"/> characters
    /// and the password at least the 22 of RFC 8445 §5.3.
    /// </summary>
    public static bool TryCreate(string ufrag, string password, out IceCredentials? credentials)
    {
        ArgumentNullException.ThrowIfNull(ufrag);
        ArgumentNullException.ThrowIfNull(password);
        var fits = ufrag.Length == UfragLength && password.Length is >= 22 and <= 256
            && ufrag.AsSpan().IndexOfAnyExcept(s_iceChars) < 0 && password.AsSpan().IndexOfAnyExcept(s_iceChars) < 0;
        credentials = fits ? new IceCredentials(ufrag, password) : null;
        return fits;
    }

    /// <summary>The table key of a fragment of ours; false when it has not the length of ours.</summary>
    public static bool TryGetKey(ReadOnlySpan<byte> ufrag, out ulong key)
    {
        key = 0;
        if (ufrag.Length != UfragLength)
        {
            return false;
        }

        key = BitConverter.ToUInt64(ufrag);
        return true;
    }

    /// <summary>Says the fragment and not the password.</summary>
    public override string ToString() => Ufrag;

    private static string Text(RandomNumberGenerator random, int length)
    {
        Span<byte> bytes = stackalloc byte[length];
        random.GetBytes(bytes);
        Span<char> text = stackalloc char[length];
        for (var i = 0; i < length; i++)
        {
            text[i] = IceChars[bytes[i] & 63];
        }

        return new string(text);
    }
}
