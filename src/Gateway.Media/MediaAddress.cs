using System.Buffers.Binary;
using System.Net;

namespace Gateway.Media;

/// <summary>
/// An IP address and a UDP port as a value of 24 bytes: no allocation to make, compare or hash, so it can key the tables of the packet path.
/// IPv4 is held in its IPv6-mapped form, hence <c>192.0.2.1</c> and <c>::ffff:192.0.2.1</c> are the same address, whatever kind of socket they came from.
/// </summary>
public readonly struct MediaAddress : IEquatable<MediaAddress>
{
    /// <summary>Bytes that <see cref="WriteSockAddr"/> needs at most: the size of <c>sockaddr_in6</c>.</summary>
    public const int MaxSockAddrLength = 28;

    private const ulong MappedPrefix = 0x0000_FFFF_0000_0000;
    private const ushort AfInet = 2;
    private const ushort AfInet6 = 10; // Linux

    private readonly ulong _high;
    private readonly ulong _low;
    private readonly uint _scope;
    private readonly ushort _port;

    private MediaAddress(ulong high, ulong low, ushort port, uint scope)
    {
        _high = high;
        _low = low;
        _port = port;
        _scope = scope;
    }

    /// <summary>The UDP port in host order.</summary>
    public int Port => _port;

    /// <summary>True for IPv4, also when it came as an IPv4-mapped IPv6 address.</summary>
    public bool IsIPv4 => _high == 0 && (_low >> 32) == 0xFFFF;

    /// <summary>True for the default value, which names no address at all.</summary>
    public bool IsNone => _high == 0 && _low == 0 && _port == 0;

    /// <summary>The IPv6 scope (interface index) of a link-local address, else 0.</summary>
    public uint ScopeId => _scope;

    /// <summary>Makes an IPv4 address from its four bytes in network order.</summary>
    public static MediaAddress FromIPv4(ReadOnlySpan<byte> address, int port) =>
        new(0, MappedPrefix | BinaryPrimitives.ReadUInt32BigEndian(address), (ushort)port, 0);

    /// <summary>Makes an IPv6 address from its sixteen bytes in network order.</summary>
    public static MediaAddress FromIPv6(ReadOnlySpan<byte> address, int port, uint scope = 0) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(address), BinaryPrimitives.ReadUInt64BigEndian(address[8..]), (ushort)port, scope);

    /// <summary>Makes a value from an address and a port.</summary>
    public static MediaAddress From(IPAddress address, int port)
    {
        ArgumentNullException.ThrowIfNull(address);
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var written);
        return written == 4
            ? FromIPv4(bytes, port)
            : FromIPv6(bytes, port, address.IsIPv6LinkLocal ? (uint)address.ScopeId : 0);
    }

    /// <summary>Makes a value from an endpoint.</summary>
    public static MediaAddress From(IPEndPoint endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        return From(endpoint.Address, endpoint.Port);
    }

    /// <summary>Reads a Linux <c>sockaddr_in</c> or <c>sockaddr_in6</c>; false when it is neither or cut short.</summary>
    public static bool TryReadSockAddr(ReadOnlySpan<byte> sockAddr, out MediaAddress address)
    {
        address = default;
        if (sockAddr.Length < 16)
        {
            return false;
        }

        var family = BitConverter.IsLittleEndian
            ? BinaryPrimitives.ReadUInt16LittleEndian(sockAddr)
            : BinaryPrimitives.ReadUInt16BigEndian(sockAddr);
        var port = BinaryPrimitives.ReadUInt16BigEndian(sockAddr[2..]);
        if (family == AfInet)
        {
            address = FromIPv4(sockAddr[4..], port);
            return true;
        }

        if (family != AfInet6 || sockAddr.Length < MaxSockAddrLength)
        {
            return false;
        }

        address = FromIPv6(sockAddr[8..], port, BitConverter.ToUInt32(sockAddr[24..]));
        return true;
    }

    /// <summary>Writes the Linux socket address and returns its length (16 or 28).</summary>
    /// <param name="destination">At least <see cref="MaxSockAddrLength"/> bytes.</param>
    /// <param name="dualMode">True when the socket is an IPv6 one, which wants IPv4 in its mapped form.</param>
    public int WriteSockAddr(Span<byte> destination, bool dualMode = false)
    {
        var v4 = IsIPv4 && !dualMode;
        var length = v4 ? 16 : MaxSockAddrLength;
        destination[..length].Clear();
        BitConverter.TryWriteBytes(destination, v4 ? AfInet : AfInet6);
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], _port);
        if (v4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination[4..], (uint)_low);
        }
        else
        {
            BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _high);
            BinaryPrimitives.WriteUInt64BigEndian(destination[16..], _low);
            BitConverter.TryWriteBytes(destination[24..], _scope);
        }

        return length;
    }

    /// <summary>Writes the address alone in network order, 4 or 16 bytes, and returns how many.</summary>
    public int WriteAddressBytes(Span<byte> destination)
    {
        if (IsIPv4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)_low);
            return 4;
        }

        BinaryPrimitives.WriteUInt64BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _low);
        return 16;
    }

    /// <summary>The address as the framework's type (allocates).</summary>
    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[16];
        var length = WriteAddressBytes(bytes);
        return length == 4 ? new IPAddress(bytes[..4]) : new IPAddress(bytes, _scope);
    }

    /// <summary>The endpoint as the framework's type (allocates).</summary>
    public IPEndPoint ToIPEndPoint() => new(ToIPAddress(), _port);

    /// <summary>The same address with another port.</summary>
    public MediaAddress WithPort(int port) => new(_high, _low, (ushort)port, _scope);

    /// <summary>True when the IP addresses are equal; ports may differ.</summary>
    public bool SameHost(in MediaAddress other) => _high == other._high && _low == other._low && _scope == other._scope;

    /// <inheritdoc />
    public bool Equals(MediaAddress other) => _port == other._port && SameHost(other);

    /// <inheritdoc />
    public override bool Equals(object? obj) => obj is MediaAddress other && Equals(other);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(_high, _low, _port, _scope);

    /// <summary>Compares address, scope and port.</summary>
    public static bool operator ==(MediaAddress left, MediaAddress right) => left.Equals(right);

    /// <summary>Compares address, scope and port.</summary>
    public static bool operator !=(MediaAddress left, MediaAddress right) => !left.Equals(right);

    /// <summary>The endpoint in the usual text form, or "none".</summary>
    public override string ToString() => IsNone ? "none" : ToIPEndPoint().ToString();
}
