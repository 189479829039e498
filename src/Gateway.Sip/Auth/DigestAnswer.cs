using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Sip;

/// <summary>A user name and password of ours at somebody else's registrar or trunk.</summary>
/// <param name="Realm">The realm they are for; a challenge of another one is never answered (THREATS 23). Null for the first that asks, when the peer is known otherwise.</param>
public sealed record DigestLogin(string User, string Password, string? Realm = null)
{
    /// <summary>Keeps the password out of logs.</summary>
    public override string ToString() => $"DigestLogin {{ User = {User}, Realm = {Realm} }}";
}

/// <summary>
/// The client side of digest: answers a challenge of a trunk (RFC 7616 §3.4, RFC 8760 §2.4). Only for peers that the
/// credentials belong to: a gateway that answers any 401 gives its password's hash away (THREATS 23).
/// </summary>
public static class DigestAnswer
{
    /// <summary>
    /// The topmost challenge of a 401 or 407 that we can answer (RFC 8760 §2.4), and the Authorization or
    /// Proxy-Authorization value for it.
    /// </summary>
    /// <param name="answerHeader">The header that the value belongs in.</param>
    public static bool TryAnswer(
        SipResponse response,
        DigestLogin login,
        ReadOnlySpan<byte> method,
        string uri,
        RandomNumberGenerator random,
        out HeaderId answerHeader,
        out string authorization)
    {
        ArgumentNullException.ThrowIfNull(response);
        foreach (var field in response.Fields)
        {
            if (field.Id is HeaderId.WwwAuthenticate or HeaderId.ProxyAuthenticate
                && TryAnswer(field.Value, login, method, uri, random, 1, out authorization))
            {
                answerHeader = field.Id == HeaderId.WwwAuthenticate ? HeaderId.Authorization : HeaderId.ProxyAuthorization;
                return true;
            }
        }

        answerHeader = HeaderId.Authorization;
        authorization = "";
        return false;
    }

    /// <summary>The value that answers one challenge; false when it is not ours to answer or cannot be.</summary>
    /// <param name="nonceCount">1 for the first request with this nonce, then one more each time.</param>
    public static bool TryAnswer(
        ReadOnlySpan<byte> challenge,
        DigestLogin login,
        ReadOnlySpan<byte> method,
        string uri,
        RandomNumberGenerator random,
        uint nonceCount,
        out string authorization)
    {
        ArgumentNullException.ThrowIfNull(login);
        ArgumentNullException.ThrowIfNull(random);
        Span<byte> fresh = stackalloc byte[12];
        random.GetBytes(fresh);
        return TryAnswer(challenge, login, method, uri, Convert.ToHexStringLower(fresh), nonceCount, out authorization);
    }

    /// <summary>The same with a client nonce given, so that the vectors of the RFCs can be checked.</summary>
    internal static bool TryAnswer(
        ReadOnlySpan<byte> value,
        DigestLogin login,
        ReadOnlySpan<byte> method,
        string uri,
        string clientNonce,
        uint nonceCount,
        out string authorization)
    {
        authorization = "";
        if (!DigestChallenge.TryParse(value, out var challenge)
            || method.Length > DigestLimits.Method
            || Encoding.UTF8.GetByteCount(uri) > DigestLimits.Uri
            || uri.AsSpan().IndexOfAny("\"\\\r\n\0") >= 0)
        {
            return false;
        }

        var realm = Unescape(challenge.Realm);
        if (login.Realm is not null && login.Realm != realm)
        {
            return false;
        }

        var ha1 = Digest.Ha1(challenge.Algorithm, login.User, realm, login.Password);
        var count = nonceCount.ToString("x8", CultureInfo.InvariantCulture);
        Span<byte> hash = stackalloc byte[Digest.MaxHash];
        var length = Digest.Answer(
            challenge.Algorithm,
            ha1,
            method,
            Encoding.UTF8.GetBytes(uri),
            challenge.Nonce,
            Encoding.ASCII.GetBytes(count),
            Encoding.ASCII.GetBytes(clientNonce),
            challenge.HasQop ? "auth"u8 : default,
            hash);

        var text = new StringBuilder("Digest username=\"").Append(Escape(login.User))
            .Append("\", realm=\"").Append(Encoding.UTF8.GetString(challenge.Realm))
            .Append("\", nonce=\"").Append(Encoding.UTF8.GetString(challenge.Nonce))
            .Append("\", uri=\"").Append(uri)
            .Append("\", response=\"").Append(Convert.ToHexStringLower(hash[..length]))
            .Append("\", algorithm=").Append(Digest.NameOf(challenge.Algorithm));
        if (challenge.HasQop)
        {
            // qop and nc are tokens in an answer, not quoted (RFC 7616 §3.4).
            text.Append(", qop=auth, nc=").Append(count).Append(", cnonce=\"").Append(clientNonce).Append('"');
        }

        if (!challenge.Opaque.IsEmpty)
        {
            text.Append(", opaque=\"").Append(Encoding.UTF8.GetString(challenge.Opaque)).Append('"');
        }

        authorization = text.ToString();
        return true;
    }

    private static string Unescape(ReadOnlySpan<byte> quoted)
    {
        var text = new StringBuilder(Encoding.UTF8.GetString(quoted));
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] == '\\' && at + 1 < text.Length)
            {
                text.Remove(at, 1);
            }
        }

        return text.ToString();
    }

    private static string Escape(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
}
