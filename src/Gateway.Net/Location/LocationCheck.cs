using System.Net;
using Gateway.Net.Ldap;

namespace Gateway.Net.Location;

/// <summary>What is wrong with the settings of the location service before anything starts, each complaint with its key.</summary>
public static class LocationCheck
{
    public static IEnumerable<string> Of(LocationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        foreach (var source in options.Sources.Where(source => source.ToLowerInvariant() is not ("enum" or "ldap")))
        {
            yield return $"Sources: '{source}' is none; there are enum and ldap.";
        }

        if (options.Sources.Distinct(StringComparer.OrdinalIgnoreCase).Count() != options.Sources.Count)
        {
            yield return "Sources: each one once.";
        }

        if (options.Timeout < TimeSpan.FromMilliseconds(100) || options.Timeout > TimeSpan.FromSeconds(5))
        {
            yield return "Timeout: 00:00:00.1 to 00:00:05; a caller hears nothing meanwhile.";
        }

        if (options.MaxQuestions is < 1 or > 1000)
        {
            yield return "MaxQuestions: 1 to 1000.";
        }

        TimeSpan[] spans = [options.CacheTime, options.NegativeCacheTime, options.StaleTime];
        if (spans.Any(span => span < TimeSpan.Zero || span > TimeSpan.FromDays(1)))
        {
            yield return "CacheTime, NegativeCacheTime and StaleTime: 00:00:00 to 1.00:00:00.";
        }

        foreach (var domain in options.OpenDomains.Where(domain => domain != "*" && !IsName(domain.StartsWith("*.", StringComparison.Ordinal) ? domain[2..] : domain)))
        {
            yield return $"OpenDomains: '{domain}' is no domain; write example.com, *.example.com or *.";
        }

        if (options.EnumDomains.Count is 0 or > 4 || options.EnumDomains.Any(domain => !IsName(domain)))
        {
            yield return "EnumDomains: one to four domains, such as e164.arpa.";
        }

        if (options.Sources.Contains("ldap", StringComparer.OrdinalIgnoreCase))
        {
            foreach (var complaint in Directory(options))
            {
                yield return complaint;
            }
        }
    }

    private static IEnumerable<string> Directory(LocationOptions options)
    {
        if (LdapClient.Server(options.LdapServer) is not { } server)
        {
            yield return "LdapServer: the directory, such as ldaps://directory.example.org.";
        }
        else if (options.LdapPasswordFile.Length > 0 && !server.IsSecure && !options.LdapStartTls && !(IPAddress.TryParse(server.Host, out var address) && IPAddress.IsLoopback(address)) && server.Host != "localhost")
        {
            yield return "LdapServer: ldap:// would send the password for everybody to read; write ldaps://, or set LdapStartTls to true.";
        }

        if (!LdapFilter.TryParse(options.LdapFilter, out _, out var error))
        {
            yield return $"LdapFilter: {error}.";
        }

        if (options.LdapPasswordFile.Length > 0 && !File.Exists(options.LdapPasswordFile))
        {
            yield return $"LdapPasswordFile: there is no file {options.LdapPasswordFile}.";
        }

        if (options.LdapUser.Length > 0 != options.LdapPasswordFile.Length > 0)
        {
            yield return "LdapUser and LdapPasswordFile: both, or neither to ask anonymously.";
        }

        if (options.LdapCertificates.Length > 0 && !System.IO.Directory.Exists(options.LdapCertificates))
        {
            yield return $"LdapCertificates: there is no folder {options.LdapCertificates}.";
        }

        if (options.LdapAddressAttributes.Concat(options.LdapNumberAttributes).Any(name => name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or ';' or '.')))
        {
            yield return "LdapAddressAttributes and LdapNumberAttributes: names of attributes, such as telephoneNumber.";
        }
    }

    private static bool IsName(string text) => text.Length is > 0 and <= 253 && Uri.CheckHostName(text) == UriHostNameType.Dns;
}
