using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Interop.Tests.Rig;

/// <summary>A media address without a phone: keeps the A-law sound that comes, and plays a tone back to where it comes from.</summary>
internal sealed class RtpEar : IAsyncDisposable
{
    private const byte Alaw = 8;
    private const int Frame = 160;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly CancellationTokenSource _end = new();
    private readonly List<short> _heard = [];
    private readonly Task _work;
    private int _others;
    private IPEndPoint? _source;

    public RtpEar(double tone)
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, FreePorts.Take(2)));
        _work = Task.WhenAll(ListenAsync(), PlayAsync(tone));
    }

    public int Port => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    /// <summary>Packets of other payload types than A-law.</summary>
    public int Others => _others;

    public Wave Heard()
    {
        lock (_heard)
        {
            return new Wave(8000, [.. _heard]);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _socket.Dispose();
        await _work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    private async Task ListenAsync()
    {
        var buffer = new byte[2048];
        while (!_end.IsCancellationRequested)
        {
            var got = await _socket.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), _end.Token);
            if (got.ReceivedBytes < 12 || buffer[1] is >= 192 and <= 223)
            {
                continue;
            }

            if ((buffer[1] & 0x7F) != Alaw)
            {
                Interlocked.Increment(ref _others);
                continue;
            }

            lock (_heard)
            {
                _heard.AddRange(buffer[12..got.ReceivedBytes].Select(Decode));
            }

            _source = (IPEndPoint)got.RemoteEndPoint;
        }
    }

    private async Task PlayAsync(double tone)
    {
        var packet = new byte[12 + Frame];
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        for (var number = 0; await timer.WaitForNextTickAsync(_end.Token); number++)
        {
            (packet[0], packet[1]) = (0x80, Alaw);
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)number);
            BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(4), (uint)(number * Frame));
            BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(8), 0x0E0A0E0A);
            for (var i = 0; i < Frame; i++)
            {
                packet[12 + i] = Encode((short)(0.5 * short.MaxValue * Math.Sin(2 * Math.PI * tone * ((number * Frame) + i) / 8000)));
            }

            if (_source is { } source)
            {
                await _socket.SendToAsync(packet, source, _end.Token);
            }
        }
    }

    /// <summary>G.711, table 1a.</summary>
    private static short Decode(byte code)
    {
        var bits = code ^ 0x55;
        var (segment, step) = ((bits >> 4) & 7, bits & 15);
        var size = segment == 0 ? (step << 4) + 8 : ((step << 4) + 0x108) << (segment - 1);
        return (short)((bits & 0x80) != 0 ? size : -size);
    }

    private static byte Encode(short sample)
    {
        var size = Math.Min(Math.Abs((int)sample), 32_000);
        var segment = size < 256 ? 0 : Math.Max(1, 24 - System.Numerics.BitOperations.LeadingZeroCount((uint)size));
        var step = (size >> (segment == 0 ? 4 : segment + 3)) & 15;
        return (byte)((segment << 4 | step | (sample >= 0 ? 0x80 : 0)) ^ 0x55);
    }
}
