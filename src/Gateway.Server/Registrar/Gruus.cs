using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Gateway.Server.Accounts;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Registrar;

/// <summary>Whom a GRUU means.</summary>
/// <param name="Account">Null when it is no GRUU of ours, or none any more: 404.</param>
/// <param name="Bindings">The flows of the one device that it means; none: 480 (RFC 5627 §6.1).</param>
public readonly record struct GruuTarget(Account? Account, IReadOnlyList<Binding> Bindings);

/// <summary>
/// URIs that reach one device of a user (RFC 5627). The public one is the AOR with the instance in its gr parameter; a
/// temporary one tells nobody whose it is: who reads it needs the key. Neither is stored anywhere.
/// </summary>
/// <remarks>
/// A temporary GRUU names account, instance, Call-ID and time under AES and HMAC (the form of RFC 5627 appendix A.2). It is good
/// as long as a contact of the instance lives that was registered by then with that Call-ID: another Call-ID, or the end of
/// the last contact, makes it invalid as §5.1 and §5.3 want, without anybody having to remember it.
/// </remarks>
/// <param name="key">32 bytes, the same in every run and on every loop, or temporary GRUUs end with the process.</param>
public sealed class Gruus(byte[] key, ServerOptions options, AccountDirectory accounts, BindingDirectory bindings, RandomNumberGenerator random)
{
    private const string Prefix = "tgruu.";
    private const int Block = 16;
    private const int Plain = 2 * Block;
    private const int Mac = 10;
    private const int HashLength = 5;

    private readonly byte[] _encryption = HMACSHA256.HashData(key, "gruu encryption"u8);
    private readonly byte[] _authentication = HMACSHA256.HashData(key, "gruu authentication"u8);

    /// <summary>True when a device that asks for GRUUs gets them.</summary>
    public bool IsOfferedTo(Binding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        return binding.Instance is not null
            && (options.Gruu == GruuOffer.Everybody || (options.Gruu == GruuOffer.Phones && !binding.Flow.IsWebSocket));
    }

    /// <summary>The public GRUU of a contact; with the scheme of its Contact (RFC 5630 §5.2.1).</summary>
    public static SipUri Public(Binding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        return Aor(binding).WithParameter("gr", InstanceOf(binding));
    }

    /// <summary>A new temporary GRUU of a contact.</summary>
    public SipUri Temporary(Binding binding, Account account, DateTimeOffset utcNow)
    {
        ArgumentNullException.ThrowIfNull(binding);
        ArgumentNullException.ThrowIfNull(account);
        Span<byte> plain = stackalloc byte[Plain];
        // The random bytes come first: chained to them, no block looks alike twice (§5.1, property 2).
        random.GetBytes(plain[..2]);
        BinaryPrimitives.WriteUInt32BigEndian(plain[2..], (uint)utcNow.ToUnixTimeSeconds());
        Hash(InstanceOf(binding).ToLowerInvariant(), plain.Slice(6, HashLength));
        Hash(binding.CallId, plain.Slice(6 + HashLength, HashLength));
        account.Id.TryWriteBytes(plain[Block..]);
        Span<byte> sealedBytes = stackalloc byte[Plain + Mac];
        using (var aes = Cipher())
        {
            aes.EncryptCbc(plain, stackalloc byte[Block], sealedBytes, PaddingMode.None);
        }

        Sign(sealedBytes[..Plain], sealedBytes[Plain..]);
        return Aor(binding).WithUser(Prefix + Base64Url.EncodeToString(sealedBytes)).WithParameter("gr", null);
    }

