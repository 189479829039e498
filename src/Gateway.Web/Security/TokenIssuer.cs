using System.Security.Cryptography;
using Gateway.Server.Accounts;
using Gateway.Sip;

namespace Gateway.Web.Security;

/// <summary>Mints the short-lived SIP tokens of the softphone. The loops check them with the same key (LoopServices).</summary>
internal sealed class TokenIssuer(BearerToken tokens, TimeSpan lifetime, TimeProvider time)
{
    public TimeSpan Lifetime { get; } = lifetime;

    public string Mint(Account account) => tokens.Mint(account.Name, Lifetime, time.GetUtcNow());

    public static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
}
