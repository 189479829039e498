using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Gateway.Sip;

/// <summary>
/// The branch of a stateless proxy (RFC 3261 §16.11): the same for every repeat of a request, for its CANCEL and for the ACK
/// of its refusal, before and after a restart; another for every other request.
/// </summary>
public static class StatelessBranch
{
    /// <param name="request">As received.</param>
    /// <param name="loops">How many loops there are: the branch names one of them, so that answers spread over all.</param>
    public static string Of(SipRequest request, int loops = 1)
    {
        ArgumentNullException.ThrowIfNull(request);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var via = request.TopVia;
        if (via.HasCookie)
        {
            // A branch is unique for its sender only.
            Add(hash, via.Branch);
            Add(hash, via.Host);
            Add(hash, (uint)via.Port);
        }
        else
        {
            Add(hash, via.Raw);
            Add(hash, request.FromTag);
            // The ACK of a refusal carries the To tag of the answer, which its INVITE did not.
            Add(hash, request.Method == SipMethod.Ack ? [] : request.ToTag);
            Add(hash, request.CallId);
            Add(hash, request.CSeq);
            Add(hash, request.UriBytes);
        }
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        hash.TryGetHashAndReset(digest, out _);
        var loop = (int)(BinaryPrimitives.ReadUInt32BigEndian(digest[^4..]) % (uint)Math.Max(1, loops));
        return IdMint.Cookie + TransactionLayer.NameOf(loop, digest);
    }

    private static void Add(IncrementalHash hash, uint number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        hash.AppendData(bytes);
    }

    private static void Add(IncrementalHash hash, ReadOnlySpan<byte> part)
    {
        Add(hash, (uint)part.Length);
        hash.AppendData(part);
    }
}
