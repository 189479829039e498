using System.Text;
using Gateway.Sip;

namespace Gateway.Server.Proxy;

/// <summary>
/// The final responses that a context has collected, and the choice of the one that its caller gets (RFC 3261 §16.7 steps 6
/// and 7): a 6xx, else the lowest class, within it what the caller can do something about; all challenges together.
/// </summary>
internal sealed class BestResponse(string realm)
{
    /// <summary>Challenges that one answer carries; more than so many doors nobody opens.</summary>
    private const int MostChallenges = 32;

    private readonly List<(int Source, AddedHeader Header)> _challenges = [];
    private SipResponse? _chosen;
    private int _source;
    private int _count;

    /// <summary>0 before any.</summary>
    public int Status { get; private set; }

    /// <summary>The response as it came; null when the status is one of ours.</summary>
    public SipResponse? Response => _chosen;

    /// <summary>A response that came.</summary>
    /// <returns>The status that it counts as: a challenge in our own name from behind us is a theft, and none at all (THREATS 23).</returns>
    public int Add(SipResponse response)
    {
        var status = response.StatusCode;
        _count++;
        if (status is 401 or 407)
        {
            if (!TryKeepChallenges(response))
            {
                Add(480);
                return 480;
            }
        }

        if (IsBetter(Status, status))
        {
            Status = status;
            _chosen = response.Retain();
            _source = _count;
        }

        return status;
    }

    /// <summary>A final status of ours: a time-out (408), a way that broke (503), nobody there (480), no breadth (440).</summary>
    public void Add(int status)
    {
        if (IsBetter(Status, status))
        {
            Status = status;
            _chosen = null;
        }
    }

    /// <summary>§16.7 step 7: the challenges of all others that the chosen 401 or 407 is to carry too.</summary>
    public IReadOnlyList<AddedHeader> OtherChallenges() =>
        Status is 401 or 407 ? [.. _challenges.Where(one => one.Source != _source).Select(one => one.Header)] : [];

    public static bool IsBetter(int current, int candidate) => Rank(candidate) < Rank(current);

    private bool TryKeepChallenges(SipResponse response)
    {
        var (quoted, bare) = (Encoding.UTF8.GetBytes($"\"{realm}\""), Encoding.UTF8.GetBytes($"={realm}"));
        var kept = _challenges.Count;
        foreach (var field in response.Fields)
        {
            if (field.Id is not (HeaderId.WwwAuthenticate or HeaderId.ProxyAuthenticate))
            {
                continue;
            }

            // Whoever reads the realm differently from us must not be led to answer either.
            if (field.Value.IndexOf(quoted) >= 0 || field.Value.IndexOf(bare) >= 0)
            {
                _challenges.RemoveRange(kept, _challenges.Count - kept);
                return false;
            }

            if (_challenges.Count < MostChallenges)
            {
                var name = field.Id == HeaderId.WwwAuthenticate ? "WWW-Authenticate" : "Proxy-Authenticate";
                _challenges.Add((_count, new AddedHeader(name, Encoding.UTF8.GetString(field.Value))));
            }
        }

        return true;
    }

    private static int Rank(int status) => status switch
    {
        0 => int.MaxValue,
        >= 600 => status,
        // §16.7 step 6: first what tells the caller how to try again.
        401 or 407 => 4000,
        415 => 4001,
        420 => 4002,
        484 => 4003,
        486 => 4010,
        488 or 606 => 4011,
        403 => 4012,
        404 or 410 => 4013,
        480 => 4014,
        430 => 4090,
        408 => 4091,
        487 => 4092,
        // A server that is too busy says least of all.
        503 => 5999,
        _ => (status / 100 * 1000) + 50,
    };
}
