using System.Buffers.Binary;
using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;
using Gateway.Media.Rtp;
using Gateway.Media.Srtp;

namespace Gateway.Bench;

/// <summary>
/// What SRTP costs for the packet of a G.711 call, 12 octets of header and 160 of payload (targets: 200 ns each way, nothing allocated), by profile and kernel.
/// </summary>
[MemoryDiagnoser]
public class SrtpBench
{
    private const int PacketLength = 172;

    private readonly byte[] _buffer = new byte[PacketLength + SrtpProfiles.MaxOverhead];
    private SrtpSender _sender = null!;
    private SrtpReceiver _receiver = null!;
    private ushort _sequence;

    [Params(SrtpProfile.Aes128CmSha1Tag80, SrtpProfile.AeadAes128Gcm, SrtpProfile.AeadAes256Gcm)]
    public SrtpProfile Profile { get; set; }

    [Params(KernelPath.Best, KernelPath.Portable)]
    public KernelPath Path { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        using var random = RandomNumberGenerator.Create();
        using var key = SrtpMasterKey.Create(Profile, random);
        _sender = new SrtpSender(key, Path);
        _receiver = new SrtpReceiver(key, Path);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _sender.Dispose();
        _receiver.Dispose();
    }

    /// <summary>Index, window, cipher, tag.</summary>
    [Benchmark(Baseline = true)]
    public int Protect()
    {
        RtpHeader.Write(_buffer, 0, false, _sequence++, 0, 1);
        return _sender.Protect(_buffer, PacketLength, out var length) == SrtpStatus.Ok ? length : throw new InvalidOperationException();
    }

    /// <summary>The same and the way back: the difference is what a received packet costs.</summary>
    [Benchmark]
    public int ProtectAndUnprotect()
    {
        var wire = Protect();
        return _receiver.Unprotect(_buffer.AsSpan(0, wire), out var length) == SrtpStatus.Ok ? length : throw new InvalidOperationException();
    }

    /// <summary>A forged packet: what an attacker can make us pay.</summary>
    [Benchmark]
    public SrtpStatus RefuseForged()
    {
        RtpHeader.Write(_buffer, 0, false, 1, 0, 99);
        BinaryPrimitives.WriteUInt64BigEndian(_buffer.AsSpan(PacketLength), 0);
        return _receiver.Unprotect(_buffer.AsSpan(0, PacketLength + 16), out _);
    }
}
