using System.Security.Cryptography;
using System.Text;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Accounts;

/// <summary>What the guard decided about a request.</summary>
public enum GuardDecision : byte
{
    /// <summary>It is this account's, and what it says of itself is true.</summary>
    Accept,
    /// <summary>401: prove who you are.</summary>
    Challenge,
    /// <summary>401 with stale=true: the password was right, the nonce was not.</summary>
    Stale,
    /// <summary>403: proved, but the request claims to be someone else's (THREATS 27).</summary>
    Impostor,
    /// <summary>403: too many wrong passwords.</summary>
    Wait,
    /// <summary>400: the digest was made for another Request-URI.</summary>
    WrongUri,
}

/// <param name="Account">Set when accepted.</param>
/// <param name="RetryAfter">Set for <see cref="GuardDecision.Wait"/>.</param>
public readonly record struct GuardAnswer(GuardDecision Decision, Account? Account = null, TimeSpan RetryAfter = default)
{
    /// <summary>The bounded label of the metric.</summary>
    public string Label => Decision switch
    {
        GuardDecision.Accept => "accepted",
        GuardDecision.Challenge => "challenged",
        GuardDecision.Stale => "stale",
        GuardDecision.Impostor => "impostor",
        GuardDecision.Wait => "slowed_down",
        _ => "wrong_uri",
    };
}

/// <summary>
/// Asks of every request outside a dialog whose it is: a flow that proved it before, a Bearer token, or Digest (RFC 7616,
/// 8760). Unknown users meet the same challenges, the same work and the same answers as known ones (THREATS 25).
/// </summary>
public sealed partial class DigestGuard
{
    /// <summary>Authorization fields of one request that are looked at.</summary>
    private const int MostCredentials = 4;

    private static readonly string s_dummyMd5 = new('0', 32);
    private static readonly string s_dummySha256 = new('0', 64);

    private readonly LoopServices _services;
    private readonly NonceMint _nonces;

    public DigestGuard(LoopServices services)
    {
        _services = services;

        // Each loop watches the nc of its own nonces only, so a nonce is good on the loop that minted it: one that was used
        // on another is no replay there, and must not be.
        var key = HMACSHA256.HashData(services.NonceKey, BitConverter.GetBytes(services.Loop));
        _nonces = new NonceMint(key, services.Options.Realm, services.Options.NonceLifetime, services.Random);
    }

    public GuardAnswer Check(SipRequest request, in Flow flow, TimeSpan now)
    {
        var claimed = Claimed(request);
        var isRelayed = IsRelayed(request);
        if (claimed is not null && !isRelayed && MayTrust(request, flow) && _services.Flows.IsTrusted(flow, claimed, now))
        {
            return Owned(request, claimed);
        }

        var answer = new GuardAnswer(GuardDecision.Challenge);
        var looked = 0;
        var tried = false;
        foreach (var field in request.Fields)
        {
            if (field.Id is not (HeaderId.Authorization or HeaderId.ProxyAuthorization) || ++looked > MostCredentials)
            {
                continue;
            }

            if (BearerToken.TryGetToken(field.Value, out var token))
            {
                answer = CheckToken(token);
            }
            else if (DigestCredentials.TryParse(field.Value, out var credentials) && IsOurRealm(credentials.Realm))
            {
                answer = CheckDigest(request, flow, credentials, claimed, now);
            }
            else
            {
                continue;
            }

            tried = true;
            // Only credentials that are ours count, and of those the first: a second try in one request is a guess for free.
            break;
        }

        if (!tried && !_services.Failures.IsEmpty && WaitOf(request, flow, now) is var wait && wait > TimeSpan.Zero)
        {
            // A guesser does not get the next challenge either.
            return new GuardAnswer(GuardDecision.Wait, RetryAfter: wait);
        }

        if (answer.Decision != GuardDecision.Accept)
        {
            return answer;
        }

        answer = Owned(request, answer.Account!);
        if (answer.Decision == GuardDecision.Accept && flow.Connection != 0 && !isRelayed)
        {
            _services.Flows.Trust(flow, answer.Account!, TimeSpan.MaxValue);
        }

        return answer;
    }