    /// <summary>Reads a Request-URI of our domain. Thread-safe.</summary>
    /// <returns>False for a URI without gr, which is no GRUU and means all devices of its user.</returns>
    public bool TryResolve(in SipUriView uri, out GruuTarget target)
    {
        target = new GruuTarget(null, []);
        if (uri.Scheme == SipScheme.Tel || !uri.TryGetParameter("gr"u8, out var value))
        {
            return false;
        }

        if (uri.User.StartsWith("tgruu."u8))
        {
            target = Open(uri.User[Prefix.Length..]);
        }
        else if (!value.IsEmpty && DialledNumber.TryFind(accounts, uri, out var account) && account.IsEnabled)
        {
            var instance = Uri.UnescapeDataString(Encoding.UTF8.GetString(value));
            target = new GruuTarget(account, Those(account, binding => instance.Equals(InstanceOf(binding), StringComparison.OrdinalIgnoreCase)));
        }

        return true;
    }

    private GruuTarget Open(ReadOnlySpan<byte> text)
    {
        var none = new GruuTarget(null, []);
        Span<byte> sealedBytes = stackalloc byte[Plain + Mac];
        Span<byte> mac = stackalloc byte[Mac];
        if (text.Length != Base64Url.GetEncodedLength(sealedBytes.Length) || !Base64Url.TryDecodeFromUtf8(text, sealedBytes, out var length) || length != sealedBytes.Length)
        {
            return none;
        }

        Sign(sealedBytes[..Plain], mac);
        if (!CryptographicOperations.FixedTimeEquals(mac, sealedBytes[Plain..]))
        {
            return none;
        }

        var plain = new byte[Plain];
        using (var aes = Cipher())
        {
            aes.DecryptCbc(sealedBytes[..Plain], stackalloc byte[Block], plain, PaddingMode.None);
        }

        if (!accounts.TryGet(new Guid(plain.AsSpan(Block)), out var account) || !account.IsEnabled)
        {
            return none;
        }

        var made = DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadUInt32BigEndian(plain.AsSpan(2)));
        var instance = Those(account, binding => IsHash(InstanceOf(binding).ToLowerInvariant(), plain.AsSpan(6, HashLength)));
        return instance.Any(binding => IsHash(binding.CallId, plain.AsSpan(6 + HashLength, HashLength)) && Since(binding) <= made)
            ? new GruuTarget(account, instance)
            : none;
    }

    private IReadOnlyList<Binding> Those(Account account, Func<Binding, bool> isMeant) =>
        [.. bindings.Get(account.AorIn(options.Realm)).Where(binding => binding.Instance is not null && isMeant(binding))];

    /// <summary>The second in which the contact was first registered: its id is a UUIDv7 (RFC 9562 §5.7).</summary>
    private static DateTimeOffset Since(Binding binding)
    {
        Span<byte> id = stackalloc byte[Block];
        binding.Id.TryWriteBytes(id, bigEndian: true, out _);
        var milliseconds = (BinaryPrimitives.ReadInt64BigEndian(id) >> 16) & 0xffff_ffff_ffff;
        return DateTimeOffset.FromUnixTimeSeconds(milliseconds / 1000);
    }

    /// <summary>The instance without its quotes and angle brackets (RFC 5627 appendix A.1).</summary>
    private static string InstanceOf(Binding binding) => binding.Instance!.Trim('"').TrimStart('<').TrimEnd('>');

    private static SipUri Aor(Binding binding)
    {
        var at = binding.Aor.LastIndexOf('@');
        return new SipUri(binding.Contact.Scheme, binding.Aor[..at], binding.Aor[(at + 1)..]);
    }

    private Aes Cipher()
    {
        var aes = Aes.Create();
        aes.Key = _encryption;
        return aes;
    }

    private static void Hash(string text, Span<byte> into)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), hash);
        hash[..into.Length].CopyTo(into);
    }

    private static bool IsHash(string text, ReadOnlySpan<byte> expected)
    {
        Span<byte> hash = stackalloc byte[HashLength];
        Hash(text, hash);
        return hash.SequenceEqual(expected);
    }

    private void Sign(ReadOnlySpan<byte> text, Span<byte> into)
    {
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_authentication, text, mac);
        mac[..into.Length].CopyTo(into);
    }
}
