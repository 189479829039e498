using System.Collections.Immutable;
using Gateway.Server.Routing;

namespace Gateway.Server.Accounts;

/// <summary>Which digest algorithms an account is challenged with; MD5 alone by default, because phones in the field fail otherwise.</summary>
public enum DigestPolicy : byte
{
    Md5,
    Sha256,
    Both,
}

/// <summary>What an account may do in the console.</summary>
public enum AccountRole : byte
{
    /// <summary>Phones; sees its own calls.</summary>
    Agent,
    /// <summary>Sees everything, changes nothing.</summary>
    ReadOnly,
    /// <summary>Sees everything; hangs up, transfers and starts calls.</summary>
    Supervisor,
    Administrator,
}

/// <summary>Someone who can sign in and be called: one AOR. Immutable; a change is a new record in the directory.</summary>
public sealed record Account
{
    public required Guid Id { get; init; }

    public required Guid DomainId { get; init; }

    /// <summary>The user part of the AOR and the digest username; lower case letters, digits, and - _ . +</summary>
    public required string User { get; init; }

    /// <summary>The name of the domain that the account belongs to; empty for the gateway's first one, whose name is the realm.</summary>
    public string Domain { get; init; } = "";

    public string DisplayName { get; init; } = "";

    public DigestPolicy Digest { get; init; } = DigestPolicy.Md5;

    /// <summary>H(user:realm:password), lower-case hex; one per algorithm. Secret.</summary>
    public required string Ha1Md5 { get; init; }

    public required string Ha1Sha256 { get; init; }

    /// <summary>The slow hash that web sign-in checks (PBKDF2, ASP.NET Identity's format). Secret.</summary>
    public required string PasswordHash { get; init; }

    public AccountRole Role { get; init; } = AccountRole.Agent;

    public bool IsAdministrator => Role == AccountRole.Administrator;

    public bool IsEnabled { get; init; } = true;

    /// <summary>Other user parts that reach this account.</summary>
    public ImmutableArray<string> Aliases { get; init; } = [];

    /// <summary>What it may call and how much.</summary>
    public CallRights Rights { get; init; } = CallRights.Default;

    /// <summary>E.164 number that trunks show for its calls; empty: the trunk's own.</summary>
    public string CallerNumber { get; init; } = "";

    /// <summary>Rises with every change; the API's ETag.</summary>
    public long Version { get; init; } = 1;

    /// <summary>What it signs in by and what is unique: its user part, with the domain behind it in any but the first domain.</summary>
    public string Name => Domain.Length == 0 ? User : $"{User}@{Domain}";

    /// <summary>user@domain, which its bindings and its calls go by.</summary>
    /// <param name="realm">The name of the first domain.</param>
    public string AorIn(string realm) => $"{User}@{(Domain.Length == 0 ? realm : Domain)}";
}
