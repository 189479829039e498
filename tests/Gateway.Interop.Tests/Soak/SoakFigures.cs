using System.Globalization;
using Gateway.Interop.Tests.Rig;

namespace Gateway.Interop.Tests.Soak;

/// <summary>What the gateway says that it holds (/metrics), and what the kernel says of the process.</summary>
internal sealed class SoakFigures
{
    /// <summary>Zero when nothing is going on.</summary>
    private static readonly string[] s_traffic =
    [
        "gateway_call_active", "gateway_sip_transactions", "gateway_sip_dialogs", "gateway_proxy_contexts", "gateway_proxy_calls", "gateway_media_legs", "gateway_media_ports_used",
    ];

    /// <summary>What registrations keep: as much after the second load as after the first.</summary>
    private static readonly string[] s_standing = ["gateway_sip_timers", "gateway_sip_connections", "gateway_registrar_bindings"];

    /// <summary>The gateway looks every ten seconds whether it is quiet, and collects when it was for two looks.</summary>
    private static readonly TimeSpan s_settling = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, double> _values;

    private SoakFigures(Dictionary<string, double> values) => _values = values;

    /// <summary>Every gauge of traffic that is not zero, in words; empty in a quiet gateway.</summary>
    public string Left => string.Join(", ", s_traffic.Where(name => this[name] != 0).Select(name => $"{name} {this[name]}"));

    /// <summary>The sum over the tags of one metric; it must be there.</summary>
    public double this[string name]
    {
        get
        {
            var found = _values.Where(pair => pair.Key == name || pair.Key.StartsWith(name + "{", StringComparison.Ordinal)).ToList();
            return found.Sum(pair => pair.Value);
        }
    }

    public static async Task<SoakFigures> ReadAsync(HttpClient http)
    {
        var text = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        return new SoakFigures(text.Split('\n').Where(line => line.Length > 0 && line[0] != '#')
            .ToDictionary(line => line[..line.LastIndexOf(' ')], line => double.Parse(line.AsSpan(line.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture)));
    }

    /// <summary>
    /// Waits until nothing is going on and no more is armed or registered than before, and until the collector has given back what
    /// the load needed: the gateway has that done by itself when it is quiet.
    /// </summary>
    /// <param name="before">What stood after the load before; null after the first.</param>
    public static async Task<SoakFigures> QuietAsync(GatewayProcess gateway, HttpClient http, TimeSpan limit, SoakFigures? before)
    {
        var figures = await ReadAsync(http);
        var collections = figures["gateway_process_full_collections"];
        var until = DateTime.UtcNow + limit;
        while (figures.Left.Length > 0 || figures.IsMore(before).Length > 0)
        {
            Assert.True(DateTime.UtcNow < until, $"what the load left behind {limit.TotalSeconds} s ago: {figures.Left} {figures.IsMore(before)}\n{gateway.Log[^Math.Min(3000, gateway.Log.Length)..]}");
            await Task.Delay(1000);
            figures = await ReadAsync(http);
        }

        var settled = DateTime.UtcNow + s_settling;
        while (figures["gateway_process_full_collections"] == collections && DateTime.UtcNow < settled)
        {
            await Task.Delay(1000);
            figures = await ReadAsync(http);
        }

        return figures;
    }

    private string IsMore(SoakFigures? before) =>
        before is null ? "" : string.Join(", ", s_standing.Where(name => this[name] > before[name]).Select(name => $"{name} {this[name]} instead of {before[name]}"));
}
