using System.Globalization;
using System.Security.Cryptography;

namespace Gateway.Sip;

/// <summary>
/// Mints branches and tags: 80 random bits behind the id of the loop, so that what comes back finds its loop and nobody
/// guesses what comes next (RFC 3261 §19.3 asks for 32 bits, THREATS 32 for 64).
/// </summary>
internal sealed class IdMint
{
    /// <summary>The magic cookie (RFC 3261 §8.1.1.7).</summary>
    public const string Cookie = "z9hG4bK";

    private const char Mark = 'g';
    private const int LoopDigits = 4;
    private const int RandomDigits = 16;
    private const int RandomBytes = RandomDigits * 5 / 8;
    private const string Base32 = "abcdefghijklmnopqrstuvwxyz234567";

    private readonly RandomNumberGenerator _random;
    private readonly string _loop;
    // One call of the generator serves 64 ids.
    private readonly byte[] _pool = new byte[RandomBytes * 64];
    private int _used;

    public IdMint(RandomNumberGenerator random, int loop)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(loop);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(loop, 0xFFFF);
        _random = random;
        _loop = loop.ToString("x4", CultureInfo.InvariantCulture);
        _used = _pool.Length;
    }

    public string NewBranch() => New(Cookie);

    public string NewTag() => New("");

    /// <summary>A tag that is the same for the same bytes: for answers that leave no state behind (§8.2.7).</summary>
    public string TagOf(ReadOnlySpan<byte> hash) => Format("", _loop, hash[..RandomBytes]);

    public static string NameOf(int loop, ReadOnlySpan<byte> hash) =>
        Format("", loop.ToString("x4", CultureInfo.InvariantCulture), hash[..RandomBytes]);

    public static int LoopOf(ReadOnlySpan<byte> branchOrTag)
    {
        if (branchOrTag.StartsWith("z9hG4bK"u8))
        {
            branchOrTag = branchOrTag[Cookie.Length..];
        }

        if (branchOrTag.Length < 1 + LoopDigits + RandomDigits || branchOrTag[0] != Mark)
        {
            return -1;
        }

        // A branch of the proxy has a second part (RFC 5393 §4.2.1).
        const int WholeLength = 1 + LoopDigits + RandomDigits;
        if (branchOrTag.Length > WholeLength && branchOrTag[WholeLength] != (byte)'.')
        {
            return -1;
        }

        branchOrTag = branchOrTag[..WholeLength];

        foreach (var digit in branchOrTag[(1 + LoopDigits)..])
        {
            if (digit is not ((>= (byte)'a' and <= (byte)'z') or (>= (byte)'2' and <= (byte)'7')))
            {
                return -1;
            }
        }

        var loop = 0;
        foreach (var digit in branchOrTag.Slice(1, LoopDigits))
        {
            var value = digit switch
            {
                >= (byte)'0' and <= (byte)'9' => digit - '0',
                >= (byte)'a' and <= (byte)'f' => digit - 'a' + 10,
                _ => -1,
            };
            if (value < 0)
            {
                return -1;
            }

            loop = (loop << 4) | value;
        }

        return loop;
    }

    private string New(string prefix)
    {
        if (_used == _pool.Length)
        {
            _random.GetBytes(_pool);
            _used = 0;
        }

        var bytes = _pool.AsSpan(_used, RandomBytes);
        _used += RandomBytes;
        var id = Format(prefix, _loop, bytes);
        bytes.Clear();
        return id;
    }

    private static string Format(string prefix, string loop, ReadOnlySpan<byte> bytes)
    {
        Span<char> id = stackalloc char[prefix.Length + 1 + LoopDigits + RandomDigits];
        prefix.CopyTo(id);
        var at = prefix.Length;
        id[at++] = Mark;
        loop.CopyTo(id[at..]);
        at += LoopDigits;
        uint bits = 0;
        var held = 0;
        foreach (var value in bytes)
        {
            bits = (bits << 8) | value;
            held += 8;
            while (held >= 5)
            {
                held -= 5;
                id[at++] = Base32[(int)(bits >> held) & 31];
            }
        }

        return new string(id);
    }
}
