using System.Security.Cryptography;
using Gateway.Sip;

namespace Gateway.Server.Accounts;

/// <summary>Makes accounts from what a person enters: every hash that the account will ever be checked against, in one place.</summary>
/// <param name="realm">The realm that the digest hashes bind; fixed at first run.</param>
/// <param name="iterations">Of the web password's hash; fewer only in tests.</param>
public sealed class AccountFactory(string realm, RandomNumberGenerator random, int iterations = PasswordHash.Iterations)
{
    public const int ShortestPassword = 8;
    public const int LongestPassword = 128;

    public string Realm { get; } = realm;

    /// <param name="user">Checked and normalised by <see cref="UserName"/>.</param>
    /// <exception cref="ArgumentException">The user name or the password breaks a rule; the message says which.</exception>
    public Account Create(Guid domainId, string user, string password, DateTimeOffset utcNow, string displayName = "", bool administrator = false, DigestPolicy digest = DigestPolicy.Md5)
    {
        if (!UserName.TryNormalise(user, out var name, out var error))
        {
            throw new ArgumentException(error, nameof(user));
        }

        return WithPassword(new Account
        {
            Id = Guid.CreateVersion7(utcNow),
            DomainId = domainId,
            User = name,
            DisplayName = displayName.Trim(),
            Role = administrator ? AccountRole.Administrator : AccountRole.Agent,
            Digest = digest,
            Ha1Md5 = "",
            Ha1Sha256 = "",
            PasswordHash = "",
        }, password);
    }

    /// <summary>The account with another password. Flows that were authenticated with the old one end with it.</summary>
    /// <exception cref="ArgumentException">The password breaks a rule; the message says which.</exception>
    public Account WithPassword(Account account, string password)
    {
        if (Complaint(password) is { } complaint)
        {
            throw new ArgumentException(complaint, nameof(password));
        }

        return account with
        {
            Ha1Md5 = Digest.Ha1(DigestAlgorithm.Md5, account.User, Realm, password),
            Ha1Sha256 = Digest.Ha1(DigestAlgorithm.Sha256, account.User, Realm, password),
            PasswordHash = PasswordHash.Create(password, random, iterations),
        };
    }

    /// <summary>Null for a password that is good; else what to mend.</summary>
    public static string? Complaint(string? password) => password switch
    {
        null or { Length: < ShortestPassword } => $"A password has at least {ShortestPassword} characters.",
        { Length: > LongestPassword } => $"A password has at most {LongestPassword} characters.",
        _ when password.Any(char.IsControl) => "A password cannot hold control characters.",
        _ => null,
    };
}
