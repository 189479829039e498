using System.Buffers;
using System.Security.Cryptography;

namespace Gateway.Server.Widgets;

/// <summary>The id of a widget that stands in other people's pages: it names the widget and opens nothing by itself.</summary>
public static class PublicId
{
    public const string Prefix = "w_";

    /// <summary>Characters after the prefix: 16 of 57 are 93 bits, too many to find one by trying.</summary>
    public const int Length = 16;

    /// <summary>Without 0, O, I, l and 1, which people mix up when they read it out.</summary>
    private const string Alphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

    private static readonly SearchValues<char> s_alphabet = SearchValues.Create(Alphabet);

    public static string Mint(RandomNumberGenerator random)
    {
        ArgumentNullException.ThrowIfNull(random);
        Span<char> id = stackalloc char[Length];
        Span<byte> one = stackalloc byte[1];
        for (var i = 0; i < Length;)
        {
            random.GetBytes(one);
            // Only whole turns of the alphabet, so that every character is as likely as any other.
            if (one[0] < 256 / Alphabet.Length * Alphabet.Length) id[i++] = Alphabet[one[0] % Alphabet.Length];
        }

        return string.Concat(Prefix, id);
    }

    public static bool IsWellFormed(string? text) =>
        text is { Length: 2 + Length } && text.StartsWith(Prefix, StringComparison.Ordinal) && !text.AsSpan(Prefix.Length).ContainsAnyExcept(s_alphabet);
}
