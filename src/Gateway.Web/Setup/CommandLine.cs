namespace Gateway.Web.Setup;

/// <summary>The few settings that a person gives when starting by hand: flags, and the same by short environment names.</summary>
internal static class CommandLine
{
    /// <summary>One flag for two settings.</summary>
    private const string RtpPorts = "Gateway:Net:RtpPortFirst, RtpPortLast";

    internal sealed record Flag(string Name, string Value, string Key, string Help)
    {
        /// <summary>--https-port is GATEWAY_HTTPS_PORT.</summary>
        public string Variable => "GATEWAY_" + Name[2..].Replace('-', '_').ToUpperInvariant();
    }

    public static IReadOnlyList<Flag> Flags { get; } =
    [
        new("--https-port", "PORT", "Gateway:Web:HttpsPort", "softphone, console and SIP over WebSocket (default 8443)"),
        new("--sip-port", "PORT", "Gateway:Net:SipPort", "SIP over UDP and TCP, for phones (default 5060)"),
        new("--sips-port", "PORT", "Gateway:Net:SipsPort", "SIP over TLS, for phones (default 5061; 0 for none)"),
        new("--public-address", "ADDRESS", "Gateway:Net:PublicAddress", "the address that peers outside should be told"),
        new("--media-port", "PORT", "Gateway:Net:MediaPort", "UDP port for the sound of all browsers (default 40000)"),
        new("--rtp-ports", "A-B", RtpPorts, "UDP ports for the sound of phones (default 40100-44999)"),
        new("--listen", "ADDRESS", "Gateway:Net:Listen", "listen on this address only, e.g. 127.0.0.1 (default: all)"),
        new("--data", "FOLDER", "Gateway:Web:DataFolder", "database and keys (default ./data)"),
        new("--certs", "FOLDER", "Gateway:Web:CertificateFolder", "certificate of the web host (default: certs in the data folder)"),
        new("--demo", "", "Gateway:Web:Demo", "make the accounts alice and bob at the first start, to try things with"),
        new("--reset-password", "ACCOUNT", "Gateway:Web:ResetPassword", "give this account a new password and show it"),
    ];

    public static string Help =>
        "Gateway lets a browser be a phone.\n\nUsage: ./run [flags]\n\n"
        + string.Join('\n', Flags.Select(flag => $"  {flag.Name + " " + flag.Value,-26} {flag.Help}"))
        + "\n  --health                   ask the gateway that runs here whether it is ready (0) or not (1)"
        + "\n  --help                     this text\n\n"
        + "Each flag can be an environment variable (--https-port is GATEWAY_HTTPS_PORT); every other setting of\n"
        + "docs/configuration.md too, e.g. Gateway__Server__RingLimit=00:00:40.\n";

    /// <summary>The settings that arguments and environment give; complaints about what is not understood.</summary>
    public static Dictionary<string, string?> Read(IReadOnlyList<string> args, Func<string, string?> environment, List<string> complaints)
    {
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var flag in Flags)
        {
            if (environment(flag.Variable) is { Length: > 0 } value)
            {
                settings[flag.Key] = value;
            }
        }

        for (var i = 0; i < args.Count; i++)
        {
            var (name, value) = args[i].Split('=', 2) is [var left, var right] ? (left, right) : (args[i], null);
            var flag = Flags.FirstOrDefault(flag => flag.Name == name);
            if (flag is { Value.Length: 0 })
            {
                settings[flag.Key] = value ?? "true";
            }
            else if (flag is not null && (value is not null || i + 1 < args.Count))
            {
                settings[flag.Key] = value ?? args[++i];
            }
            else if (name.StartsWith("--Gateway:", StringComparison.OrdinalIgnoreCase) && value is not null)
            {
                settings[name[2..]] = value;
            }
            else
            {
                complaints.Add(flag is null ? $"{args[i]}: there is no such flag; --help lists them." : $"{name} needs a value: {name} {flag.Value}.");
            }
        }

        SplitRange(settings, complaints);
        return settings;
    }

    private static void SplitRange(Dictionary<string, string?> settings, List<string> complaints)
    {
        if (!settings.Remove(RtpPorts, out var range))
        {
            return;
        }

        if (range?.Split('-') is [var first, var last])
        {
            settings["Gateway:Net:RtpPortFirst"] = first.Trim();
            settings["Gateway:Net:RtpPortLast"] = last.Trim();
        }
        else
        {
            complaints.Add($"--rtp-ports: '{range}' is not a range such as 40100-44999.");
        }
    }
}
