using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Sip;

public enum NonceState : byte
{
    Valid,
    /// <summary>Ours, but too old or no longer watched: challenge with stale=true.</summary>
    Stale,
    /// <summary>Not ours: of another process or realm, or made up.</summary>
    Forged,
}

/// <summary>
/// Mints nonces that need no memory: time, random bits and an HMAC over both and the realm (RFC 7616 §3.3). The nc window
/// of a nonce is kept only after its first valid answer, so that a flood of unanswered challenges costs nothing.
/// </summary>
/// <remarks>
/// Loops that share one key accept each other's nonces, while each watches the nc of those that were answered to it. That is
/// no gap: the answer binds the Request-URI, and a request outside a dialog takes its loop from there.
/// </remarks>
public sealed class NonceMint
{
    // milliseconds (6), random (8), HMAC-SHA256 cut to 128 bits
    private const int TimeBytes = 6;
    private const int RandomBytes = 8;
    private const int SeedBytes = TimeBytes + RandomBytes;
    private const int MacBytes = 16;
    private const int NonceBytes = SeedBytes + MacBytes;
    private const int NonceChars = NonceBytes / 3 * 4;

    /// <summary>How far behind the highest nc a late request may come (it was overtaken on its way).</summary>
    private const int WindowSize = 64;

    private readonly byte[] _key;
    private readonly byte[] _realm;
    private readonly long _lifetime;
    private readonly int _capacity;
    private readonly RandomNumberGenerator _random;
    private readonly Dictionary<NonceId, Window> _windows = [];
    private readonly Queue<NonceId> _order = [];
    private readonly byte[] _pool = new byte[RandomBytes * 64];
    private int _used;

    /// <summary>Nonces minted up to here whose window was dropped for want of room count as stale; -1 when none was.</summary>
    private long _floor = -1;

    /// <param name="key">At least 32 secret bytes.</param>
    /// <param name="lifetime">How long a nonce is good; later ones get stale=true.</param>
    /// <param name="capacity">How many nonces' windows are kept; beyond it the oldest nonces turn stale early, none is replayed.</param>
    public NonceMint(byte[] key, string realm, TimeSpan lifetime, RandomNumberGenerator random, int capacity = 100_000)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(realm);
        ArgumentNullException.ThrowIfNull(random);
        ArgumentOutOfRangeException.ThrowIfLessThan(key.Length, 32, nameof(key));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lifetime, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        _key = key;
        _realm = Encoding.UTF8.GetBytes(realm);
        _lifetime = (long)lifetime.TotalMilliseconds;
        _random = random;
        _capacity = capacity;
        _used = _pool.Length;
    }

    /// <summary>How many nonces have a window.</summary>
    public int WatchedCount => _windows.Count;

    /// <param name="now">Monotonic; the nonce's age is counted from it.</param>
    public string Mint(TimeSpan now)
    {
        Span<byte> nonce = stackalloc byte[NonceBytes];
        Span<byte> time = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(time, (long)now.TotalMilliseconds);
        time[(8 - TimeBytes)..].CopyTo(nonce);
        TakeRandom(nonce.Slice(TimeBytes, RandomBytes));
        Sign(nonce[..SeedBytes], nonce[SeedBytes..]);
        return Base64Url.EncodeToString(nonce);
    }

    /// <summary>Whether a nonce is ours and young enough; the HMAC is compared in constant time.</summary>
    public NonceState Check(ReadOnlySpan<byte> nonce, TimeSpan now)
    {
        return TryRead(nonce, out var id) ? StateOf(id, now) : NonceState.Forged;
    }

    private NonceState StateOf(NonceId id, TimeSpan now)
    {
        var age = (long)now.TotalMilliseconds - id.Minted;
        return age > _lifetime || age < 0 || (id.Minted <= _floor && !_windows.ContainsKey(id)) ? NonceState.Stale : NonceState.Valid;
    }

    /// <summary>
    /// Records nc after the answer proved right; false for a replay: an nc seen before, or more than 64 behind the
    /// highest. An answer without qop (nc 0) uses its nonce up.
    /// </summary>
    public bool Accept(ReadOnlySpan<byte> nonce, uint nonceCount, TimeSpan now)
    {
        if (!TryRead(nonce, out var id) || StateOf(id, now) != NonceState.Valid)
        {
            return false;
        }

        if (_windows.TryGetValue(id, out var window))
        {
            var fresh = window.Take(nonceCount);
            _windows[id] = window;
            return fresh;
        }

        DropOld(now);
        window = new Window(nonceCount);
        _windows.Add(id, window);
        _order.Enqueue(id);
        return true;
    }

    private void DropOld(TimeSpan now)
    {
        var oldest = (long)now.TotalMilliseconds - _lifetime;
        while (_order.TryPeek(out var id) && (id.Minted < oldest || _windows.Count >= _capacity))
        {
            _order.Dequeue();
            _windows.Remove(id);
            if (id.Minted >= oldest)
            {
                _floor = Math.Max(_floor, id.Minted);
            }
        }
    }

    private bool TryRead(ReadOnlySpan<byte> nonce, out NonceId id)
    {
        id = default;
        Span<byte> bytes = stackalloc byte[NonceBytes];
        if (nonce.Length != NonceChars
            || Base64Url.DecodeFromUtf8(nonce, bytes, out _, out var length) != OperationStatus.Done // TryDecode throws
            || length != NonceBytes)
        {
            return false;
        }

        Span<byte> mac = stackalloc byte[MacBytes];
        Sign(bytes[..SeedBytes], mac);
        if (!CryptographicOperations.FixedTimeEquals(mac, bytes[SeedBytes..]))
        {
            return false;
        }

        Span<byte> time = stackalloc byte[8];
        time.Clear();
        bytes[..TimeBytes].CopyTo(time[(8 - TimeBytes)..]);
        id = new NonceId(BinaryPrimitives.ReadInt64BigEndian(time), BinaryPrimitives.ReadInt64BigEndian(bytes[TimeBytes..]));
        return true;
    }

    private void Sign(ReadOnlySpan<byte> seed, Span<byte> mac)
    {
        Span<byte> text = stackalloc byte[SeedBytes + 256];
        Span<byte> full = stackalloc byte[HMACSHA256.HashSizeInBytes];
        var length = SeedBytes + _realm.Length;
        text = length <= text.Length ? text[..length] : new byte[length];
        seed.CopyTo(text);
        _realm.CopyTo(text[SeedBytes..]);
        HMACSHA256.HashData(_key, text, full);
        full[..MacBytes].CopyTo(mac);
    }

    private void TakeRandom(Span<byte> bytes)
    {
        if (_used == _pool.Length)
        {
            _random.GetBytes(_pool);
            _used = 0;
        }

        _pool.AsSpan(_used, bytes.Length).CopyTo(bytes);
        _used += bytes.Length;
    }

    private readonly record struct NonceId(long Minted, long Random);

    /// <summary>The highest nc seen and, as bits, which of the 64 before it.</summary>
    private struct Window(uint first)
    {
        private uint _highest = first;
        private ulong _seen = 1;

        public bool Take(uint nonceCount)
        {
            if (nonceCount > _highest)
            {
                var ahead = nonceCount - _highest;
                _seen = ahead >= WindowSize ? 1 : (_seen << (int)ahead) | 1;
                _highest = nonceCount;
                return true;
            }

            var behind = _highest - nonceCount;
            if (behind >= WindowSize || (_seen & (1UL << (int)behind)) != 0)
            {
                return false;
            }

            _seen |= 1UL << (int)behind;
            return true;
        }
    }
}
