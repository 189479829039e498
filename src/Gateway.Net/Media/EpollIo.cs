using System.Runtime.InteropServices;
using Gateway.Media;

namespace Gateway.Net.Media;

/// <summary>
/// The batched path of Linux: one epoll set over all ports of a loop, recvmmsg into native buffers, sendmmsg once per wake
/// and port. Nothing here allocates after construction.
/// </summary>
internal sealed unsafe class EpollIo : IPacketIo
{
    private const int ReceiveBatch = 64;
    private const int SendSlots = 1024;
    private const int EventBatch = 256;

    /// <summary>
    /// Batches per wake of a port that many share, and datagrams per wake of a leg's own: behind a backlog the port of all
    /// browsers must not get the turn of one phone, or it loses everything while phones lose nothing.
    /// </summary>
    private const int SharedRounds = 64;
    private const int LegBatch = 4;

    private const int NameSize = 32;
    private const long WakeToken = -1;

    private static readonly bool PacksEvents = RuntimeInformation.ProcessArchitecture == Architecture.X64;
    private static readonly int EventSize = PacksEvents ? sizeof(Libc.PackedEpollEvent) : sizeof(Libc.AlignedEpollEvent);

    private readonly int _epoll;
    private readonly int _wake;
    private readonly byte* _events;
    private readonly Libc.MultiMessage* _incoming;
    private readonly Libc.IoVector* _vectors;
    private readonly byte* _receiveMemory;
    private readonly byte* _names;
    private readonly Libc.MultiMessage* _outgoing;
    private readonly Libc.IoVector* _sendVectors;
    private readonly byte* _sendMemory;
    private readonly byte* _sendNames;
    private readonly uint[] _sendNameLengths = new uint[SendSlots];
    private readonly int[] _nextQueued = new int[SendSlots];
    private readonly List<UdpPort?> _ports = [];
    private readonly Stack<int> _freeTokens = new();
    private readonly List<UdpPort> _dirty = [];
    private readonly Lock _wakeGate = new();
    private int _usedSlots;
    private bool _disposed;

    public EpollIo()
    {
        _epoll = Libc.epoll_create1(Libc.EpollCloseOnExec);
        _wake = Libc.eventfd(0, Libc.EventNonBlocking | Libc.EventCloseOnExec);
        if (_epoll < 0 || _wake < 0)
        {
            throw new IOException("The system gave no epoll or eventfd descriptor, error " + Marshal.GetLastPInvokeError() + ".");
        }

        _events = (byte*)NativeMemory.AllocZeroed(EventBatch, (nuint)EventSize);
        _incoming = (Libc.MultiMessage*)NativeMemory.AllocZeroed(ReceiveBatch, (nuint)sizeof(Libc.MultiMessage));
        _vectors = (Libc.IoVector*)NativeMemory.AllocZeroed(ReceiveBatch, (nuint)sizeof(Libc.IoVector));
        _receiveMemory = (byte*)NativeMemory.AllocZeroed(ReceiveBatch * PacketBuffers.Size);
        _names = (byte*)NativeMemory.AllocZeroed(ReceiveBatch * NameSize);
        for (var i = 0; i < ReceiveBatch; i++)
        {
            _vectors[i] = new Libc.IoVector { Base = _receiveMemory + (i * PacketBuffers.Size), Length = PacketBuffers.Size };
            _incoming[i].Header = new Libc.MessageHeader
            {
                Name = _names + (i * NameSize), NameLength = NameSize, Vector = _vectors + i, VectorCount = 1,
            };
        }

        _outgoing = (Libc.MultiMessage*)NativeMemory.AllocZeroed(ReceiveBatch, (nuint)sizeof(Libc.MultiMessage));
        _sendVectors = (Libc.IoVector*)NativeMemory.AllocZeroed(SendSlots, (nuint)sizeof(Libc.IoVector));
        _sendMemory = (byte*)NativeMemory.AllocZeroed(SendSlots * PacketBuffers.Size);
        _sendNames = (byte*)NativeMemory.AllocZeroed(SendSlots * NameSize);
        for (var i = 0; i < SendSlots; i++)
        {
            _sendVectors[i].Base = _sendMemory + (i * PacketBuffers.Size);
        }

        Watch(_wake, WakeToken);
    }

    public static bool IsSupported => OperatingSystem.IsLinux() && Environment.Is64BitProcess;

    public long SendErrors { get; private set; }

    public long ReceiveErrors { get; private set; }

    public void Add(UdpPort port)
    {
        if (!_freeTokens.TryPop(out var token))
        {
            token = _ports.Count;
            _ports.Add(null);
        }

        _ports[token] = port;
        port.IoToken = token;
        Watch(port.Descriptor, token);
    }

    public void Remove(UdpPort port)
    {
        if (port.IoToken < 0)
        {
            return;
        }

        // What a closing leg queued last (its BYE) still leaves.
        FlushPort(port);
        _dirty.Remove(port);
        Libc.epoll_ctl(_epoll, Libc.EpollDelete, port.Descriptor, _events);
        _ports[port.IoToken] = null;
        _freeTokens.Push(port.IoToken);
        port.IoToken = -1;
    }

