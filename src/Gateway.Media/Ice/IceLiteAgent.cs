using System.Security.Cryptography;
using System.Text;
using Gateway.Media.Stun;

namespace Gateway.Media.Ice;

/// <summary>
/// The ICE agent of a gateway with a public address: lite (RFC 8445 §2.5), hence always controlled (§6.1.1). It answers checks, learns from
/// authenticated ones where its peer is, and sends where the peer nominates. Sans-IO: a datagram, its path and the time go in, a response and events come out.
/// </summary>
/// <remarks>One thread at a time. Nothing is allocated per check. No unauthenticated byte changes any state.</remarks>
public sealed class IceLiteAgent : IDisposable
{
    /// <summary>Room that a response needs at most.</summary>
    public const int MaxResponseLength = 160;

    private readonly RandomNumberGenerator _random;
    private readonly string _ufragPrefix;
    private readonly List<KnownPath> _paths = new(2);
    private Generation _current;
    private Generation? _previous; // answers checks until the peer nominates under the new credentials

    /// <summary>Makes the agent and its first credentials.</summary>
    /// <param name="random">The source of the credentials.</param>
    /// <param name="ufragPrefix">See <see cref="IceCredentials.Create"/>.</param>
    public IceLiteAgent(RandomNumberGenerator random, string ufragPrefix = "")
    {
        _random = random;
        _ufragPrefix = ufragPrefix;
        _current = new Generation(IceCredentials.Create(random, ufragPrefix));
    }

    /// <summary>The credentials for the next offer or answer.</summary>
    public IceCredentials Local => _current.Local;

    /// <summary>The credentials from before a restart that still count; null when there are none.</summary>
    public IceCredentials? PreviousLocal => _previous?.Local;

    /// <summary>The nominated path; none before the first nomination.</summary>
    public IcePath Selected { get; private set; }

    /// <summary>When the last authenticated check came, on any path; null before the first.</summary>
    public TimeSpan? LastCheckAt { get; private set; }

    /// <summary>Paths with an authenticated check, oldest first.</summary>
    public int PathCount => _paths.Count;

    /// <summary>Names the peer's fragment, from its SDP. Before this any fragment is taken, as checks can be faster than an answer.</summary>
    public void SetRemoteUfrag(string ufrag)
    {
        ArgumentNullException.ThrowIfNull(ufrag);
        _current.RemoteUfrag = Encoding.UTF8.GetBytes(ufrag);
    }

    /// <summary>
    /// Begins an ICE restart (RFC 8445 §9): makes new credentials for the next description. The old ones and the selected path serve
    /// until the peer nominates a path under the new ones, so a call sounds on meanwhile.
    /// </summary>
    public IceCredentials Restart() => Restart(IceCredentials.Create(_random, _ufragPrefix));

    /// <summary>The same with credentials that signalling has minted already.</summary>
    public IceCredentials Restart(IceCredentials fresh)
    {
        ArgumentNullException.ThrowIfNull(fresh);
        // A second restart before the peer took the first: what the peer uses stays, what it never saw goes.
        if (_previous is null || _current.Used)
        {
            _previous?.Dispose();
            _previous = _current;
        }
        else
        {
            _current.Dispose();
        }

        _current = new Generation(fresh);
        return _current.Local;
    }

    /// <summary>One of the paths from which packets may be taken.</summary>
    public IcePath GetPath(int index) => _paths[index].Path;

    /// <summary>True when an authenticated check came along the path: only then may other packets from it be looked at.</summary>
    public bool IsValid(in IcePath path) => IndexOf(path) >= 0;

    /// <summary>
    /// Where to send: the nominated path, or before any nomination the one checked last (a browser's ClientHello comes before its USE-CANDIDATE).
    /// </summary>
    public bool TryGetSendPath(out IcePath path)
    {
        path = Selected;
        if (!path.IsNone)
        {
            return true;
        }

        var latest = TimeSpan.MinValue;
        foreach (var known in _paths)
        {
            if (known.LastCheck >= latest)
            {
                latest = known.LastCheck;
                path = known.Path;
            }
        }

        return !path.IsNone;
    }

    /// <summary>True when the peer's consent has run out (RFC 7675): no check for <paramref name="limit"/> on the path that we send along. False before the first check.</summary>
    public bool IsSilent(TimeSpan now, TimeSpan limit)
    {
        var at = Selected.IsNone ? -1 : IndexOf(Selected);
        var last = at >= 0 ? _paths[at].LastCheck : LastCheckAt;
        return last is { } time && now - time >= limit;
    }

    /// <summary>Takes a datagram that begins like STUN.</summary>
    public IceOutcome Receive(ReadOnlySpan<byte> datagram, in IcePath path, TimeSpan now, Span<byte> response) =>
        StunMessage.TryParse(datagram, out var message) == StunError.None
            ? Receive(message, path, now, response)
            : Refuse(IceRefusal.Malformed);

