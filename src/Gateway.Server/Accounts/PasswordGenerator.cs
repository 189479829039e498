using System.Security.Cryptography;

namespace Gateway.Server.Accounts;

/// <summary>Passwords that a person can read out and type into a desk phone: 80 random bits in four groups of four.</summary>
public static class PasswordGenerator
{
    // 32 characters, none of which is taken for another: no 0 and o, no 1 and l.
    private const string Alphabet = "23456789abcdefghijkmnpqrstuvwxyz";
    private const int Groups = 4;
    private const int GroupSize = 4;

    public static string Create(RandomNumberGenerator random)
    {
        Span<byte> bytes = stackalloc byte[Groups * GroupSize];
        random.GetBytes(bytes);
        Span<char> text = stackalloc char[(Groups * (GroupSize + 1)) - 1];
        for (int i = 0, at = 0; i < bytes.Length; i++)
        {
            if (i > 0 && i % GroupSize == 0)
            {
                text[at++] = '-';
            }

            // 256 is a multiple of 32: no character is likelier than another.
            text[at++] = Alphabet[bytes[i] & 31];
        }

        return text.ToString();
    }
}
