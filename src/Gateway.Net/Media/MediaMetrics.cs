using System.Diagnostics.Metrics;
using Gateway.Server.Ports;

namespace Gateway.Net.Media;

/// <summary>Why a datagram of a shared port was dropped before any leg saw it; each is a label of a counter.</summary>
public enum DropReason : byte
{
    /// <summary>None of STUN, DTLS, RTP, RTCP.</summary>
    Unknown,

    /// <summary>Not a check, from a 5-tuple without an authenticated one.</summary>
    UnvalidatedSource,

    /// <summary>A check with wrong credentials, which was answered with an error.</summary>
    RefusedCheck,

    /// <summary>One too many of those from a host: not answered.</summary>
    CheckLimit,

    /// <summary>STUN that cannot be read.</summary>
    MalformedCheck,

    /// <summary>A check for nobody here.</summary>
    UnknownUfrag,
}

/// <summary>What the media plane counts, as instruments of the meter "Gateway.Net" and as plain numbers for health and tests.</summary>
public sealed class MediaMetrics : IDisposable
{
    private readonly Meter _meter;
    private readonly long[] _dropped = new long[Enum.GetValues<DropReason>().Length];
    private readonly Counter<long> _packets;
    private readonly Counter<long> _discarded;
    private readonly Counter<long> _faults;
    private long _legs;
    private long _legFaults;
    private long _loopFaults;

    public MediaMetrics(IMeterFactory? factory = null)
    {
        _meter = factory?.Create("Gateway.Net") ?? new Meter("Gateway.Net");
        _packets = _meter.CreateCounter<long>("gateway.media.packets", "{packet}", "RTP packets of ended legs, by direction.");
        _discarded = _meter.CreateCounter<long>("gateway.media.discarded", "{packet}", "Packets of ended legs that were refused.");
        _faults = _meter.CreateCounter<long>("gateway.media.faults", "{fault}", "Faults of our own that a media loop caught.");
        _meter.CreateObservableUpDownCounter("gateway.media.legs", () => Legs, "{leg}", "Open media legs.");
        _meter.CreateObservableUpDownCounter("gateway.media.ports.used", () => PortsInUse(), "{port}", "RTP port pairs that are lent out.");
        _meter.CreateObservableCounter("gateway.media.dropped", Drops, "{packet}", "Datagrams of the shared ports that no leg saw.");
    }

    /// <summary>Open legs.</summary>
    public long Legs => Interlocked.Read(ref _legs);

    /// <summary>Legs that ended by a fault of ours.</summary>
    public long LegFaults => Interlocked.Read(ref _legFaults);

    /// <summary>Faults of ours that belonged to no leg.</summary>
    public long LoopFaults => Interlocked.Read(ref _loopFaults);

    /// <summary>The last fault, for tests and health.</summary>
    public Exception? LastFault { get; private set; }

    internal Func<long> PortsInUse { get; set; } = () => 0;

    /// <summary>Datagrams dropped for a reason.</summary>
    public long DroppedBy(DropReason reason) => Interlocked.Read(ref _dropped[(int)reason]);

    public void Dispose() => _meter.Dispose();

    internal void Dropped(DropReason reason) => Interlocked.Increment(ref _dropped[(int)reason]);

    internal void LegOpened() => Interlocked.Increment(ref _legs);

    internal void LegClosed(LegStatistics statistics)
    {
        Interlocked.Decrement(ref _legs);
        _packets.Add(statistics.PacketsReceived, new KeyValuePair<string, object?>("network.io.direction", "receive"));
        _packets.Add(statistics.PacketsSent, new KeyValuePair<string, object?>("network.io.direction", "transmit"));
        _discarded.Add(statistics.Discarded);
    }

    internal void LegFaulted(Exception e)
    {
        Interlocked.Increment(ref _legFaults);
        Fault(e);
    }

    internal void LoopFaulted(Exception e)
    {
        Interlocked.Increment(ref _loopFaults);
        Fault(e);
    }

    private void Fault(Exception e)
    {
        LastFault = e;
        _faults.Add(1, new KeyValuePair<string, object?>("error.type", e.GetType().Name));
    }

    private IEnumerable<Measurement<long>> Drops()
    {
        foreach (var reason in Enum.GetValues<DropReason>())
        {
            yield return new Measurement<long>(DroppedBy(reason), new KeyValuePair<string, object?>("error.type", reason.ToString()));
        }
    }
}