    /// <summary>Takes a message that its loop has parsed to find the session.</summary>
    /// <param name="message">The message.</param>
    /// <param name="path">Where it came from.</param>
    /// <param name="now">The time.</param>
    /// <param name="response">At least <see cref="MaxResponseLength"/> octets for the response.</param>
    public IceOutcome Receive(in StunMessage message, in IcePath path, TimeSpan now, Span<byte> response)
    {
        if (message.Class != StunClass.Request || message.Method != StunMethod.Binding)
        {
            return Refuse(IceRefusal.NotACheck);
        }

        // RFC 8489 §9.1.3, in its order. Without a USERNAME of ours nobody is answered: it is not one of our peers who asks.
        var username = message.Username;
        var colon = username.IndexOf((byte)':');
        if (colon < 0)
        {
            return Refuse(username.IsEmpty ? IceRefusal.NoCredentials : IceRefusal.UnknownUser);
        }

        var generation = Find(username[..colon]);
        if (generation is null)
        {
            return Refuse(IceRefusal.UnknownUser);
        }

        if (!message.HasIntegrity && !message.HasIntegritySha256)
        {
            return Refuse(IceRefusal.NoCredentials, StunResponses.WriteError(response, message, 400, null));
        }

        if (!message.VerifyIntegrity(generation.Password))
        {
            return Refuse(IceRefusal.BadIntegrity, StunResponses.WriteError(response, message, 401, null));
        }

        if (!generation.IsFrom(username[(colon + 1)..]))
        {
            return Refuse(IceRefusal.UnknownUser, StunResponses.WriteError(response, message, 401, null));
        }

        if (message.UnknownCount > 0)
        {
            return Refuse(IceRefusal.UnknownAttributes, StunResponses.WriteError(response, message, 420, generation.Password));
        }

        if (message.IsControlled)
        {
            return Refuse(IceRefusal.RoleConflict, StunResponses.WriteError(response, message, 487, generation.Password)); // RFC 8445 §7.3.1.1
        }

        var events = Learn(generation, path, now, message.UseCandidate, out var forgotten);
        return new IceOutcome(events, IceRefusal.None, StunResponses.WriteSuccess(response, message, path.Remote, generation.Password), forgotten);
    }

    /// <summary>Zeroes the passwords.</summary>
    public void Dispose()
    {
        _current.Dispose();
        _previous?.Dispose();
    }

    private static IceOutcome Refuse(IceRefusal refusal, int responseLength = 0) => new(IceEvents.None, refusal, responseLength, default);

    private IceEvents Learn(Generation generation, in IcePath path, TimeSpan now, bool nominated, out IcePath forgotten)
    {
        var events = IceEvents.Checked;
        forgotten = default;
        LastCheckAt = now;
        if (!generation.Used)
        {
            generation.Used = true;
            events |= _previous is not null && generation == _current ? IceEvents.Restarted : IceEvents.None;
        }

        var at = IndexOf(path);
        if (at >= 0)
        {
            _paths[at] = new KnownPath(path, now);
        }
        else
        {
            // A peer-reflexive candidate needs no more than this: its address is where the check came from (RFC 8445 §7.3.1.3).
            forgotten = MakeRoom();
            _paths.Add(new KnownPath(path, now));
            events |= IceEvents.NewPath;
        }

        // The latest nomination counts; one under credentials from before a restart no longer does once the new ones are nominated.
        if (!nominated)
        {
            return events;
        }

        if (generation == _current && _previous is not null)
        {
            _previous.Dispose();
            _previous = null;
        }

        if (Selected != path)
        {
            Selected = path;
            events |= IceEvents.Selected;
        }

        return events;
    }

    private IcePath MakeRoom()
    {
        if (_paths.Count < MediaLimits.IcePaths)
        {
            return default;
        }

        var oldest = -1;
        for (var i = 0; i < _paths.Count; i++)
        {
            if (_paths[i].Path != Selected && (oldest < 0 || _paths[i].LastCheck < _paths[oldest].LastCheck))
            {
                oldest = i;
            }
        }

        var path = _paths[oldest].Path;
        _paths.RemoveAt(oldest);
        return path;
    }

    private int IndexOf(in IcePath path)
    {
        for (var i = 0; i < _paths.Count; i++)
        {
            if (_paths[i].Path == path)
            {
                return i;
            }
        }

        return -1;
    }

    private Generation? Find(ReadOnlySpan<byte> ufrag)
    {
        if (!IceCredentials.TryGetKey(ufrag, out var key))
        {
            return null;
        }

        return key == _current.Local.Key ? _current : key == _previous?.Local.Key ? _previous : null;
    }

    private readonly record struct KnownPath(IcePath Path, TimeSpan LastCheck);

    /// <summary>Our credentials of one offer/answer exchange and the peer's fragment of the same.</summary>
    private sealed class Generation(IceCredentials local) : IDisposable
    {
        public IceCredentials Local { get; } = local;

        public StunPassword Password { get; } = new(local.Password);

        public byte[]? RemoteUfrag { get; set; }

        public bool Used { get; set; }

        public bool IsFrom(ReadOnlySpan<byte> ufrag) => RemoteUfrag is null || ufrag.SequenceEqual(RemoteUfrag);

        public void Dispose() => Password.Dispose();
    }
}
