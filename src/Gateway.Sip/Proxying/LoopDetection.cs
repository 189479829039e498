using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Sip;

/// <summary>Whether a request has been here before (RFC 5393 §4.2.2).</summary>
public enum LoopVerdict : byte
{
    /// <summary>No Via is ours.</summary>
    None,
    /// <summary>It was here, and something that routing looks at has changed since: it may go on.</summary>
    Spiral,
    /// <summary>It was here exactly so: 482.</summary>
    Loop,
}

/// <summary>
/// Branches in two parts (RFC 3261 §16.6 step 8, RFC 5393 §4.2.1): an id that no other request has, and a hash over all that
/// routing looks at, by which a request that comes back unchanged is known.
/// </summary>
public static class ProxyBranch
{
    private const char Separator = '.';
    private const int HashDigits = 16;

    /// <summary>
    /// The whole branch. The hash does not depend on the method, so that the ACK and the CANCEL that peers build from a request
    /// hash alike.
    /// </summary>
    /// <param name="minted">A branch of <see cref="TransactionLayer.NewBranch"/>, cookie included.</param>
    /// <param name="loopHash">From <see cref="LoopDetection.HashOf"/>.</param>
    public static string Make(string minted, ulong loopHash) => $"{minted}{Separator}{loopHash:x16}";

    /// <summary>The second part of a branch of ours; false when it has none.</summary>
    public static bool TryHash(ReadOnlySpan<byte> branch, out ulong loopHash)
    {
        loopHash = 0;
        return branch.Length > HashDigits
            && branch[^(HashDigits + 1)] == Separator
            && TransactionLayer.LoopOf(branch) >= 0
            && System.Buffers.Text.Utf8Parser.TryParse(branch[^HashDigits..], out loopHash, out var used, 'x')
            && used == HashDigits;
    }
}

/// <summary>Tells a loop from a spiral by the branches that we left in Via (RFC 3261 §16.3 step 4, RFC 5393 §4.2).</summary>
public static class LoopDetection
{
    /// <summary>
    /// Request-URI and Route as they came, the dialog's and transaction's identity, and the fields by which requests are
    /// admitted and targets are chosen.
    /// </summary>
    /// <param name="request">As received, before anything in it is changed.</param>
    /// <param name="more">What else the location of targets depends on, such as the account that asks; empty when nothing.</param>
    public static ulong HashOf(SipRequest request, string more = "")
    {
        ArgumentNullException.ThrowIfNull(request);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, request.UriBytes);
        Add(hash, request.FromTag);
        Add(hash, request.ToTag);
        Add(hash, request.CallId);
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(number, request.CSeq);
        Add(hash, number);
        foreach (var field in request.Fields)
        {
            // The method is left out, and the Vias are: the topmost one differs each time that a request comes back.
            if (field.Id is HeaderId.Route or HeaderId.ProxyRequire or HeaderId.ProxyAuthorization
                or HeaderId.RequestDisposition or HeaderId.AcceptContact or HeaderId.RejectContact)
            {
                Add(hash, field.Value);
            }
        }
        Add(hash, Encoding.UTF8.GetBytes(more));
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        hash.TryGetHashAndReset(digest, out _);
        return BinaryPrimitives.ReadUInt64BigEndian(digest);
    }

    /// <summary>Looks for a Via of ours in a received request.</summary>
    /// <param name="loopHash">What <see cref="HashOf"/> says of this request.</param>
    public static LoopVerdict Find(SipRequest request, OwnAddresses own, ulong loopHash)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(own);
        var verdict = LoopVerdict.None;
        foreach (var value in request.Values(HeaderId.Via))
        {
            if (ViaView.TryParse(value, out var via) && own.Sent(via))
            {
                if (ProxyBranch.TryHash(via.Branch, out var before) && before == loopHash)
                {
                    return LoopVerdict.Loop;
                }
                verdict = LoopVerdict.Spiral;
            }
        }
        return verdict;
    }

    private static void Add(IncrementalHash hash, ReadOnlySpan<byte> part)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, part.Length);
        hash.AppendData(length);
        hash.AppendData(part);
    }
}
