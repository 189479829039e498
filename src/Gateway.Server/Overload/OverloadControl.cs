using Gateway.Sip;

namespace Gateway.Server.Overload;

/// <summary>How much it would hurt to turn a request away when there is too much to do.</summary>
public enum RequestRank : byte
{
    /// <summary>An answer, an ACK, a CANCEL, or a request of a call under way: never turned away for load.</summary>
    UnderWay,

    /// <summary>An emergency call, or the registration of a phone that is registered: last.</summary>
    Kept,

    /// <summary>A new call, a new registration, anything else: first.</summary>
    New,
}

/// <summary>
/// Whether one loop takes new work. It learns from how long new requests waited for their turn, and turns away the share that
/// keeps that wait short: by Call-ID, so that a request, its repeats and its answer to a challenge meet the same verdict. The
/// loop's, but for what others may read.
/// </summary>
/// <remarks>
/// A wait over <paramref name="limit"/> that does not shrink by itself closes the gate by an eighth of what is still open in each
/// interval; a wait under half of it opens the gate by a twentieth. What arrives faster than it can be served settles there with short queues, and so without
/// the repeats that a slow server brings upon itself (RFC 3261 §17.1.1.2).
/// </remarks>
/// <param name="limit">How long new requests may wait; zero: nothing is turned away for it.</param>
public sealed class OverloadControl(TimeSpan limit)
{
    /// <summary>How often the gate moves, and how long a silent loop's verdict holds at most.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>What upstream neighbours are told that a percentage is good for.</summary>
    public const int ValidityMilliseconds = 1000;

    private const int Whole = 1000;

    /// <summary>Phones that are registered, and emergency calls, are turned away only above this.</summary>
    private const int KeptAbove = 900;

    private const int Most = 980;

    /// <summary>After so many intervals other Call-IDs are unlucky: a phone's REGISTERs all have the same.</summary>
    private const int IntervalsPerEpoch = 320;

    private TimeSpan _worst;
    private TimeSpan _before;
    private TimeSpan _next;
    private int _shed;
    private int _epoch;
    private volatile bool _isPressed;
    private OverloadFeedback _feedback = new(0, 0, 1);

    /// <summary>How many of a thousand new requests are turned away now.</summary>
    public int Shed => _isPressed ? Whole : Volatile.Read(ref _shed);

    /// <summary>Memory is short: nothing new is taken until it is not.</summary>
    public bool IsPressed
    {
        get => _isPressed;
        set => _isPressed = value;
    }

    /// <summary>What neighbours that understand it are told (RFC 7339 §5.2).</summary>
    public OverloadFeedback Feedback => Volatile.Read(ref _feedback);

    /// <summary>On the loop, in each of its turns: how long the oldest new request waits by now; zero when none does.</summary>
    public void Sample(TimeSpan waited, TimeSpan now)
    {
        if (waited > _worst)
        {
            _worst = waited;
        }

        if (now < _next || limit <= TimeSpan.Zero)
        {
            return;
        }

        var quiet = _next == TimeSpan.Zero ? 0 : (int)Math.Min(Whole, (now - _next).Ticks / Interval.Ticks);
        var shed = Next(_shed, _worst, _before, limit);
        for (var i = 0; i < quiet && shed > 0; i++)
        {
            // The loop slept: nothing waited meanwhile.
            shed = Next(shed, TimeSpan.Zero, TimeSpan.Zero, limit);
        }

        _before = _worst;
        _worst = TimeSpan.Zero;
        _next = now + Interval;
        Volatile.Write(ref _epoch, (int)(now.Ticks / Interval.Ticks / IntervalsPerEpoch));
        Volatile.Write(ref _shed, shed);
        if (_feedback.Percent != shed / 10 || now.Ticks / TimeSpan.TicksPerMillisecond - _feedback.Sequence > ValidityMilliseconds / 2)
        {
            Volatile.Write(ref _feedback, new OverloadFeedback(Shed / 10, ValidityMilliseconds, Math.Max(_feedback.Sequence + 1, now.Ticks / TimeSpan.TicksPerMillisecond)));
        }
    }

    /// <summary>Whether this request may take its place in the queue.</summary>
    public bool Admits(RequestRank rank, ReadOnlySpan<byte> callId)
    {
        var shed = Shed;
        return rank switch
        {
            _ when shed == 0 => true,
            RequestRank.UnderWay => true,
            RequestRank.Kept => Luck(callId) >= (shed - KeptAbove) * Whole / (Whole - KeptAbove),
            _ => Luck(callId) >= shed,
        };
    }

    /// <summary>The share that is turned away in the next interval.</summary>
    /// <param name="worst">The longest wait of the interval that ends.</param>
    /// <param name="before">That of the one before it.</param>
    internal static int Next(int shed, TimeSpan worst, TimeSpan before, TimeSpan limit)
    {
        if (worst > limit)
        {
            // One long wait is a pause of the machine, not a load.
            if (shed == 0 && before <= limit)
            {
                return 0;
            }

            // A queue that is being worked off needs no more than time.
            return worst < before * 0.95 ? shed : Math.Min(Most, shed + Math.Max(10, (Whole - shed) / 8));
        }

        return worst < limit / 2 ? Math.Max(0, shed - Math.Max(10, shed / 20)) : shed;
    }

    /// <summary>0 to 999, the same for a Call-ID over many intervals.</summary>
    private int Luck(ReadOnlySpan<byte> callId)
    {
        var hash = 2166136261u ^ (uint)Volatile.Read(ref _epoch);
        foreach (var value in callId)
        {
            hash = (hash ^ value) * 16777619u;
        }

        hash = (hash ^ (hash >> 15)) * 0x85EBCA6Bu;
        return (int)((hash ^ (hash >> 13)) % Whole);
    }
}
