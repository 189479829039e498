using System.Security.Cryptography;
using System.Text;
using Gateway.Server.Accounts;

namespace Gateway.Web.Security;

/// <summary>
/// The way in while there is no administrator yet: a code that stands in the terminal only. Whoever can read the terminal owns
/// the gateway; nobody else may be first. It closes for good with the first administrator.
/// </summary>
internal sealed class SetupDoor
{
    private readonly AccountDirectory _accounts;
    private readonly byte[] _code;

    public SetupDoor(AccountDirectory accounts, string code)
    {
        _accounts = accounts;
        _code = Encoding.UTF8.GetBytes(Normal(code));
    }

    public bool IsOpen => !_accounts.HasAdministrator;

    public bool IsCode(string? typed) =>
        IsOpen && CryptographicOperations.FixedTimeEquals(SHA256.HashData(_code), SHA256.HashData(Encoding.UTF8.GetBytes(Normal(typed ?? ""))));

    /// <summary>Dashes and case are only there to be read.</summary>
    private static string Normal(string code) => code.Replace("-", "", StringComparison.Ordinal).Trim().ToLowerInvariant();
}
