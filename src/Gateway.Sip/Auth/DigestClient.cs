using System.Security.Cryptography;
using System.Text;

namespace Gateway.Sip;

/// <summary>What an answer that asks for credentials means for the request it answers.</summary>
public enum DigestVerdict : byte
{
    /// <summary>Send the request again (a new branch, the next CSeq): <see cref="DigestAttempt.Write"/> now has what was asked for.</summary>
    Answer,
    /// <summary>What was sent was refused, and not for its nonce: user or password are wrong.</summary>
    WrongPassword,
    /// <summary>Another realm asks than the one the credentials are for: never answered (THREATS 23).</summary>
    ForeignRealm,
    /// <summary>No challenge in it that we speak: another scheme or algorithm, or broken.</summary>
    CannotAnswer,
}

/// <summary>
/// The memory of one login at one peer: the last challenges that it answered, so that later requests bring their credentials
/// along and count up (RFC 3261 §22.3, RFC 7616 §3.6). One per login and loop, since each counts its nonces by itself.
/// </summary>
/// <param name="random">For the client nonces.</param>
/// <param name="allowsRealm">Whether the login may be used in a realm.</param>
public sealed class DigestClient(RandomNumberGenerator random, Func<string, bool> allowsRealm)
{
    /// <summary>A challenge that is answered from now on, as it came.</summary>
    internal sealed class Kept(byte[] challenge, string nonce)
    {
        public byte[] Challenge { get; } = challenge;

        public string Nonce { get; } = nonce;

        public uint Count { get; set; }
    }

    internal RandomNumberGenerator Random { get; } = random;

    internal Kept? Origin { get; set; }

    internal Kept? Proxy { get; set; }

    /// <summary>The peer takes each nonce once and does not say stale: bringing an old one along would look like a guess.</summary>
    internal bool IsOneTime { get; set; }

    internal bool Allows(string realm) => allowsRealm(realm);

    /// <summary>For one request, and for its repeats with credentials.</summary>
    public DigestAttempt Begin() => new(this);

    /// <summary>The login changed: what was learnt is void.</summary>
    public void Forget()
    {
        Origin = Proxy = null;
        IsOneTime = false;
    }
}

/// <summary>
/// One request's way through the challenges of a peer, origin (401) and proxy (407) apart: writes the credentials that it
/// has, and says of each challenge whether another try makes sense. It ends by itself: no peer can make us try for ever.
/// </summary>
public sealed class DigestAttempt
{
    /// <summary>Nonces that may turn out stale within one request.</summary>
    private const int MostStale = 2;

    private readonly DigestClient _client;
    private DigestClient.Kept? _sentOrigin;
    private DigestClient.Kept? _sentProxy;
    private bool _isOldOrigin;
    private bool _isOldProxy;
    private int _stale;

    internal DigestAttempt(DigestClient client)
    {
        _client = client;
        _isOldOrigin = client.Origin is not null;
        _isOldProxy = client.Proxy is not null;
    }

    /// <summary>The realm of the last challenge, for people; empty before the first.</summary>
    public string Realm { get; private set; } = "";

    /// <summary>Authorization and Proxy-Authorization, as far as this peer has asked for them; nothing before the first challenge.</summary>
    public void Write(SipWriter writer, DigestLogin login, ReadOnlySpan<byte> method, string uri)
    {
        ArgumentNullException.ThrowIfNull(writer);
        _sentOrigin = Write(writer, HeaderId.Authorization, _client.Origin, _isOldOrigin, login, method, uri);
        _sentProxy = Write(writer, HeaderId.ProxyAuthorization, _client.Proxy, _isOldProxy, login, method, uri);
    }

    /// <summary>Reads the challenges of a 401 or 407 to the request that was last written.</summary>
    public DigestVerdict Take(SipResponse response)
    {
        ArgumentNullException.ThrowIfNull(response);
        var verdict = DigestVerdict.CannotAnswer;
        var (hasOrigin, hasProxy) = (false, false);
        foreach (var field in response.Fields)
        {
            var isProxy = field.Id == HeaderId.ProxyAuthenticate;
            if ((!isProxy && field.Id != HeaderId.WwwAuthenticate)
                || !DigestChallenge.TryParse(field.Value, out var challenge))
            {
                continue;
            }

            var realm = Encoding.UTF8.GetString(challenge.Realm);
            if (!_client.Allows(realm))
            {
                Realm = realm;
                verdict = verdict == DigestVerdict.CannotAnswer ? DigestVerdict.ForeignRealm : verdict;
                continue;
            }

            // RFC 8760 §2.4: the topmost that we speak; those below are the same question in another algorithm.
            if (isProxy ? hasProxy : hasOrigin)
            {
                continue;
            }

            Realm = realm;
            if (!MayTry(challenge, isProxy))
            {
                return DigestVerdict.WrongPassword;
            }

            Keep(new DigestClient.Kept(field.Value.ToArray(), Encoding.UTF8.GetString(challenge.Nonce)), isProxy);
            (hasOrigin, hasProxy) = (hasOrigin || !isProxy, hasProxy || isProxy);
            verdict = DigestVerdict.Answer;
        }

        return verdict;
    }

    private void Keep(DigestClient.Kept kept, bool isProxy)
    {
        if (isProxy)
        {
            (_client.Proxy, _isOldProxy) = (kept, false);
        }
        else
        {
            (_client.Origin, _isOldOrigin) = (kept, false);
        }
    }

    /// <summary>A challenge to what carried no answer to it, or an answer whose nonce alone was wrong.</summary>
    private bool MayTry(in DigestChallenge challenge, bool isProxy)
    {
        if ((isProxy ? _sentProxy : _sentOrigin) is not { } sent)
        {
            return true;
        }

        if (challenge.IsStale)
        {
            return _stale++ < MostStale;
        }

        // Not every server says stale of a nonce that it has forgotten: what an earlier request had learnt gets one more try.
        var isOld = isProxy ? _isOldProxy : _isOldOrigin;
        if (!isOld || sent.Nonce == Encoding.UTF8.GetString(challenge.Nonce))
        {
            return false;
        }

        _client.IsOneTime = true;
        return true;
    }

    private DigestClient.Kept? Write(
        SipWriter writer, HeaderId header, DigestClient.Kept? kept, bool isOld, DigestLogin login, ReadOnlySpan<byte> method, string uri)
    {
        if (kept is null || (isOld && _client.IsOneTime)
            || !DigestAnswer.TryAnswer(kept.Challenge, login, method, uri, _client.Random, kept.Count + 1, out var value))
        {
            return null;
        }

        kept.Count++;
        writer.Header(header, value);
        return kept;
    }
}
