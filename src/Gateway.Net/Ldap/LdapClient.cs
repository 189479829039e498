using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Net.Location;
using Gateway.Server.Ports;
using Gateway.Sip;

namespace Gateway.Net.Ldap;

/// <summary>
/// A directory (LDAP, RFC 4511) as a location source: one search for each question, over connections that are kept for the next.
/// The password is read anew for each connection, so that it can be changed without a restart.
/// </summary>
internal sealed class LdapClient : ILocationClient
{
    private readonly LocationOptions _options;
    private readonly LdapFilter _filter;
    private readonly ConcurrentStack<LdapConnection> _idle = new();

    /// <exception cref="ArgumentException">The settings cannot be used; a start checks them first.</exception>
    public LdapClient(LocationOptions options)
    {
        _options = options;
        _filter = LdapFilter.TryParse(options.LdapFilter, out var filter, out var error) ? filter : throw new ArgumentException(error, nameof(options));
    }

    public string Name => "ldap";

    public bool Takes(LocationQuestion question) => true;

    public async Task<LocationAnswer> AskAsync(LocationQuestion question, CancellationToken cancel)
    {
        try
        {
            return Answer(question, await SearchAsync(question, cancel).ConfigureAwait(false));
        }
        catch (Exception e) when (e is LdapException or IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException)
        {
            return LocationAnswer.Failure(e.Message);
        }
    }

    /// <summary>host and port of an ldap or ldaps URL; null when it is none.</summary>
    internal static (string Host, int Port, bool IsSecure)? Server(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "ldap" or "ldaps" && uri.Host.Length > 0 && uri.PathAndQuery is "" or "/"
            ? (uri.DnsSafeHost, uri.Port > 0 ? uri.Port : uri.Scheme == "ldaps" ? 636 : 389, uri.Scheme == "ldaps")
            : null;

    private async Task<IReadOnlyList<LdapAnswer>> SearchAsync(LocationQuestion question, CancellationToken cancel)
    {
        byte[] Request(int id) => LdapMessages.Search(id, _options.LdapBase, _filter, new Dictionary<string, string>
        {
            ["number"] = question.Number, ["user"] = question.User, ["domain"] = question.Domain,
        }, _options.LdapAddressAttributes.Concat(_options.LdapNumberAttributes), _options.Timeout);

        // One that was kept may have been closed over there meanwhile: that is no failure of the directory.
        while (TakeIdle() is { } kept)
        {
            try
            {
                return await OnAsync(kept, Request, cancel).ConfigureAwait(false);
            }
            catch (IOException)
            {
            }
        }

        var password = _options.LdapPasswordFile.Length > 0 ? (await File.ReadAllTextAsync(_options.LdapPasswordFile, cancel).ConfigureAwait(false)).TrimEnd('\r', '\n') : "";
        var connection = await LdapConnection.OpenAsync(Way(), _options.LdapUser, Encoding.UTF8.GetBytes(password), cancel).ConfigureAwait(false);
        return await OnAsync(connection, Request, cancel).ConfigureAwait(false);
    }

    /// <summary>A connection on which a question ended is kept; one that broke, or whose answer nobody waited for, is not.</summary>
    private async Task<IReadOnlyList<LdapAnswer>> OnAsync(LdapConnection connection, Func<int, byte[]> request, CancellationToken cancel)
    {
        try
        {
            var found = await connection.SearchAsync(request, cancel).ConfigureAwait(false);
            connection.LastUsed = Stopwatch.GetTimestamp();
            if (_idle.Count < LdapLimits.Idle)
            {
                _idle.Push(connection);
                connection = null!;
            }

            return found;
        }
        finally
        {
            connection?.Dispose();
        }
    }

    private LdapConnection? TakeIdle()
    {
        while (_idle.TryPop(out var connection))
        {
            if (Stopwatch.GetElapsedTime(connection.LastUsed) < LdapLimits.IdleTime)
            {
                return connection;
            }

            connection.Dispose();
        }

        return null;
    }

    private LdapWay Way()
    {
        var (host, port, isSecure) = Server(_options.LdapServer) ?? throw new LdapException($"'{_options.LdapServer}' is no directory; write ldaps://directory.example.org");
        var authorities = new X509Certificate2Collection();
        if (_options.LdapCertificates.Length > 0)
        {
            foreach (var file in Directory.EnumerateFiles(_options.LdapCertificates, "*.pem").Concat(Directory.EnumerateFiles(_options.LdapCertificates, "*.crt")))
            {
                authorities.ImportFromPemFile(file);
            }
        }

        return new LdapWay(host, port, isSecure, _options.LdapStartTls, authorities);
    }

    private LocationAnswer Answer(LocationQuestion question, IReadOnlyList<LdapAnswer> entries)
    {
        switch (entries.Count)
        {
            case 0:
                return LocationAnswer.NotFound;
            case > 1:
                // Whoever is meant: the wrong one must not be called.
                return LocationAnswer.NotFound with { Steps = ["more than one entry fits, so none is used: make the filter exact"] };
        }

        var targets = ImmutableArray.CreateBuilder<LocationTarget>();
        foreach (var value in Values(entries[0], _options.LdapAddressAttributes))
        {
            // Directories keep ada@example.org as often as sip:ada@example.org.
            if (SipUri.TryParse(value, out var uri) || (value.Contains('@', StringComparison.Ordinal) && SipUri.TryParse("sip:" + value, out uri)))
            {
                targets.Add(new LocationTarget.Address(uri));
            }
        }

        foreach (var value in Values(entries[0], _options.LdapNumberAttributes))
        {
            var number = Number(value);
            if (number.Length > 0 && number != question.E164 && number != question.User)
            {
                targets.Add(new LocationTarget.Number(number));
            }
        }

        return targets.Count > 0
            ? new LocationAnswer(LocationOutcome.Found, targets.DrainToImmutable())
            : LocationAnswer.NotFound with { Steps = ["the entry has no address and no other number"] };
    }

    private static IEnumerable<string> Values(LdapAnswer entry, IReadOnlyList<string> attributes) =>
        attributes.SelectMany(attribute => entry.Attributes.GetValueOrDefault(attribute, [])).Select(value => value.Trim()).Where(value => value.Length > 0);

    /// <summary>+49 30 1234-56 (0) as people write it into directories; what is no number is a user's name and stays as it is.</summary>
    private static string Number(string value) => value.Any(char.IsAsciiDigit) && value.All(c => char.IsAsciiDigit(c) || "+*# -./()".Contains(c, StringComparison.Ordinal))
        ? string.Concat(value.Replace("(0)", "", StringComparison.Ordinal).Where(c => char.IsAsciiDigit(c) || c is '+' or '*' or '#'))
        : value;
}
