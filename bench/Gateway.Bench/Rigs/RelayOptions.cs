using System.Globalization;

namespace Gateway.Bench.Rigs;

/// <summary>Legs for an outside generator that reads a call file: <c>ipA portA modeA ipB portB modeB</c> a line.</summary>
internal sealed record RelayOptions
{
    public int Calls { get; init; }

    /// <summary>Side A: "ice" (ICE and DTLS-SRTP) or "rtp"; side B is always plain.</summary>
    public required string Mode { get; init; }

    public required string Out { get; init; }

    /// <summary>The certificate that the generator shows in DTLS.</summary>
    public required string Certificate { get; init; }

    public int APort { get; init; }

    public int BPort { get; init; }

    /// <summary>The generator has a port for each call on side A, counted up from <see cref="APort"/>.</summary>
    public bool APer { get; init; }

    /// <summary>Handshakes and packets of the tool's own before READY, so that the just-in-time compiler is done.</summary>
    public bool WarmUp { get; init; }

    public int MediaPort { get; init; }

    public int RtpFirst { get; init; }

    public int RtpLast { get; init; }

    public int NgPort { get; init; }

    public int Pid { get; init; }

    public bool IsIce => Mode == "ice";

    public int APortOf(int call) => APort + (APer ? call : 0);

    /// <summary>The generator's ICE credentials of a call.</summary>
    public static (string Ufrag, string Password) Peer(int call)
    {
        var number = call.ToString("D5", CultureInfo.InvariantCulture);
        return ("u" + number, "passwordofthegenerator" + number);
    }

    public static RelayOptions Read(IReadOnlyList<string> args)
    {
        var arguments = new Arguments(args, "calls", "mode", "out", "cert", "a-port", "b-port", "a-per", "warm-up", "media-port", "rtp-ports", "ng-port", "pid");
        var mode = arguments.Text("mode", "rtp");
        if (mode is not ("rtp" or "ice"))
        {
            throw new UsageException($"--mode {mode}: rtp or ice.");
        }

        if (arguments.Text("rtp-ports", "42000-59999").Split('-') is not [var first, var last])
        {
            throw new UsageException("--rtp-ports: a range such as 42000-59999.");
        }

        return new RelayOptions
        {
            Calls = Math.Max(1, arguments.Number("calls", 100)),
            Mode = mode,
            Out = arguments.Needed("out"),
            Certificate = mode == "ice" ? arguments.Needed("cert") : "",
            APort = arguments.Number("a-port", 20000),
            BPort = arguments.Number("b-port", 30000),
            APer = arguments.Has("a-per"),
            WarmUp = arguments.Has("warm-up"),
            MediaPort = arguments.Number("media-port", 41000),
            RtpFirst = int.Parse(first, CultureInfo.InvariantCulture),
            RtpLast = int.Parse(last, CultureInfo.InvariantCulture),
            NgPort = arguments.Number("ng-port", 22222),
            Pid = arguments.Number("pid", 0),
        };
    }
}
