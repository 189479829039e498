using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Gateway.Interop.Tests.Rig;

/// <summary>A client's digest answer, written apart from the gateway's own code so that it can disagree with it.</summary>
internal static partial class Digest
{
    /// <summary>The Authorization header line for a 401 of ours.</summary>
    public static string Answer(string challenge, string method, string uri, string user, string password)
    {
        var realm = Realm().Match(challenge).Groups[1].Value;
        var nonce = Nonce().Match(challenge).Groups[1].Value;
        var response = Hash($"{Hash($"{user}:{realm}:{password}")}:{nonce}:00000001:abc:auth:{Hash($"{method}:{uri}")}");
        return $"Authorization: Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", response=\"{response}\", algorithm=MD5, qop=auth, nc=00000001, cnonce=\"abc\"";
    }

    [SuppressMessage("Security", "CA5351", Justification = "RFC 3261 digest is MD5.")]
    private static string Hash(string text) => Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(text)));

    [GeneratedRegex("realm=\"([^\"]*)\"")]
    private static partial Regex Realm();

    [GeneratedRegex("nonce=\"([^\"]*)\"")]
    private static partial Regex Nonce();
}
