using System.Net;
using Gateway.Sip;

namespace Gateway.Testing.Server;

/// <summary>
/// A network of datagrams between phones and a <see cref="CoreHarness"/> on the core's own clock: it loses, doubles, delays
/// and reorders by a seed, so that every run of it is the same.
/// </summary>
public sealed class VirtualNetwork(CoreHarness core, int seed) : ITimerTarget
{
    private readonly Random _random = new(seed);
    private readonly Dictionary<int, (IPEndPoint? To, Flow From, byte[] Bytes)> _flying = [];
    private readonly Dictionary<IPEndPoint, VirtualPhone> _phones = [];
    private int _last;

    public CoreHarness Core { get; } = core;

    public TimerWheel Timers => Core.Services.Timers;

    public TimeSpan Now => Core.Now;

    /// <summary>Percent of datagrams that never arrive.</summary>
    public int Loss { get; set; }

    /// <summary>Percent that arrive twice.</summary>
    public int Duplicates { get; set; }

    /// <summary>Percent that are overtaken: they take up to 300 ms more than the 20 to 60 ms of the others.</summary>
    public int Reordered { get; set; }

    /// <summary>Datagrams that were lost so far.</summary>
    public int Lost { get; private set; }

    public VirtualPhone Phone(string user, string address)
    {
        var phone = new VirtualPhone(this, user, IPEndPoint.Parse(address), _random.Next());
        _phones.Add(phone.Address, phone);
        return phone;
    }

    public void Advance(TimeSpan by)
    {
        var end = Now + by;
        while (Timers.NextDeadline is { } next && next <= end)
        {
            Core.Advance(next > Now ? next - Now : TimeSpan.Zero);
            Drain();
        }

        Core.Advance(end - Now);
        Drain();
    }

    /// <summary>What the core has sent sets out.</summary>
    public void Drain()
    {
        foreach (var sent in Core.TakeAll())
        {
            Fly(sent.Flow.Remote, default, System.Text.Encoding.UTF8.GetBytes(sent.Text));
        }
    }

    internal void ToCore(IPEndPoint from, ReadOnlySpan<byte> message) => Fly(null, CoreHarness.Udp(from.ToString()), message);

    void ITimerTarget.OnTimer(int kind, TimeSpan now)
    {
        if (!_flying.Remove(kind, out var datagram))
        {
            return;
        }

        if (datagram.To is null)
        {
            Core.Receive(datagram.Bytes, datagram.From);
        }
        else if (_phones.TryGetValue(datagram.To, out var phone))
        {
            phone.Receive(datagram.Bytes, now);
        }
    }

    private void Fly(IPEndPoint? to, Flow from, ReadOnlySpan<byte> bytes)
    {
        if (_random.Next(100) < Loss)
        {
            Lost++;
            return;
        }

        for (var copies = _random.Next(100) < Duplicates ? 2 : 1; copies > 0; copies--)
        {
            var delay = 20 + _random.Next(40) + (_random.Next(100) < Reordered ? _random.Next(300) : 0);
            _flying.Add(++_last, (to, from, bytes.ToArray()));
            Timers.Schedule(Now + TimeSpan.FromMilliseconds(delay), this, _last);
        }
    }
}
