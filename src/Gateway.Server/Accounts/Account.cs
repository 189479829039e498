using System.Collections.Immutable;

namespace Gateway.Server.Accounts;

/// <summary>Which digest algorithms an account is challenged with; MD5 alone by default, because phones in the field fail otherwise.</summary>
public enum DigestPolicy : byte
{
    Md5,
    Sha256,
    Both,
}

/// <summary>Someone who can sign in and be called: one AOR. Immutable; a change is a new record in the directory.</summary>
public sealed record Account
{
    public required Guid Id { get; init; }

    public required Guid DomainId { get; init; }

    /// <summary>The user part of the AOR and the digest username; lower case letters, digits, and - _ . +</summary>
    public required string User { get; init; }

    public string DisplayName { get; init; } = "";

    public DigestPolicy Digest { get; init; } = DigestPolicy.Md5;

    /// <summary>H(user:realm:password), lower-case hex; one per algorithm. Secret.</summary>
    public required string Ha1Md5 { get; init; }

    public required string Ha1Sha256 { get; init; }

    /// <summary>The slow hash that web sign-in checks (PBKDF2, ASP.NET Identity's format). Secret.</summary>
    public required string PasswordHash { get; init; }

    public bool IsAdministrator { get; init; }

    public bool IsEnabled { get; init; } = true;

    /// <summary>Other user parts that reach this account.</summary>
    public ImmutableArray<string> Aliases { get; init; } = [];
}
