using System.Net;
using System.Net.Sockets;

namespace Gateway.Net.Sip;

/// <summary>Counts open connections, in all and of each address, and refuses what is too many. Thread-safe.</summary>
public sealed class SocketAdmission(int most, int mostPerAddress)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<UInt128, int> _perAddress = [];
    private int _open;

    public int Open => Volatile.Read(ref _open);

    public bool TryEnter(IPAddress address)
    {
        var key = Key(address);
        lock (_gate)
        {
            var ofAddress = _perAddress.GetValueOrDefault(key);
            if (_open >= most || ofAddress >= mostPerAddress)
            {
                return false;
            }

            _open++;
            _perAddress[key] = ofAddress + 1;
            return true;
        }
    }

    public void Leave(IPAddress address)
    {
        var key = Key(address);
        lock (_gate)
        {
            _open--;
            if (_perAddress[key] == 1)
            {
                _perAddress.Remove(key);
            }
            else
            {
                _perAddress[key]--;
            }
        }
    }

    /// <summary>One subscriber: an IPv4 address, or the /64 that an IPv6 subscriber may choose addresses from.</summary>
    private static UInt128 Key(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        if (plain.AddressFamily == AddressFamily.InterNetwork)
        {
            plain.TryWriteBytes(bytes[12..], out _);
        }
        else
        {
            plain.TryWriteBytes(bytes, out _);
            bytes[8..].Clear();
        }

        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}
