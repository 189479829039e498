using System.Net;
using System.Security.Cryptography;
using Gateway.Media.Stun;
using Gateway.Server.Registrar;
using Gateway.Sip;

namespace Gateway.Net.Sip;

/// <summary>How the NATs of phones on UDP are kept open.</summary>
public enum KeepAliveMode : byte
{
    /// <summary>Phones see to it themselves.</summary>
    Off,

    /// <summary>By a double CRLF, which every phone ignores.</summary>
    Crlf,

    /// <summary>By STUN, for what answers it; the rest gets the double CRLF.</summary>
    Stun,
}

/// <summary>
/// Keeps the UDP flows open that others depend on: to phones behind a NAT, which would not be found by a call, and to trunks that
/// we are registered with (RFC 5626 §4.4.2). With STUN it hears when the address changes that we are seen under, or when nobody
/// answers any more: the flow has failed then. Looked at once a second. Thread-safe.
/// </summary>
internal sealed class FlowKeeper(NetOptions options, SipTransports transports, BindingDirectory bindings, RandomNumberGenerator random, Action<Flow> failed)
{
    /// <summary>RFC 5626 §4.4.2: seven retransmissions; with waits that double up to half a minute they take about forty seconds.</summary>
    private const int MostTries = 8;

    private static readonly TimeSpan s_firstWait = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(16);

    private readonly Lock _gate = new();
    private readonly Dictionary<(int Listener, IPEndPoint Remote), TimeSpan> _trunks = [];
    private readonly Dictionary<(int Listener, IPEndPoint Remote), Watch> _watched = [];
    private readonly Dictionary<Int128, (int Listener, IPEndPoint Remote)> _asked = [];
    private readonly Queue<Flow> _round = [];
    private TimeSpan _nextRound;
    private int _perSecond;

    /// <summary>A flow that STUN was sent on.</summary>
    private sealed class Watch(Flow flow)
    {
        public Flow Flow { get; } = flow;

        /// <summary>Under which address the peer saw us last; null when it has never said.</summary>
        public IPEndPoint? Mapped { get; set; }

        public Int128 Id { get; set; }

        public int Tries { get; set; }

        public TimeSpan Wait { get; set; }

        public TimeSpan Next { get; set; } = TimeSpan.MaxValue;

        /// <summary>It let a whole question pass: it gets line ends from now on.</summary>
        public bool IsDeaf { get; set; }

        /// <summary>Still wanted in this round.</summary>
        public bool IsCurrent { get; set; }
    }

    /// <summary>A flow of a registration of ours is needed for so long; zero ends it.</summary>
    public void Keep(in Flow flow, TimeSpan until, TimeSpan now)
    {
        lock (_gate)
        {
            if (until > now)
            {
                _trunks[(flow.Listener, flow.Remote)] = until;
            }
            else
            {
                _trunks.Remove((flow.Listener, flow.Remote));
            }
        }
    }

    public void Tick(TimeSpan now)
    {
        if (options.KeepAlive == KeepAliveMode.Off)
        {
            return;
        }

        List<Flow> dead = [];
        lock (_gate)
        {
            Repeat(now, dead);
            if (_round.Count == 0 && now >= _nextRound)
            {
                BeginRound(now);
            }

            for (var i = 0; i < _perSecond && _round.TryDequeue(out var flow); i++)
            {
                Send(flow, now);
            }
        }

        dead.ForEach(failed);
    }

    /// <summary>The answer to one of our questions: where the peer saw us, or null for a refusal.</summary>
    public void Answered(Flow flow, Int128 id, IPEndPoint? mapped)
    {
        var isMoved = false;
        lock (_gate)
        {
            // Only where it was asked, and by who was asked.
            if (!_asked.TryGetValue(id, out var key) || !key.Remote.Equals(flow.Remote) || !_watched.TryGetValue(key, out var watch))
            {
                return;
            }

            _asked.Remove(id);
            watch.Next = TimeSpan.MaxValue;
            if (mapped is null)
            {
                // §4.4.2: an error is a failure of the flow, of one that knows STUN; else it is a peer that does not.
                isMoved = watch.Mapped is not null;
                watch.IsDeaf = !isMoved;
            }
            else
            {
                isMoved = watch.Mapped is { } before && !before.Equals(mapped);
                watch.Mapped = mapped;
            }
        }

        if (isMoved)
        {
            failed(flow);
        }
    }

