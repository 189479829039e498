using System.Buffers.Binary;
using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Gateway.Sip;

namespace Gateway.Server.Proxy;

/// <summary>One side of a proxied dialog, as its Record-Route remembers it.</summary>
/// <param name="Flow">The way to it when the dialog began.</param>
/// <param name="IsDirect">Its Contact was where its packets came from: requests may follow a Contact at that address.</param>
internal readonly record struct RouteEnd(Flow Flow, bool IsDirect);

/// <summary>
/// What our Record-Route values carry in their user part, so that requests inside a dialog find their loop, their call and the
/// flow of the far side without any state of ours (RFC 5626 §5.3), and nobody makes one up: it is signed.
/// </summary>
/// <param name="Call">Names the call among those that are under way.</param>
/// <param name="CallerTag">A hash of the caller's From tag: it tells who of the two sends.</param>
internal sealed record RouteToken(ulong Call, ushort CallerTag, RouteEnd Caller, RouteEnd Callee)
{
    private const byte Version = 1;
    private const int LongestPayload = 96;

    /// <summary>Who sent a request inside the dialog: true for the caller, false for the callee, null when its tags fit neither or both.</summary>
    public bool? IsFromCaller(SipRequest request)
    {
        var isCaller = TagHash(request.FromTag) == CallerTag;
        return isCaller == (TagHash(request.ToTag) == CallerTag) ? null : isCaller;
    }

    public static ushort TagHash(ReadOnlySpan<byte> tag)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(tag, hash);
        return BinaryPrimitives.ReadUInt16BigEndian(hash);
    }

    /// <summary>The user part: a name that carries the loop (its other digits are the signature), a dot, and the rest.</summary>
    /// <param name="loop">The loop that the call lives on.</param>
    public string Write(ReadOnlySpan<byte> key, int loop)
    {
        Span<byte> payload = stackalloc byte[LongestPayload];
        payload[0] = Version;
        payload[1] = (byte)((Caller.IsDirect ? 1 : 0) | (Callee.IsDirect ? 2 : 0));
        BinaryPrimitives.WriteUInt64BigEndian(payload[2..], Call);
        BinaryPrimitives.WriteUInt16BigEndian(payload[10..], CallerTag);
        var length = 12;
        length += WriteFlow(payload[length..], Caller.Flow);
        length += WriteFlow(payload[length..], Callee.Flow);
        payload = payload[..length];
        return $"{Sign(key, loop, payload)}.{Base64Url.EncodeToString(payload)}";
    }

    /// <summary>Reads the user part of a Route value of ours; false for what we did not write.</summary>
    public static bool TryRead(ReadOnlySpan<byte> user, ReadOnlySpan<byte> key, out RouteToken token)
    {
        token = null!;
        var dot = user.IndexOf((byte)'.');
        var loop = TransactionLayer.LoopOf(user);
        Span<byte> payload = stackalloc byte[LongestPayload];
        if (dot < 0 || loop < 0 || Base64Url.GetMaxDecodedLength(user.Length - dot - 1) > LongestPayload
            || !Base64Url.TryDecodeFromUtf8(user[(dot + 1)..], payload, out var length))
        {
            return false;
        }

        payload = payload[..length];
        if (!CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Sign(key, loop, payload)), user[..dot])
            || length < 12 || payload[0] != Version)
        {
            return false;
        }

        var rest = payload[12..];
        if (!TryReadFlow(ref rest, out var caller) || !TryReadFlow(ref rest, out var callee))
        {
            return false;
        }

        token = new RouteToken(
            BinaryPrimitives.ReadUInt64BigEndian(payload[2..]),
            BinaryPrimitives.ReadUInt16BigEndian(payload[10..]),
            new RouteEnd(caller, (payload[1] & 1) != 0),
            new RouteEnd(callee, (payload[1] & 2) != 0));
        return true;
    }

    /// <summary>True for a user part of the form of ours, whether we wrote it or not.</summary>
    public static bool LooksLikeOne(ReadOnlySpan<byte> user) => user.Contains((byte)'.') && TransactionLayer.LoopOf(user) >= 0;

    // 80 bits of HMAC, as RFC 5626 §5.2 does for its flow tokens, in the digits of a name of ours that LoopMap reads.
    private static string Sign(ReadOnlySpan<byte> key, int loop, ReadOnlySpan<byte> payload)
    {
        Span<byte> text = stackalloc byte[2 + LongestPayload];
        BinaryPrimitives.WriteUInt16BigEndian(text, (ushort)loop);
        payload.CopyTo(text[2..]);
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, text[..(2 + payload.Length)], hash);
        return TransactionLayer.NameOf(loop, hash);
    }

    private static int WriteFlow(Span<byte> to, in Flow flow)
    {
        to[0] = (byte)flow.Transport;
        to[1] = (byte)(sbyte)Math.Clamp(flow.Listener, -1, 127);
        BinaryPrimitives.WriteInt64BigEndian(to[2..], flow.Connection);
        BinaryPrimitives.WriteUInt16BigEndian(to[10..], (ushort)flow.Remote.Port);
        flow.Remote.Address.TryWriteBytes(to[13..], out var length);
        to[12] = (byte)length;
        return 13 + length;
    }

    private static bool TryReadFlow(ref Span<byte> from, out Flow flow)
    {
        flow = default;
        if (from.Length < 13 || from[12] is not (4 or 16) || from.Length < 13 + from[12] || from[0] > (byte)SipTransport.Wss)
        {
            return false;
        }

        var remote = new IPEndPoint(new IPAddress(from.Slice(13, from[12])), BinaryPrimitives.ReadUInt16BigEndian(from[10..]));
        flow = new Flow((SipTransport)from[0], remote, (sbyte)from[1], BinaryPrimitives.ReadInt64BigEndian(from[2..]));
        from = from[(13 + from[12])..];
        return true;
    }
}
