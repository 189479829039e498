namespace Gateway.Bench.Load;

/// <summary>What "load" is asked to do; <see cref="Usage"/> says what each means.</summary>
internal sealed record LoadOptions
{
    public int Calls { get; init; }

    public double Seconds { get; init; }

    public double Warm { get; init; }

    public int WarmCalls { get; init; }

    public int Parallel { get; init; }

    /// <summary>OpenSSL's name of the one SRTP profile that the browsers offer.</summary>
    public required string Profile { get; init; }

    public required string ServerCores { get; init; }

    public bool Sleeps { get; init; }

    public required string Label { get; init; }

    /// <summary>Of a gateway that runs already; null to start one.</summary>
    public Uri? Url { get; init; }

    public required string Sip { get; init; }

    public int Pid { get; init; }

    public static LoadOptions Read(IReadOnlyList<string> args)
    {
        var arguments = new Arguments(
            args, "calls", "seconds", "warm", "warm-calls", "parallel", "profile", "server-cores", "sleep", "label", "url", "sip", "pid");
        var options = new LoadOptions
        {
            Calls = Math.Max(1, arguments.Number("calls", 100)),
            Seconds = arguments.Real("seconds", 10),
            Warm = arguments.Real("warm", 3),
            WarmCalls = arguments.Number("warm-calls", 100),
            Parallel = Math.Max(1, arguments.Number("parallel", 4)),
            Profile = arguments.Text("profile", "gcm") switch
            {
                "gcm" => "SRTP_AEAD_AES_128_GCM",
                "cm80" => "SRTP_AES128_CM_SHA1_80",
                var other => throw new UsageException($"--profile {other}: gcm or cm80."),
            },
            ServerCores = arguments.Text("server-cores", ""),
            Sleeps = arguments.Has("sleep"),
            Label = arguments.Text("label", "gateway-load"),
            Url = arguments.Has("url") ? new Uri(arguments.Needed("url")) : null,
            Sip = arguments.Text("sip", ""),
            Pid = arguments.Number("pid", 0),
        };
        return options.Url is not null && (options.Sip.Length == 0 || options.Pid == 0)
            ? throw new UsageException("--url needs --sip and --pid.")
            : options;
    }
}
