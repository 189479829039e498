using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Server.Configuration;
using Gateway.Server.Trunks;
using Gateway.Sip;

namespace Gateway.Web.Administration;

/// <summary>Trunks: what may stand in one, and what keeps one from going.</summary>
internal sealed class TrunkAdministration(AdministrationCore core, TrunkBoard board) : ConfiguredObjects<TrunkResource, Trunk>(core)
{
    private const int LongestPem = 64 * 1024;
    private const int MostEntries = 10_000;

    /// <summary>What the gateway can offer to a trunk, as SDP names it.</summary>
    private static readonly string[] s_codecs = ["opus", "PCMU", "PCMA", "G722"];

    public TrunkStatus StatusOf(Guid trunk) => board.Get(trunk);

    protected override TrunkResource Show(Stored<Trunk> stored) => TrunkResource.Of(stored);

    protected override Trunk Build(Guid id, TrunkResource wanted, Trunk? old) => wanted.ToTrunk(id, Core.DomainId, old);

    protected override IEnumerable<string> UsersOf(Trunk value) => References.ToTrunk(value.Id, Core.Configuration.Current);

    protected override Task ChangedAsync(Trunk? old, Trunk? now)
    {
        if (now is null && old is not null)
        {
            board.Remove(old.Id);
        }

        return Task.CompletedTask;
    }

    protected override IEnumerable<string> SecretsIn(TrunkResource wanted)
    {
        if (!string.IsNullOrEmpty(wanted.Password)) yield return "password";
        if (!string.IsNullOrEmpty(wanted.InboundPassword)) yield return "inboundPassword";
        if (!string.IsNullOrEmpty(wanted.Tls.Key)) yield return "tls.key";
        if (wanted.Extensions.Any(extension => !string.IsNullOrEmpty(extension.Password))) yield return "passwords of extensions";
    }

    protected override void Check(TrunkResource wanted, Trunk? old, FieldErrors errors)
    {
        errors.Name("name", wanted.Name);
        errors.Text("group", wanted.Group, 100);
        errors.Host("host", wanted.Host.Trim());
        errors.Range("port", wanted.Port, 0, 65535);
        if (wanted.Transport is SipTransport.Ws or SipTransport.Wss)
        {
            errors.Add("transport", "udp, tcp or tls: a trunk is never reached by WebSocket.");
        }

        errors.HostAndPort("outboundProxy", wanted.OutboundProxy.Trim());
        if (wanted.Domain.Trim().Length > 0)
        {
            errors.Host("domain", wanted.Domain.Trim());
        }

        CheckCredentials(wanted, old, errors);
        CheckInbound(wanted, old, errors);
        CheckMedia(wanted, errors);
        errors.E164("callerNumber", wanted.CallerNumber);
        errors.Range("maxCalls", wanted.MaxCalls, 0, 100_000);
        errors.Range("maxCallsPerSecond", wanted.MaxCallsPerSecond, 0, 10_000);
        if (wanted.ProbeSeconds != 0)
        {
            errors.Range("probeSeconds", wanted.ProbeSeconds, 5, 3600);
        }

        if (wanted.QualifySeconds != 0)
        {
            errors.Range("qualifySeconds", wanted.QualifySeconds, 5, 3600);
        }

        errors.Range("priority", wanted.Priority, 0, 65535);
        errors.Range("weight", wanted.Weight, 0, 65535);
        CheckTls(wanted.Tls, old, errors);
        CheckExtensions(wanted, old, errors);
        RightsRules.Check("rights", wanted.Rights, errors);
    }

    private static void CheckCredentials(TrunkResource wanted, Trunk? old, FieldErrors errors)
    {
        errors.UserPart("user", wanted.User);
        errors.UserPart("authUser", wanted.AuthUser);
        errors.Secret("password", wanted.Password);
        errors.Text("realm", wanted.Realm, 255);
        errors.Range("registerSeconds", wanted.RegisterSeconds, 60, 7200);
        if (wanted.Type != TrunkKind.Registering)
        {
            return;
        }

        if (wanted.User.Trim().Length == 0)
        {
            errors.Add("user", "A registering trunk needs the user that the provider gave you.");
        }

        if (string.IsNullOrEmpty(wanted.Password) && old is not { Password.IsEmpty: false })
        {
            errors.Add("password", "A registering trunk needs the password that the provider gave you.");
        }
    }