    /// <summary>The AOR that an in-dialog request's flow speaks for, as far as it proved that; null when it proved nothing.</summary>
    public string? Sender(SipRequest request, in Flow flow, TimeSpan now)
    {
        if (IsRelayed(request))
        {
            return null;
        }

        var claimed = Claimed(request);
        if (claimed is null || !_services.Flows.IsTrusted(flow, claimed, now))
        {
            claimed = _services.Flows.Single(flow, now) is { } id && _services.Accounts.TryGet(id, out var single) && _services.Flows.IsTrusted(flow, single, now)
                ? single
                : null;
        }

        return claimed is null ? null : AorOf(claimed);
    }

    public string AorOf(Account account) => account.AorIn(_services.Options.Realm);

    /// <summary>The WWW-Authenticate fields of a 401, MD5 last because browsers' libraries read the last one only (BROWSER.md A1).</summary>
    public void WriteChallenges(SipWriter writer, SipRequest request, bool stale, TimeSpan now)
    {
        var policy = Claimed(request)?.Digest ?? DigestPolicy.Md5;
        var nonce = _nonces.Mint(now);
        if (policy is DigestPolicy.Sha256 or DigestPolicy.Both)
        {
            writer.Header(HeaderId.WwwAuthenticate, DigestChallenge.Write(_services.Options.Realm, nonce, DigestAlgorithm.Sha256, stale));
        }

        if (policy is DigestPolicy.Md5 or DigestPolicy.Both)
        {
            writer.Header(HeaderId.WwwAuthenticate, DigestChallenge.Write(_services.Options.Realm, nonce, DigestAlgorithm.Md5, stale));
        }
    }

    /// <summary>The account that the request says it is from (of a REGISTER: for).</summary>
    private Account? Claimed(SipRequest request)
    {
        var address = request.Method == SipMethod.Register ? request.To : request.From;
        return address.TryGetUri(out var uri) && _services.Hosts.Owns(uri) && DialledNumber.TryFind(_services.Accounts, uri, out var account)
            ? account
            : null;
    }

    /// <summary>How long who the request says it is has to wait at this source.</summary>
    private TimeSpan WaitOf(SipRequest request, in Flow flow, TimeSpan now)
    {
        var address = request.Method == SipMethod.Register ? request.To : request.From;
        return address.TryGetUri(out var uri) ? _services.Failures.Wait(flow.Remote.Address, DialledNumber.Of(uri), now) : TimeSpan.Zero;
    }

    /// <summary>A proxy stands between: its flow carries many phones, and what one of them proved says nothing of the others (THREATS 27).</summary>
    private static bool IsRelayed(SipRequest request)
    {
        var vias = request.Values(HeaderId.Via);
        return vias.MoveNext() && vias.MoveNext();
    }

    /// <summary>A UDP source is easily forged: good enough for what a registered phone sends, never for moving its binding.</summary>
    private bool MayTrust(SipRequest request, in Flow flow) =>
        flow.Connection != 0 || (request.Method != SipMethod.Register && _services.Options.TrustUdpSources);

    private bool IsOurRealm(ReadOnlySpan<byte> realm)
    {
        Span<byte> ours = stackalloc byte[256];
        return Encoding.UTF8.TryGetBytes(_services.Options.Realm, ours, out var length) && realm.SequenceEqual(ours[..length]);
    }

    private GuardAnswer CheckToken(ReadOnlySpan<byte> token) =>
        _services.Tokens is { } tokens
        && tokens.TryVerify(token, _services.UtcNow(), out var user)
        && _services.Accounts.TryGet(user, out var account)
        && account.IsEnabled
            ? new GuardAnswer(GuardDecision.Accept, account)
            : new GuardAnswer(GuardDecision.Challenge);

