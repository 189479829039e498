using System.Buffers.Binary;
using System.Diagnostics;

namespace Gateway.Bench.Load;

/// <summary>160 bytes that pass as G.711 and say which call they are of, when they left, and whether they are in the measured window.</summary>
internal static class TimedPayload
{
    public const int Length = 160;
    private const uint Magic = 0x4757_4245;

    public static void Write(Span<byte> payload, int call, bool measured)
    {
        payload[..Length].Fill(0xFF); // silence in PCMU
        BinaryPrimitives.WriteUInt32BigEndian(payload, Magic);
        BinaryPrimitives.WriteInt32BigEndian(payload[4..], call);
        payload[8] = (byte)(measured ? 1 : 0);
        BinaryPrimitives.WriteInt64BigEndian(payload[9..], Stopwatch.GetTimestamp());
    }

    /// <summary>False for anything that is not such a payload.</summary>
    /// <param name="sentAt">By <see cref="Stopwatch.GetTimestamp"/>.</param>
    public static bool TryRead(ReadOnlySpan<byte> payload, out int call, out bool measured, out long sentAt)
    {
        call = 0;
        measured = false;
        sentAt = 0;
        if (payload.Length != Length || BinaryPrimitives.ReadUInt32BigEndian(payload) != Magic)
        {
            return false;
        }

        call = BinaryPrimitives.ReadInt32BigEndian(payload[4..]);
        measured = payload[8] != 0;
        sentAt = BinaryPrimitives.ReadInt64BigEndian(payload[9..]);
        return true;
    }
}