    public void Receive(TimeSpan wait, IPacketHandler handler)
    {
        var milliseconds = (int)Math.Clamp(Math.Ceiling(wait.TotalMilliseconds), 0, 1000);
        var count = Libc.epoll_wait(_epoll, _events, EventBatch, milliseconds);
        handler.OnWake();
        for (var i = 0; i < count; i++)
        {
            var token = PacksEvents
                ? ((Libc.PackedEpollEvent*)_events)[i].Data
                : ((Libc.AlignedEpollEvent*)_events)[i].Data;
            if (token == WakeToken)
            {
                long value;
                Libc.read(_wake, &value, sizeof(long));
            }
            else if (token < _ports.Count && _ports[(int)token] is { } port)
            {
                Drain(port, handler);
            }
        }
    }

    public Span<byte> Rent()
    {
        if (_usedSlots == SendSlots)
        {
            Flush();
        }

        return new Span<byte>(_sendMemory + (_usedSlots * PacketBuffers.Size), PacketBuffers.Size);
    }

    public void Send(UdpPort port, int length, in MediaAddress to)
    {
        if (port.IoToken < 0 || !port.CanReach(to))
        {
            SendErrors++;
            return;
        }

        var slot = _usedSlots++;
        _sendVectors[slot].Length = length;
        _sendNameLengths[slot] = (uint)to.WriteSockAddr(new Span<byte>(_sendNames + (slot * NameSize), NameSize));
        _nextQueued[slot] = -1;
        if (port.FirstQueued < 0)
        {
            port.FirstQueued = slot;
            _dirty.Add(port);
        }
        else
        {
            _nextQueued[port.LastQueued] = slot;
        }

        port.LastQueued = slot;
    }

    public void Flush()
    {
        foreach (var port in _dirty)
        {
            FlushPort(port);
        }

        _dirty.Clear();
        _usedSlots = 0;
    }

    public void Wake()
    {
        // Off the packet path; the lock keeps a late caller from writing to a descriptor that is someone else's by now.
        lock (_wakeGate)
        {
            long one = 1;
            if (!_disposed)
            {
                Libc.write(_wake, &one, sizeof(long));
            }
        }
    }

    public void Dispose()
    {
        lock (_wakeGate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            _ = Libc.close(_wake);
        }

        _ = Libc.close(_epoll);
        NativeMemory.Free(_events);
        NativeMemory.Free(_incoming);
        NativeMemory.Free(_vectors);
        NativeMemory.Free(_receiveMemory);
        NativeMemory.Free(_names);
        NativeMemory.Free(_outgoing);
        NativeMemory.Free(_sendVectors);
        NativeMemory.Free(_sendMemory);
        NativeMemory.Free(_sendNames);
    }

    private void Drain(UdpPort port, IPacketHandler handler)
    {
        var (rounds, batch) = port.Leg is null ? (SharedRounds, ReceiveBatch) : (1, LegBatch);
        for (var round = 0; round < rounds && port.IoToken >= 0; round++)
        {
            // An error here is an ICMP answer to something that we sent, or a socket closed a moment ago: the loop lives.
            var count = Libc.recvmmsg(port.Descriptor, _incoming, (uint)batch, Libc.MessageDontWait, null);
            for (var i = 0; i < count; i++)
            {
                var header = &_incoming[i].Header;
                var name = new ReadOnlySpan<byte>(_names + (i * NameSize), (int)Math.Min(header->NameLength, NameSize));
                var length = (int)_incoming[i].Length;
                header->NameLength = NameSize;
                if (length >= PacketBuffers.Size || !MediaAddress.TryReadSockAddr(name, out var from))
                {
                    ReceiveErrors++;
                    continue;
                }

                handler.OnDatagram(port, new Span<byte>(_receiveMemory + (i * PacketBuffers.Size), length), from);
            }

            if (count < batch)
            {
                return;
            }
        }
    }

    private void FlushPort(UdpPort port)
    {
        var slot = port.FirstQueued;
        port.FirstQueued = port.LastQueued = -1;
        while (slot >= 0)
        {
            var count = 0;
            for (; slot >= 0 && count < ReceiveBatch; slot = _nextQueued[slot])
            {
                ref var header = ref _outgoing[count++].Header;
                header.Name = _sendNames + (slot * NameSize);
                header.NameLength = _sendNameLengths[slot];
                header.Vector = _sendVectors + slot;
                header.VectorCount = 1;
            }

            SendAll(port.Descriptor, count);
        }
    }

    private void SendAll(int descriptor, int count)
    {
        for (var done = 0; done < count;)
        {
            var sent = Libc.sendmmsg(descriptor, _outgoing + done, (uint)(count - done), Libc.MessageDontWait);
            if (sent > 0)
            {
                done += sent;
            }
            else if (Marshal.GetLastPInvokeError() != Libc.ErrorInterrupted)
            {
                // The first datagram of the rest cannot go (full buffer, no route): media does not wait, the others may pass.
                SendErrors++;
                done++;
            }
        }
    }

    private void Watch(int descriptor, long token)
    {
        var packed = new Libc.PackedEpollEvent { Events = Libc.EpollIn, Data = token };
        var aligned = new Libc.AlignedEpollEvent { Events = Libc.EpollIn, Data = token };
        if (Libc.epoll_ctl(_epoll, Libc.EpollAdd, descriptor, PacksEvents ? &packed : &aligned) != 0)
        {
            throw new IOException("epoll refused a socket, error " + Marshal.GetLastPInvokeError() + ".");
        }
    }
}
