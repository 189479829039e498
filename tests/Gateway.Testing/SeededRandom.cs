using System.Security.Cryptography;

namespace Gateway.Testing;

/// <summary>Repeatable bytes where the code under test wants a <see cref="RandomNumberGenerator"/>.</summary>
public sealed class SeededRandom(int seed) : RandomNumberGenerator
{
    private readonly Random _random = new(seed);

    public override void GetBytes(byte[] data) => _random.NextBytes(data);

    public override void GetBytes(Span<byte> data) => _random.NextBytes(data);
}
