using System.Buffers.Binary;
using System.Net;
using Gateway.Sip;

namespace Gateway.Server.FrontEnd;

/// <summary>
/// A flow as text that others carry for us: in our Via for the answer, in Record-Route and Path for what a back end sends to a
/// phone later (RFC 5626 §5.2). It says nothing that its reader may do; who may use it is asked where it comes back.
/// </summary>
internal static class FlowToken
{
    private const int Head = 1 + 2 + 4 + 8 + 2;

    /// <param name="run">A number of this start of the process: connections of an earlier one are gone, and their numbers given anew.</param>
    public static string Write(in Flow flow, uint run)
    {
        Span<byte> bytes = stackalloc byte[Head + 16];
        bytes[0] = (byte)flow.Transport;
        BinaryPrimitives.WriteInt16BigEndian(bytes[1..], (short)flow.Listener);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[3..], flow.Connection == 0 ? 0 : run);
        BinaryPrimitives.WriteInt64BigEndian(bytes[7..], flow.Connection);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[15..], (ushort)flow.Remote.Port);
        var address = flow.Remote.Address.IsIPv4MappedToIPv6 ? flow.Remote.Address.MapToIPv4() : flow.Remote.Address;
        address.TryWriteBytes(bytes[Head..], out var length);
        return Convert.ToHexStringLower(bytes[..(Head + length)]);
    }

    /// <summary>False when this is none of ours, or names a connection of an earlier run.</summary>
    public static bool TryRead(ReadOnlySpan<byte> text, uint run, out Flow flow)
    {
        flow = default;
        Span<byte> bytes = stackalloc byte[Head + 16];
        if (text.Length is not (2 * (Head + 4)) and not (2 * (Head + 16))
            || Convert.FromHexString(text, bytes, out _, out var length) != System.Buffers.OperationStatus.Done
            || bytes[0] > (byte)SipTransport.Wss)
        {
            return false;
        }

        var connection = BinaryPrimitives.ReadInt64BigEndian(bytes[7..]);
        var remote = new IPEndPoint(new IPAddress(bytes[Head..length]), BinaryPrimitives.ReadUInt16BigEndian(bytes[15..]));
        flow = new Flow((SipTransport)bytes[0], remote, BinaryPrimitives.ReadInt16BigEndian(bytes[1..]), connection);
        return (flow.Transport == SipTransport.Udp) == (connection == 0) && (connection == 0 || BinaryPrimitives.ReadUInt32BigEndian(bytes[3..]) == run);
    }
}