    private void CheckInbound(TrunkResource wanted, Trunk? old, FieldErrors errors)
    {
        errors.Count("allowedSources", wanted.AllowedSources, 1000);
        for (var i = 0; i < wanted.AllowedSources.Length; i++)
        {
            errors.Source($"allowedSources[{i}]", wanted.AllowedSources[i]);
        }

        errors.UserPart("inboundUser", wanted.InboundUser);
        errors.Secret("inboundPassword", wanted.InboundPassword);
        if (wanted.InboundUser.Trim().Length > 0 && string.IsNullOrEmpty(wanted.InboundPassword) && old is not { InboundPassword.IsEmpty: false })
        {
            errors.Add("inboundPassword", "Calls that must answer a challenge need a password.");
        }

        errors.Count("dids", wanted.Dids, MostEntries);
        for (var i = 0; i < wanted.Dids.Length; i++)
        {
            var (number, to) = wanted.Dids[i];
            if (number is null || number.Trim().TrimEnd('*').Length == 0 && number != "*")
            {
                errors.Add($"dids[{i}].number", "A number such as +493012345, or a beginning with a star: +4930*.");
            }
            else
            {
                errors.UserPart($"dids[{i}].number", number);
            }

            References.Check($"dids[{i}].to", to, Core.Configuration.Current, Core.Accounts, errors);
        }
    }

    private static void CheckMedia(TrunkResource wanted, FieldErrors errors)
    {
        for (var i = 0; i < wanted.Codecs.Length; i++)
        {
            if (!s_codecs.Contains(wanted.Codecs[i], StringComparer.OrdinalIgnoreCase))
            {
                errors.Add($"codecs[{i}]", $"One of {string.Join(", ", s_codecs)}.");
            }
        }
    }

    private static void CheckTls(TrunkTlsResource tls, Trunk? old, FieldErrors errors)
    {
        if (tls.Authorities.Length > 0 && (tls.Authorities.Length > LongestPem || !TryCertificates(tls.Authorities)))
        {
            errors.Add("tls.authorities", "Certificates in PEM form (-----BEGIN CERTIFICATE-----).");
        }

        if (tls.Certificate.Length == 0)
        {
            if (!string.IsNullOrEmpty(tls.Key))
            {
                errors.Add("tls.certificate", "A key needs its certificate.");
            }

            return;
        }

        var key = string.IsNullOrEmpty(tls.Key) ? old?.Tls.Key.Reveal() : tls.Key;
        if (tls.Certificate.Length > LongestPem || !TryCertificates(tls.Certificate))
        {
            errors.Add("tls.certificate", "A certificate in PEM form, with its chain after it.");
        }
        else if (string.IsNullOrEmpty(key) || key.Length > LongestPem || !Fits(tls.Certificate, key))
        {
            errors.Add("tls.key", "The private key of this certificate in PEM form, without a password.");
        }
    }

    private void CheckExtensions(TrunkResource wanted, Trunk? old, FieldErrors errors)
    {
        errors.Count("extensions", wanted.Extensions, MostEntries);
        HashSet<Guid> seen = [];
        HashSet<string> users = new(StringComparer.Ordinal);
        for (var i = 0; i < wanted.Extensions.Length; i++)
        {
            var extension = wanted.Extensions[i];
            if (!Core.Accounts.TryGet(extension.Account, out _))
            {
                errors.Add($"extensions[{i}].account", "There is no account with this id.");
            }
            else if (!seen.Add(extension.Account))
            {
                errors.Add($"extensions[{i}].account", "This account is an extension of the trunk already.");
            }

            if (extension.User.Trim().Length == 0 || !users.Add(extension.User.Trim()))
            {
                errors.Add($"extensions[{i}].user", "The extension's user at the PBX, each once.");
            }

            errors.UserPart($"extensions[{i}].user", extension.User);
            errors.UserPart($"extensions[{i}].authUser", extension.AuthUser);
            errors.Secret($"extensions[{i}].password", extension.Password);
            if (string.IsNullOrEmpty(extension.Password) && old?.Extensions.FirstOrDefault(was => was.Account == extension.Account) is not { Password.IsEmpty: false })
            {
                errors.Add($"extensions[{i}].password", "The password of the extension at the PBX.");
            }
        }
    }

    private static bool TryCertificates(string pem)
    {
        try
        {
            var all = new X509Certificate2Collection();
            all.ImportFromPem(pem);
            var any = all.Count > 0;
            foreach (var one in all)
            {
                one.Dispose();
            }

            return any;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static bool Fits(string certificate, string key)
    {
        try
        {
            using var both = X509Certificate2.CreateFromPem(certificate, key);
            return both.HasPrivateKey;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return false;
        }
    }
}
