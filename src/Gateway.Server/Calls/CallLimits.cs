namespace Gateway.Server.Calls;

/// <summary>The sizes, counts and waits of calls that no operator sets.</summary>
internal static class CallLimits
{
    /// <summary>Contacts of one user that a call rings at once (an AOR has 10 contacts at most).</summary>
    public const int Forks = 10;

    /// <summary>Contacts that a ring group rings at once: RFC 5393's Max-Breadth.</summary>
    public const int GroupForks = 60;

    /// <summary>How often an unanswered ring group may hand a call on: overflows may lead back to where they came from.</summary>
    public const int Overflows = 5;

    /// <summary>How often phones may send one call elsewhere by 302.</summary>
    public const int Redirects = 5;

    /// <summary>How long the 200 waits for the start of the record; then the call goes on without: it is worth more.</summary>
    public static readonly TimeSpan StoreWait = TimeSpan.FromSeconds(2);

    /// <summary>How long the record waits for the last report of the media legs.</summary>
    public static readonly TimeSpan ReportWait = TimeSpan.FromSeconds(1);

    /// <summary>How often a live call is noted in the log.</summary>
    public static readonly TimeSpan TouchInterval = TimeSpan.FromSeconds(30);

    /// <summary>A leg that cannot be heard by its media (plain RTP on hold) is asked by OPTIONS after this much quiet.</summary>
    public static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(60);

    /// <summary>Requests that are handed to one side and not answered yet.</summary>
    public const int RelayedRequests = 8;

    /// <summary>Bytes of a body that is handed on.</summary>
    public const int RelayedBody = 16 * 1024;

    /// <summary>Characters of a display name that pass.</summary>
    public const int DisplayName = 64;

    /// <summary>Offers that the gateway starts by itself in one call to bring codecs together; more would be a quarrel.</summary>
    public const int CodecOffers = 6;

    /// <summary>Offers of the gateway in one <see cref="TouchInterval"/>; two sides that change their mind at every answer are slowed down.</summary>
    public const int OffersPerInterval = 60;

    /// <summary>Legs that one record names.</summary>
    public const int RecordedLegs = 40;

    /// <summary>A live leg is asked for its figures this often at most.</summary>
    public static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(1);

    /// <summary>How long the details of a call wait for the media plane; then they come with the figures of before.</summary>
    public static readonly TimeSpan FiguresWait = TimeSpan.FromMilliseconds(500);

    /// <summary>Max-Forwards of an INVITE that no INVITE of a caller stands behind.</summary>
    public const uint MaxForwards = 69;

    /// <summary>How long one who transferred may take to answer the last NOTIFY before we hang up: its phone wants to show the end of the transfer first.</summary>
    public static readonly TimeSpan LeaveWait = TimeSpan.FromSeconds(2);

    /// <summary>Seconds in Retry-After when the node is full.</summary>
    public const uint RetryAfter = 10;

    /// <summary>How long a trunk may say nothing at all, not even 100, while another can be asked.</summary>
    public static readonly TimeSpan TrunkPatience = TimeSpan.FromSeconds(2);

    /// <summary>Addresses of one trunk that a call tries.</summary>
    public const int Hops = 4;

    /// <summary>What happens to an answered call is written this much later, once for all that happens meanwhile.</summary>
    public static readonly TimeSpan SaveDelay = TimeSpan.FromMilliseconds(200);

    /// <summary>A call that only rings is noted so late that most are answered or refused before.</summary>
    public static readonly TimeSpan RingingSaveDelay = TimeSpan.FromSeconds(2);

    /// <summary>Requests that may have been sent inside a dialog since its checkpoint was written.</summary>
    public const uint SequenceGap = 1000;

    /// <summary>Offers of a new media identity after a restart, in one call; a side that refuses them all is lost.</summary>
    public const int Renewals = 6;

    /// <summary>Early dialogs of one INVITE whose reliable responses are acknowledged.</summary>
    public const int EarlyDialogs = 16;
}
