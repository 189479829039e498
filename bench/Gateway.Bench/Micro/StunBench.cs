using System.Net;
using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;
using Gateway.Media;
using Gateway.Media.Ice;
using Gateway.Media.Stun;

namespace Gateway.Bench;

/// <summary>What a connectivity check of a browser costs: parsing, the integrity of request and response, both fingerprints.</summary>
[MemoryDiagnoser]
public class StunBench
{
    private readonly IceLiteAgent _agent = new(RandomNumberGenerator.Create());
    private readonly IcePath _path = new(MediaAddress.From(IPAddress.Loopback, 5000));
    private readonly byte[] _response = new byte[IceLiteAgent.MaxResponseLength];
    private byte[] _check = [];
    private byte[] _forged = [];

    [GlobalSetup]
    public void Setup()
    {
        _check = Check(_agent.Local.Password);
        _forged = Check("0123456789abcdefghijklmn");
    }

    [GlobalCleanup]
    public void Cleanup() => _agent.Dispose();

    /// <summary>Finding the session: header, attributes, fingerprint, the key of the fragment.</summary>
    [Benchmark]
    public ulong ParseAndFindSession()
    {
        StunMessage.TryParse(_check, out var message);
        IceCredentials.TryGetKey(message.Username[..IceCredentials.UfragLength], out var key);
        return key;
    }

    /// <summary>The whole check, answered.</summary>
    [Benchmark(Baseline = true)]
    public int AnswerCheck() => _agent.Receive(_check, _path, TimeSpan.Zero, _response).ResponseLength;

    /// <summary>A check with a guessed password.</summary>
    [Benchmark]
    public int RefuseForged() => _agent.Receive(_forged, _path, TimeSpan.Zero, _response).ResponseLength;

    private byte[] Check(string password)
    {
        using var key = new StunPassword(password);
        var buffer = new byte[200];
        var writer = new StunWriter(buffer, StunClass.Request, StunMethod.Binding, "transactions"u8);
        writer.AddUsername($"{_agent.Local.Ufrag}:peer");
        writer.AddRole(controlling: true, 1);
        writer.AddUseCandidate();
        writer.AddPriority(1);
        writer.AddMessageIntegrity(key);
        writer.AddFingerprint();
        return buffer[..writer.Length];
    }
}
