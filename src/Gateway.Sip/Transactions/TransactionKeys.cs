using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Sip;

/// <summary>
/// What a client transaction is found by: the branch and the method of CSeq (RFC 3261 §17.1.3). Lookups compare the bytes
/// of the response with the transaction itself, so no key is stored and no string is made.
/// </summary>
internal sealed class ClientKeyComparer : IEqualityComparer<ClientTransaction>, IAlternateEqualityComparer<ClientKey, ClientTransaction>
{
    public bool Equals(ClientTransaction? x, ClientTransaction? y) =>
        ReferenceEquals(x, y) || (x is not null && y is not null && x.Method == y.Method && x.Branch == y.Branch);

    public int GetHashCode(ClientTransaction transaction)
    {
        Span<byte> branch = stackalloc byte[ClientKey.MaxBranch];
        return Hash(transaction.Method, branch[..Encoding.ASCII.GetBytes(transaction.Branch, branch)]);
    }

    public bool Equals(ClientKey key, ClientTransaction transaction) =>
        key.Method == transaction.Method && Ascii.Equals(key.Branch, transaction.Branch);

    public int GetHashCode(ClientKey key) => Hash(key.Method, key.Branch);

    public ClientTransaction Create(ClientKey key) => throw new NotSupportedException();

    private static int Hash(SipMethod method, ReadOnlySpan<byte> branch)
    {
        var hash = default(HashCode);
        hash.AddBytes(branch);
        return hash.ToHashCode() ^ (int)method;
    }
}

internal readonly ref struct ClientKey(SipMethod method, ReadOnlySpan<byte> branch)
{
    public const int MaxBranch = 256;

    public SipMethod Method { get; } = method;

    public ReadOnlySpan<byte> Branch { get; } = branch;
}

/// <summary>Server transactions by the bytes of their key.</summary>
internal sealed class ServerKeyComparer : IEqualityComparer<ServerTransaction>, IAlternateEqualityComparer<ReadOnlySpan<byte>, ServerTransaction>
{
    public bool Equals(ServerTransaction? x, ServerTransaction? y) =>
        ReferenceEquals(x, y) || (x is not null && y is not null && x.Key.AsSpan().SequenceEqual(y.Key));

    public int GetHashCode(ServerTransaction transaction) => GetHashCode(transaction.Key.AsSpan());

    public bool Equals(ReadOnlySpan<byte> key, ServerTransaction transaction) => key.SequenceEqual(transaction.Key);

    public int GetHashCode(ReadOnlySpan<byte> key)
    {
        var hash = default(HashCode);
        hash.AddBytes(key);
        return hash.ToHashCode();
    }

    public ServerTransaction Create(ReadOnlySpan<byte> key) => throw new NotSupportedException();
}

/// <summary>
/// What a server transaction is found by: branch, sent-by and method (RFC 3261 §17.2.3), or for a peer of RFC 2543, whose
/// branches mean nothing, a hash over the header fields that the same section names. Call-ID and CSeq stand in the key too:
/// they are equal in every repeat, ACK and CANCEL, and different in what a peer sends that uses one branch again and again
/// (as RFC 4475 does).
/// </summary>
internal static class ServerKey
{
    /// <summary>Longer keys are replaced by their hash, so that a peer cannot make us keep them.</summary>
    public const int MaxLength = 160;

    private const int Fixed = 1 + 2 + 4 + 4;
    private const byte Hashed = 0x40;
    private const byte Legacy = 0x80;

    /// <summary>Writes the key under which a request is looked up as if its method were <paramref name="method"/> (INVITE for ACK and CANCEL).</summary>
    public static ReadOnlySpan<byte> Write(Span<byte> buffer, SipRequest request, SipMethod method)
    {
        var via = request.TopVia;
        if (!via.HasCookie)
        {
            return WriteLegacy(buffer, request, method, via);
        }

        // method, port, Call-ID and CSeq, host in lower case, NUL, branch
        var host = via.Host;
        var branch = via.Branch;
        var length = Fixed + host.Length + 1 + branch.Length;
        Span<byte> key = length <= MaxLength ? buffer[..length] : new byte[length];
        key[0] = (byte)method;
        BinaryPrimitives.WriteUInt16BigEndian(key[1..], (ushort)via.Port);
        BinaryPrimitives.WriteUInt32BigEndian(key[3..], Hash(request.CallId));
        BinaryPrimitives.WriteUInt32BigEndian(key[7..], request.CSeq);
        Ascii.ToLower(host, key.Slice(Fixed, host.Length), out _);
        key[Fixed + host.Length] = 0;
        branch.CopyTo(key[(Fixed + 1 + host.Length)..]);
        if (length <= MaxLength)
        {
            return key;
        }

        buffer[0] = (byte)(Hashed | (byte)method);
        SHA256.HashData(key, buffer[1..]);
        return buffer[..(1 + SHA256.HashSizeInBytes)];
    }

    /// <summary>
    /// Request-URI, From tag, Call-ID, CSeq number and top Via. The To tag is compared apart, since the ACK carries the one
    /// of our answer.
    /// </summary>
    private static ReadOnlySpan<byte> WriteLegacy(Span<byte> buffer, SipRequest request, SipMethod method, ViaView via)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, request.UriBytes);
        Add(hash, request.FromTag);
        Add(hash, request.CallId);
        Add(hash, via.Raw);
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(number, request.CSeq);
        Add(hash, number);
        buffer[0] = (byte)(Legacy | (byte)method);
        hash.TryGetHashAndReset(buffer[1..], out var written);
        return buffer[..(1 + written)];
    }

    public static bool IsLegacy(ReadOnlySpan<byte> key) => (key[0] & Legacy) != 0;

    // FNV-1a: it only has to tell apart what one sender sends.
    private static uint Hash(ReadOnlySpan<byte> text)
    {
        var hash = 2166136261u;
        foreach (var value in text)
        {
            hash = (hash ^ value) * 16777619u;
        }
        return hash;
    }

    private static void Add(IncrementalHash hash, ReadOnlySpan<byte> part)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, part.Length);
        hash.AppendData(length);
        hash.AppendData(part);
    }
}
