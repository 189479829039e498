using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Sip;

/// <summary>Why an Authorization value is not used.</summary>
public enum DigestParseError : byte
{
    None,
    /// <summary>Another scheme than Digest.</summary>
    Scheme,
    /// <summary>Broken grammar, a parameter twice, or over a limit.</summary>
    Syntax,
    /// <summary>username, realm, nonce, uri or response is not there, or qop without nc and cnonce.</summary>
    Missing,
    /// <summary>An algorithm that was never offered.</summary>
    Algorithm,
    /// <summary>A qop other than auth.</summary>
    Qop,
}

/// <summary>One parsed Authorization or Proxy-Authorization value, in place (RFC 7616 §3.4).</summary>
public readonly ref struct DigestCredentials
{
    private readonly ReadOnlySpan<byte> _qop;
    private readonly ReadOnlySpan<byte> _nonceCountText;
    private readonly ReadOnlySpan<byte> _clientNonce;

    private DigestCredentials(scoped in Fields fields, DigestAlgorithm algorithm, uint nonceCount)
    {
        Username = fields.Username;
        Realm = fields.Realm;
        Nonce = fields.Nonce;
        Uri = fields.Uri;
        Response = fields.Response;
        _qop = fields.Qop;
        _nonceCountText = fields.NonceCount;
        _clientNonce = fields.ClientNonce;
        Algorithm = algorithm;
        NonceCount = nonceCount;
    }

    /// <summary>Without quotes; escapes are kept, see <see cref="TryGetUsername"/>.</summary>
    public ReadOnlySpan<byte> Username { get; }

    public ReadOnlySpan<byte> Realm { get; }

    public ReadOnlySpan<byte> Nonce { get; }

    public ReadOnlySpan<byte> Uri { get; }

    public ReadOnlySpan<byte> Response { get; }

    public DigestAlgorithm Algorithm { get; }

    /// <summary>True when qop=auth was used; nc and cnonce are then set.</summary>
    public bool HasQop => !_qop.IsEmpty;

    public uint NonceCount { get; }

    public static bool TryParse(ReadOnlySpan<byte> value, out DigestCredentials credentials) =>
        TryParse(value, out credentials, out _);

    public static bool TryParse(ReadOnlySpan<byte> value, out DigestCredentials credentials, out DigestParseError error)
    {
        credentials = default;
        if (!AuthParameters.TryBegin(value, "Digest"u8, out var parameters))
        {
            error = DigestParseError.Scheme;
            return false;
        }

        var fields = default(Fields);
        while (parameters.MoveNext())
        {
            if (!fields.TrySet(parameters.Name, parameters.Value))
            {
                error = DigestParseError.Syntax;
                return false;
            }
        }

        error = parameters.IsBroken ? DigestParseError.Syntax : Check(fields, out var algorithm, out var count, out credentials);
        return error == DigestParseError.None;
    }

    /// <summary>The user name without escapes, as the accounts know it.</summary>
    public bool TryGetUsername(Span<char> buffer, out int length)
    {
        Span<byte> plain = stackalloc byte[DigestLimits.Username];
        var count = 0;
        for (var at = 0; at < Username.Length; at++)
        {
            if (Username[at] == '\\' && at + 1 < Username.Length)
            {
                at++;
            }

            plain[count++] = Username[at];
        }

        return Encoding.UTF8.TryGetChars(plain[..count], buffer, out length);
    }

    /// <summary>Compares in constant time with the answer that this HA1 gives for the method. Allocates nothing.</summary>
    /// <param name="ha1">Lower-case hex of the algorithm's size.</param>
    public bool Verify(string ha1, ReadOnlySpan<byte> method)
    {
        ArgumentNullException.ThrowIfNull(ha1);
        var size = Digest.SizeOf(Algorithm);
        if (ha1.Length != 2 * size || method.Length > DigestLimits.Method || Response.Length != 2 * size)
        {
            return false;
        }

        Span<byte> expected = stackalloc byte[Digest.MaxHash];
        Span<byte> given = stackalloc byte[Digest.MaxHash];
        Digest.Answer(Algorithm, ha1, method, Uri, Nonce, _nonceCountText, _clientNonce, _qop, expected);
        return TryReadHex(Response, given[..size]) & CryptographicOperations.FixedTimeEquals(expected[..size], given[..size]);
    }

    private static DigestParseError Check(scoped in Fields fields, out DigestAlgorithm algorithm, out uint count, out DigestCredentials credentials)
    {
        algorithm = DigestAlgorithm.Md5;
        count = 0;
        credentials = default;
        if (fields.Username.IsEmpty || fields.Realm.IsEmpty || fields.Nonce.IsEmpty || fields.Uri.IsEmpty || fields.Response.IsEmpty)
        {
            return DigestParseError.Missing;
        }

        if (!DigestChallenge.TryReadAlgorithm(fields.Algorithm, out algorithm))
        {
            return DigestParseError.Algorithm;
        }

        if (!fields.Qop.IsEmpty)
        {
            if (!Ascii.EqualsIgnoreCase(fields.Qop, "auth"u8))
            {
                return DigestParseError.Qop;
            }

            if (fields.NonceCount.IsEmpty || fields.ClientNonce.IsEmpty)
            {
                return DigestParseError.Missing;
            }

            if (fields.NonceCount.Length != DigestLimits.NonceCount
                || !Utf8Parser.TryParse(fields.NonceCount, out count, out var read, 'x')
                || read != DigestLimits.NonceCount
                || count == 0)
            {
                return DigestParseError.Syntax;
            }
        }

        credentials = new DigestCredentials(fields, algorithm, count);
        return DigestParseError.None;
    }

    /// <summary>Reads hex of either case; runs through all of it whatever it holds.</summary>
    private static bool TryReadHex(ReadOnlySpan<byte> text, Span<byte> bytes)
    {
        var bad = 0;
        for (var at = 0; at < bytes.Length; at++)
        {
            var value = (Digit(text[2 * at]) << 4) | Digit(text[(2 * at) + 1]);
            bad |= value;
            bytes[at] = (byte)value;
        }

        return bad >= 0;

        static int Digit(byte digit) => digit switch
        {
            >= (byte)'0' and <= (byte)'9' => digit - '0',
            >= (byte)'a' and <= (byte)'f' => digit - 'a' + 10,
            >= (byte)'A' and <= (byte)'F' => digit - 'A' + 10,
            _ => -1,
        };
    }

    /// <summary>The parameters as they are met; each may come once.</summary>
    private ref struct Fields
    {
        public ReadOnlySpan<byte> Username;
        public ReadOnlySpan<byte> Realm;
        public ReadOnlySpan<byte> Nonce;
        public ReadOnlySpan<byte> Uri;
        public ReadOnlySpan<byte> Response;
        public ReadOnlySpan<byte> Algorithm;
        public ReadOnlySpan<byte> Qop;
        public ReadOnlySpan<byte> NonceCount;
        public ReadOnlySpan<byte> ClientNonce;
        public ReadOnlySpan<byte> Opaque;
        private int _seen;

        public bool TrySet(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
        {
            Span<byte> lower = stackalloc byte[16];
            if (Ascii.ToLower(name, lower, out var length) != System.Buffers.OperationStatus.Done)
            {
                return true; // longer than any name we know
            }

            switch (lower[..length])
            {
                case var n when n.SequenceEqual("username"u8):
                    return Set(ref Username, value, DigestLimits.Username, 0);
                case var n when n.SequenceEqual("realm"u8):
                    return Set(ref Realm, value, DigestLimits.Realm, 1);
                case var n when n.SequenceEqual("nonce"u8):
                    return Set(ref Nonce, value, DigestLimits.Nonce, 2);
                case var n when n.SequenceEqual("uri"u8):
                    return Set(ref Uri, value, DigestLimits.Uri, 3);
                case var n when n.SequenceEqual("response"u8):
                    return Set(ref Response, value, 2 * Digest.MaxHash, 4);
                case var n when n.SequenceEqual("algorithm"u8):
                    return Set(ref Algorithm, value, 32, 5);
                case var n when n.SequenceEqual("qop"u8):
                    return Set(ref Qop, value, 32, 6);
                case var n when n.SequenceEqual("nc"u8):
                    return Set(ref NonceCount, value, DigestLimits.NonceCount, 7);
                case var n when n.SequenceEqual("cnonce"u8):
                    return Set(ref ClientNonce, value, DigestLimits.ClientNonce, 8);
                case var n when n.SequenceEqual("opaque"u8):
                    return Set(ref Opaque, value, DigestLimits.Opaque, 9);
                default:
                    return true;
            }
        }

        private bool Set(scoped ref ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, int limit, int bit)
        {
            if ((_seen & (1 << bit)) != 0 || value.Length > limit)
            {
                return false;
            }

            _seen |= 1 << bit;
            field = value;
            return true;
        }
    }
}
