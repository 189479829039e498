using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Numerics;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Gateway.Server.Widgets;

namespace Gateway.Web.Widgets;

/// <summary>
/// A captcha without a third party and without pictures: the browser looks for a number whose SHA-256 begins with enough zero
/// bits, which takes it a moment and a flood very many. The challenge carries its own proof, so that nothing is stored for it.
/// </summary>
internal sealed class ProofOfWork : ICaptchaVerifier
{
    /// <summary>Long enough for a slow telephone.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(2);

    private const int LongestAnswer = 256;

    private readonly byte[] _key;
    private readonly int _bits;
    private readonly SpentTickets _spent = new();

    /// <param name="bits">Leading zero bits asked for; each more doubles the work.</param>
    public ProofOfWork(byte[] tokenKey, int bits)
    {
        _key = HKDF.DeriveKey(HashAlgorithmName.SHA256, tokenKey, 32, info: "gateway widget captcha 1"u8.ToArray());
        _bits = bits;
    }

    public CaptchaKind Kind => CaptchaKind.ProofOfWork;

    /// <param name="Challenge">Find n so that SHA-256("challenge:n") begins with <paramref name="Bits"/> zero bits; answer "challenge:n".</param>
    internal sealed record Puzzle(string Kind, string Challenge, int Bits, int Expires);

    public object Challenge(Widget widget, string origin, DateTimeOffset utcNow)
    {
        var body = string.Create(CultureInfo.InvariantCulture, $"{Guid.NewGuid():N}.{(utcNow + Lifetime).ToUnixTimeSeconds()}.{_bits}");
        return new Puzzle("proof-of-work", $"{body}.{Mac(widget, origin, body)}", _bits, (int)Lifetime.TotalSeconds);
    }

    public ValueTask<bool> VerifyAsync(Widget widget, string origin, string answer, IPAddress address, DateTimeOffset utcNow, CancellationToken cancel) =>
        ValueTask.FromResult(answer.Length <= LongestAnswer && IsSolved(widget, origin, answer, utcNow));

    private bool IsSolved(Widget widget, string origin, string answer, DateTimeOffset utcNow)
    {
        var colon = answer.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0) return false;
        var parts = answer[..colon].Split('.');
        if (parts.Length != 4
            || !Guid.TryParseExact(parts[0], "N", out var id)
            || !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var expires)
            || !int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var bits))
        {
            return false;
        }

        var mac = Mac(widget, origin, $"{parts[0]}.{parts[1]}.{parts[2]}");
        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(mac), Encoding.UTF8.GetBytes(parts[3]))
            && expires > utcNow.ToUnixTimeSeconds()
            && LeadingZeros(SHA256.HashData(Encoding.UTF8.GetBytes(answer))) >= bits
            && _spent.TrySpend(id, expires, utcNow);
    }

    private string Mac(Widget widget, string origin, string body) =>
        Base64Url.EncodeToString(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{widget.PublicId}\n{origin}\n{body}")));

    private static int LeadingZeros(ReadOnlySpan<byte> hash)
    {
        var first = BinaryPrimitives.ReadUInt64BigEndian(hash);
        return first != 0 ? BitOperations.LeadingZeroCount(first) : 64;
    }
}