    /// <summary>True for a phone that says another address than its packets come from, and has not promised to keep its flow itself.</summary>
    internal static bool IsBehindNat(Binding binding) =>
        binding is { Flow.Transport: SipTransport.Udp, RegId: 0, Path.Count: 0 }
        && !(IPAddress.TryParse(binding.Contact.Host.Trim('[', ']'), out var said) && said.Equals(binding.Flow.Remote.Address) && (binding.Contact.Port ?? 5060) == binding.Flow.Remote.Port);

    private void BeginRound(TimeSpan now)
    {
        foreach (var over in _trunks.Where(kept => kept.Value <= now).Select(kept => kept.Key).ToList())
        {
            _trunks.Remove(over);
        }

        // §4.4.2: up to a fifth sooner, so that not all are asked at once for ever.
        _nextRound = now + (options.KeepAliveInterval * (0.8 + (0.2 * RandomNumberGenerator.GetInt32(1000) / 1000)));
        foreach (var flow in bindings.All.Where(IsBehindNat).Select(binding => binding.Flow).Concat(_trunks.Keys.Select(key => new Flow(SipTransport.Udp, key.Remote, key.Listener, 0))).Distinct())
        {
            _round.Enqueue(flow);
        }

        foreach (var watch in _watched.Values)
        {
            watch.IsCurrent = false;
        }

        foreach (var flow in _round)
        {
            if (_watched.TryGetValue((flow.Listener, flow.Remote), out var watch))
            {
                watch.IsCurrent = true;
            }
        }

        foreach (var (key, watch) in _watched.Where(one => !one.Value.IsCurrent).ToList())
        {
            _asked.Remove(watch.Id);
            _watched.Remove(key);
        }

        _perSecond = Math.Max(1, (int)Math.Ceiling(_round.Count / Math.Max(1, options.KeepAliveInterval.TotalSeconds / 2)));
    }

    private void Send(in Flow flow, TimeSpan now)
    {
        if (options.KeepAlive == KeepAliveMode.Crlf)
        {
            transports.SendRaw(flow, "\r\n\r\n"u8);
            return;
        }

        var key = (flow.Listener, flow.Remote);
        if (!_watched.TryGetValue(key, out var watch))
        {
            _watched[key] = watch = new Watch(flow) { IsCurrent = true };
        }

        if (watch.IsDeaf)
        {
            transports.SendRaw(flow, "\r\n\r\n"u8);
        }
        else if (watch.Next == TimeSpan.MaxValue)
        {
            Span<byte> id = stackalloc byte[12];
            random.GetBytes(id);
            (watch.Id, watch.Tries, watch.Wait) = (SipStun.IdOf(id), 0, s_firstWait);
            _asked[watch.Id] = key;
            Ask(watch, now);
        }
    }

    private void Repeat(TimeSpan now, List<Flow> dead)
    {
        foreach (var watch in _watched.Values)
        {
            if (watch.Next > now)
            {
                continue;
            }

            if (watch.Tries < MostTries)
            {
                Ask(watch, now);
                continue;
            }

            _asked.Remove(watch.Id);
            watch.Next = TimeSpan.MaxValue;
            watch.IsDeaf = watch.Mapped is null;
            if (watch.Mapped is not null)
            {
                watch.Mapped = null;
                dead.Add(watch.Flow);
            }
        }
    }

    private void Ask(Watch watch, TimeSpan now)
    {
        Span<byte> id = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteInt128BigEndian(id, watch.Id);
        Span<byte> request = stackalloc byte[StunMessage.HeaderLength];
        var writer = new StunWriter(request, StunClass.Request, StunMethod.Binding, id[4..]);
        transports.SendRaw(watch.Flow, request[..writer.Length]);
        watch.Tries++;
        watch.Next = now + watch.Wait;
        watch.Wait = watch.Wait * 2 < s_longestWait ? watch.Wait * 2 : s_longestWait;
    }
}
