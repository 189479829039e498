using System.Collections.Immutable;
using Gateway.Media;
using Gateway.Media.Ice;
using Gateway.Media.Sessions;
using Gateway.Server.Ports;

namespace Gateway.Net.Media;

/// <summary>
/// A leg's place on its loop: who owns it, which sockets and paths are its, when it wants to be called. It is the world
/// that the pure leg sees, and turns what the leg tells into the events of the port.
/// </summary>
internal sealed class LegSlot : ILegHost
{
    private readonly MediaLoop _loop;

    /// <param name="ports">The leg's own sockets (RTP, then RTCP); empty when it lives on the shared ports.</param>
    public LegSlot(MediaLoop loop, LegId id, int owner, ImmutableArray<UdpPort> ports)
    {
        _loop = loop;
        Id = id;
        Owner = owner;
        Ports = ports;
        for (var i = 0; i < ports.Length; i++)
        {
            ports[i].Leg = this;
            ports[i].Index = i;
        }
    }

    public LegId Id { get; }

    /// <summary>The SIP loop that hears of the leg; it changes when the call goes to another one.</summary>
    public int Owner { get; set; }

    public ImmutableArray<UdpPort> Ports { get; }

    public MediaLoop Loop => _loop;

    public MediaLeg? Leg { get; set; }

    /// <summary>The leg or service at the other end of the bridge.</summary>
    public LegSlot? Peer { get; set; }

    /// <summary>Paths on the shared ports that lead here.</summary>
    public List<IcePath> Paths { get; } = [];

    /// <summary>Keys of the ufrags of ours by which checks find this leg: the first, and one for each ICE restart.</summary>
    public List<ulong> Ufrags { get; } = [];

    /// <summary>The earliest call that stands in the loop's queue for this leg.</summary>
    public TimeSpan ScheduledAt { get; set; } = TimeSpan.MaxValue;

    public bool IsClosed { get; set; }

    /// <summary>The RTP port to give back to the pool; 0 for none.</summary>
    public int PooledPort { get; init; }

    /// <summary>Called once when the leg's sockets are closed.</summary>
    public Action<LegSlot>? Released { get; init; }

    public Span<byte> Rent() => _loop.Io.Rent();

    public void Send(int length, int local, in MediaAddress to)
    {
        var ports = Ports.IsEmpty ? _loop.SharedPorts : Ports;
        if ((uint)local < (uint)ports.Length)
        {
            _loop.Io.Send(ports[local], length, to);
        }
    }

    public void Raise(in LegEvent happened)
    {
        switch (happened.Kind)
        {
            case LegEventKind.Ready:
                _loop.Tell(Owner, new MediaEvent.Ready(Id));
                break;
            case LegEventKind.Failed:
                _loop.Tell(Owner, new MediaEvent.Failed(Id, Reason(happened.Failure)));
                break;
            case LegEventKind.Silent:
                _loop.Tell(Owner, new MediaEvent.Silent(Id, happened.Time));
                break;
            case LegEventKind.Digit:
                _loop.Tell(Owner, new MediaEvent.Digit(Id, happened.Digit, happened.Time));
                break;
            case LegEventKind.SourceLearned:
                MediaLog.SourceLearned(_loop.Log, Id.Value);
                break;
            case LegEventKind.SourceMoved:
                MediaLog.SourceMoved(_loop.Log, Id.Value);
                break;
        }
    }

    private static MediaFailure Reason(LegFailure failure) => failure switch
    {
        LegFailure.Fingerprint => MediaFailure.Fingerprint,
        LegFailure.IceTimeout => MediaFailure.IceTimeout,
        LegFailure.Dtls => MediaFailure.Dtls,
        _ => MediaFailure.Internal,
    };
}