    private GuardAnswer CheckDigest(SipRequest request, in Flow flow, in DigestCredentials credentials, Account? claimed, TimeSpan now)
    {
        var user = Encoding.UTF8.GetString(credentials.Username);
        var source = flow.Remote.Address;
        if (_services.Failures.Wait(source, user, now) is var wait && wait > TimeSpan.Zero)
        {
            return new GuardAnswer(GuardDecision.Wait, RetryAfter: wait);
        }

        // The hashes bind the user name as it was given to us: an alias or another case cannot match.
        // Two domains may have users of one name: who the request says it is tells which.
        var account = claimed is { Domain.Length: > 0 } ? claimed : _services.Accounts.TryGet(user, out var named) ? named : null;
        var known = account is { IsEnabled: true } && account.User == user;
        var sha256 = credentials.Algorithm == DigestAlgorithm.Sha256;
        var ha1 = known ? (sha256 ? account!.Ha1Sha256 : account!.Ha1Md5) : sha256 ? s_dummySha256 : s_dummyMd5;
        var right = credentials.Verify(ha1, request.MethodToken) && known && Allows(account!.Digest, credentials.Algorithm);
        if (!right)
        {
            _services.Failures.Failed(source, user, now);
            return new GuardAnswer(GuardDecision.Challenge);
        }

        if (!IsRequestUri(credentials.Uri, request))
        {
            return new GuardAnswer(GuardDecision.WrongUri);
        }

        if (!_nonces.Accept(credentials.Nonce, credentials.NonceCount, now))
        {
            // A nonce of an earlier run is forged to this one; with the right password it only means "try again". A replay
            // learns no more than anybody who asks for a challenge, and clears no one's record.
            return new GuardAnswer(GuardDecision.Stale);
        }

        _services.Failures.Succeeded(source, user, now);
        return new GuardAnswer(GuardDecision.Accept, account);
    }

    /// <summary>
    /// RFC 7616 §3.4.6: a digest caught elsewhere must not carry a request to another target. Some agents sign the address
    /// that they send to instead of the Request-URI (sipp): that names no other target either.
    /// </summary>
    private bool IsRequestUri(ReadOnlySpan<byte> signed, SipRequest request)
    {
        if (signed.SequenceEqual(request.UriBytes))
        {
            return true;
        }

        return SipUriView.TryParse(signed, out var uri)
            && request.TryGetUri(out var target)
            && _services.Hosts.Owns(uri)
            && (uri.User.IsEmpty || uri.User.SequenceEqual(target.User));
    }

    private static bool Allows(DigestPolicy policy, DigestAlgorithm algorithm) => policy switch
    {
        DigestPolicy.Md5 => algorithm == DigestAlgorithm.Md5,
        DigestPolicy.Sha256 => algorithm == DigestAlgorithm.Sha256,
        _ => true,
    };

    /// <summary>From, To of a REGISTER and asserted identities must be the account's own (THREATS 27).</summary>
    private GuardAnswer Owned(SipRequest request, Account account) =>
        (Names(request.From, account) || (request.Method != SipMethod.Register && IsAnonymous(request.From)))
        && (request.Method != SipMethod.Register || Names(request.To, account))
        && Asserts(request, HeaderId.PAssertedIdentity, account)
        && Asserts(request, HeaderId.PPreferredIdentity, account)
            ? new GuardAnswer(GuardDecision.Accept, account)
            : new GuardAnswer(GuardDecision.Impostor);

    private bool Asserts(SipRequest request, HeaderId id, Account account)
    {
        foreach (var value in request.Values(id))
        {
            if (!NameAddressView.TryParse(value, out var address) || !Names(address, account))
            {
                return false;
            }
        }

        return true;
    }

    private bool Names(in NameAddressView address, Account account) =>
        address.TryGetUri(out var uri)
        && _services.Hosts.Owns(uri)
        && DialledNumber.TryFind(_services.Accounts, uri, out var named)
        && named.Id == account.Id;

    /// <summary>RFC 3323 §4.1: a caller who wants privacy writes this and still proves who calls.</summary>
    private static bool IsAnonymous(in NameAddressView from) =>
        from.TryGetUri(out var uri) && Ascii.EqualsIgnoreCase(uri.Host, "anonymous.invalid"u8);
}
