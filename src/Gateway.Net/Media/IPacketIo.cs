using Gateway.Media;

namespace Gateway.Net.Media;

/// <summary>
/// How a media loop meets its sockets: wait for datagrams of many ports at once, write datagrams that leave together.
/// All members but <see cref="Wake"/> belong to the loop's thread.
/// </summary>
internal interface IPacketIo : IDisposable
{
    /// <summary>Datagrams that the system refused to send since the start.</summary>
    long SendErrors { get; }

    /// <summary>Datagrams that came cut short or without a readable source.</summary>
    long ReceiveErrors { get; }

    void Add(UdpPort port);

    /// <summary>Forgets the port and what it has queued; the caller closes its socket.</summary>
    void Remove(UdpPort port);

    /// <summary>Waits up to the time given and hands every datagram that came to the handler.</summary>
    void Receive(TimeSpan wait, IPacketHandler handler);

    /// <summary>Memory for one datagram of up to <see cref="PacketBuffers.Size"/> bytes, good until the next call of any member.</summary>
    Span<byte> Rent();

    /// <summary>Queues the rented memory's first bytes; they leave with <see cref="Flush"/> at the latest.</summary>
    void Send(UdpPort port, int length, in MediaAddress to);

    void Flush();

    /// <summary>Ends a <see cref="Receive"/> early; callable from any thread.</summary>
    void Wake();
}

internal interface IPacketHandler
{
    /// <summary>The wait is over; datagrams may follow.</summary>
    void OnWake();

    /// <param name="datagram">Writable, good during the call.</param>
    void OnDatagram(UdpPort port, Span<byte> datagram, in MediaAddress from);
}

internal static class PacketBuffers
{
    /// <summary>Bytes of one buffer: an Ethernet frame's payload with room for an SRTP tag.</summary>
    public const int Size = 2048;
}
