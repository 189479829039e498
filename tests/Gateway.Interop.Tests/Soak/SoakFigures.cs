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

    /// <summary>Waits until nothing is going on, and until the collector has given back what that needed.</summary>
    public static async Task<SoakFigures> QuietAsync(GatewayProcess gateway, HttpClient http, TimeSpan limit)
    {
        var until = DateTime.UtcNow + limit;
        SoakFigures figures;
        while ((figures = await ReadAsync(http)).Left.Length > 0)
        {
            Assert.True(DateTime.UtcNow < until, $"what the load left behind {limit.TotalSeconds} s ago: {figures.Left}\n{gateway.Log[^Math.Min(3000, gateway.Log.Length)..]}");
            await Task.Delay(250);
        }

        var collections = figures["gateway_process_full_collections"];
        var settled = DateTime.UtcNow + TimeSpan.FromSeconds(25);
        while ((figures = await ReadAsync(http))["gateway_process_full_collections"] == collections && DateTime.UtcNow < settled)
        {
            await Task.Delay(250);
        }

        return figures;
    }
}
