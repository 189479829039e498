using System.Buffers.Binary;
using System.Text;

namespace Gateway.Media.Rtp;

/// <summary>
/// Writes one compound RTCP packet (RFC 3550 §6.1) into a span: a report first, then SDES with the CNAME, then BYE. When the span is too short nothing is
/// thrown: <see cref="Length"/> becomes 0 and stays so.
/// </summary>
public ref struct RtcpWriter(Span<byte> buffer)
{
    private readonly Span<byte> _buffer = buffer;
    private bool _failed;
    private int _length;

    /// <summary>Octets written; 0 when the buffer was too short.</summary>
    public readonly int Length => _failed ? 0 : _length;

    /// <summary>Adds an SR.</summary>
    public void AddSenderReport(in SenderInfo sender, scoped ReadOnlySpan<ReportBlock> blocks)
    {
        var body = Reserve(RtcpType.SenderReport, blocks.Length, 24 + (blocks.Length * 24));
        if (body.IsEmpty)
        {
            return;
        }

        BinaryPrimitives.WriteUInt32BigEndian(body, sender.Ssrc);
        BinaryPrimitives.WriteUInt64BigEndian(body[4..], sender.Ntp);
        BinaryPrimitives.WriteUInt32BigEndian(body[12..], sender.RtpTimestamp);
        BinaryPrimitives.WriteUInt32BigEndian(body[16..], sender.Packets);
        BinaryPrimitives.WriteUInt32BigEndian(body[20..], sender.Octets);
        WriteBlocks(body[24..], blocks);
    }

    /// <summary>Adds an RR; one without blocks says that nothing was received.</summary>
    public void AddReceiverReport(uint ssrc, scoped ReadOnlySpan<ReportBlock> blocks)
    {
        var body = Reserve(RtcpType.ReceiverReport, blocks.Length, 4 + (blocks.Length * 24));
        if (!body.IsEmpty)
        {
            BinaryPrimitives.WriteUInt32BigEndian(body, ssrc);
            WriteBlocks(body[4..], blocks);
        }
    }

    /// <summary>Adds an SDES of one chunk with the CNAME (RFC 3550 §6.5.1).</summary>
    public void AddCname(uint ssrc, scoped ReadOnlySpan<char> cname)
    {
        var octets = Encoding.UTF8.GetByteCount(cname);
        if (octets > MediaLimits.SdesItem)
        {
            _failed = true;
            return;
        }

        // SSRC, item type, length, text, and at least one zero octet up to the next word
        var body = Reserve(RtcpType.SourceDescription, 1, (4 + 2 + octets + 4) & ~3);
        if (!body.IsEmpty)
        {
            body.Clear();
            BinaryPrimitives.WriteUInt32BigEndian(body, ssrc);
            body[4] = 1;
            body[5] = (byte)octets;
            Encoding.UTF8.GetBytes(cname, body[6..]);
        }
    }

    /// <summary>Adds a BYE of one source.</summary>
    public void AddGoodbye(uint ssrc)
    {
        var body = Reserve(RtcpType.Goodbye, 1, 4);
        if (!body.IsEmpty)
        {
            BinaryPrimitives.WriteUInt32BigEndian(body, ssrc);
        }
    }

    /// <summary>Adds a PLI: asks for a whole picture (RFC 4585 §6.3.1).</summary>
    public void AddPictureLoss(uint ssrc, uint mediaSsrc)
    {
        var body = Reserve(RtcpType.PayloadFeedback, 1, 8);
        if (!body.IsEmpty)
        {
            BinaryPrimitives.WriteUInt32BigEndian(body, ssrc);
            BinaryPrimitives.WriteUInt32BigEndian(body[4..], mediaSsrc);
        }
    }

    private static void WriteBlocks(Span<byte> body, scoped ReadOnlySpan<ReportBlock> blocks)
    {
        foreach (ref readonly var block in blocks)
        {
            BinaryPrimitives.WriteUInt32BigEndian(body, block.Ssrc);
            BinaryPrimitives.WriteUInt32BigEndian(body[4..], ((uint)block.FractionLost << 24) | ((uint)block.Lost & 0xFF_FFFF));
            BinaryPrimitives.WriteUInt32BigEndian(body[8..], block.HighestSequence);
            BinaryPrimitives.WriteUInt32BigEndian(body[12..], block.Jitter);
            BinaryPrimitives.WriteUInt32BigEndian(body[16..], block.LastReport);
            BinaryPrimitives.WriteUInt32BigEndian(body[20..], block.DelaySinceLastReport);
            body = body[24..];
        }
    }

    private Span<byte> Reserve(RtcpType type, int count, int bodyLength)
    {
        if (_failed || count > 31 || _buffer.Length - _length < 4 + bodyLength)
        {
            _failed = true;
            return default;
        }

        var at = _buffer[_length..];
        at[0] = (byte)(0x80 | count);
        at[1] = (byte)type;
        BinaryPrimitives.WriteUInt16BigEndian(at[2..], (ushort)(bodyLength / 4)); // in words, less one: the header is one
        _length += 4 + bodyLength;
        return at.Slice(4, bodyLength);
    }
}
