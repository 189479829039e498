using System.Security.Cryptography;
using Gateway.Server.Ports;
using Microsoft.AspNetCore.DataProtection;

namespace Gateway.Web.Security;

/// <summary>Encrypts the secrets of trunks, widgets and webhooks with ASP.NET Data Protection; its keys lie in the data folder.</summary>
internal sealed class DataProtectionSecrets(IDataProtectionProvider provider) : ISecretProtector
{
    private readonly IDataProtector _protector = provider.CreateProtector("Gateway.Secrets.v1");

    /// <summary>The same keys that protect cookies, before the services are there.</summary>
    public static DataProtectionSecrets InFolder(string dataFolder) =>
        new(DataProtectionProvider.Create(KeysOf(dataFolder), builder => builder.SetApplicationName(ApplicationName)));

    public const string ApplicationName = "Gateway";

    public static DirectoryInfo KeysOf(string dataFolder) => new(Path.Combine(dataFolder, "keys"));

    public string Protect(string clear) => _protector.Protect(clear);

    public string? Unprotect(string protectedText)
    {
        try
        {
            return _protector.Unprotect(protectedText);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
