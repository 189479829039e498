using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Gateway.Web.Live;

/// <summary>One number of the gateway, with the tags that tell it from its siblings.</summary>
/// <param name="Tags">In the order of the instrument, e.g. <c>sip.method=INVITE</c>.</param>
internal sealed record Figure(string Name, string? Unit, string? Description, string Kind, IReadOnlyList<KeyValuePair<string, string>> Tags, double Value);

/// <summary>
/// Listens to the gateway's own meters and keeps the sums, for the console and for a Prometheus scraper. A measurement costs
/// one look-up and one addition: instruments of the loops are hot.
/// </summary>
internal sealed class Figures : IDisposable
{
    private const string OwnMeters = "Gateway.";

    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<Instruments> _all = new();

    public Figures()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name.StartsWith(OwnMeters, StringComparison.Ordinal))
            {
                var kept = new Instruments(instrument);
                _all.Enqueue(kept);
                listener.EnableMeasurementEvents(instrument, kept);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, state) => ((Instruments)state!).Add(value, tags));
        _listener.SetMeasurementEventCallback<int>((_, value, tags, state) => ((Instruments)state!).Add(value, tags));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, state) => ((Instruments)state!).Add(value, tags));
        _listener.Start();
    }

    public IReadOnlyList<Figure> All()
    {
        _listener.RecordObservableInstruments();
        return [.. _all.SelectMany(instrument => instrument.Figures()).OrderBy(figure => figure.Name, StringComparer.Ordinal)];
    }

    /// <summary>The text format that Prometheus scrapes (version 0.0.4).</summary>
    public string ToPrometheus()
    {
        var text = new StringBuilder();
        foreach (var family in All().GroupBy(figure => PrometheusName(figure)))
        {
            var first = family.First();
            text.Append(CultureInfo.InvariantCulture, $"# HELP {family.Key} {first.Description?.Replace('\n', ' ')}\n# TYPE {family.Key} {first.Kind}\n");
            foreach (var figure in family)
            {
                text.Append(family.Key);
                if (figure.Tags.Count > 0)
                {
                    text.Append('{').AppendJoin(',', figure.Tags.Select(tag => $"{tag.Key.Replace('.', '_')}=\"{Escape(tag.Value)}\"")).Append('}');
                }

                text.Append(CultureInfo.InvariantCulture, $" {figure.Value}\n");
            }
        }

        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();

    private static string PrometheusName(Figure figure) =>
        figure.Name.Replace('.', '_') + (figure.Kind == "counter" && !figure.Name.EndsWith("_count", StringComparison.Ordinal) && !figure.Name.EndsWith("_sum", StringComparison.Ordinal) ? "_total" : "");

    private static string Escape(string value) => value.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    /// <summary>The sums of one instrument, one for each set of tag values.</summary>
    private sealed class Instruments(Instrument instrument)
    {
        private readonly ConcurrentDictionary<(object?, object?, object?), Cell> _cells = new();

        /// <summary>Observed instruments report what stands, the others what is added.</summary>
        private readonly bool _replaces = instrument.IsObservable || instrument.GetType().Name.StartsWith("Gauge", StringComparison.Ordinal);
        private readonly bool _isHistogram = instrument.GetType().Name.StartsWith("Histogram", StringComparison.Ordinal);

        public void Add(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var key = (tags.Length > 0 ? tags[0].Value : null, tags.Length > 1 ? tags[1].Value : null, tags.Length > 2 ? tags[2].Value : null);
            if (!_cells.TryGetValue(key, out var cell))
            {
                cell = _cells.GetOrAdd(key, new Cell([.. tags.ToArray().Take(3).Select(tag => new KeyValuePair<string, string>(tag.Key, tag.Value?.ToString() ?? ""))]));
            }

            lock (cell)
            {
                cell.Sum = _replaces ? value : cell.Sum + value;
                cell.Count++;
            }
        }

        public IEnumerable<Figure> Figures()
        {
            var type = instrument.GetType().Name;
            var kind = type.Contains("UpDown", StringComparison.Ordinal) || type.Contains("Gauge", StringComparison.Ordinal) ? "gauge" : "counter";
            foreach (var cell in _cells.Values)
            {
                double sum;
                long count;
                lock (cell)
                {
                    (sum, count) = (cell.Sum, cell.Count);
                }

                if (_isHistogram)
                {
                    yield return new Figure(instrument.Name + "_count", instrument.Unit, instrument.Description, kind, cell.Tags, count);
                }

                yield return new Figure(instrument.Name + (_isHistogram ? "_sum" : ""), instrument.Unit, instrument.Description, kind, cell.Tags, sum);
            }
        }

        private sealed class Cell(IReadOnlyList<KeyValuePair<string, string>> tags)
        {
            public IReadOnlyList<KeyValuePair<string, string>> Tags { get; } = tags;

            public double Sum { get; set; }

            public long Count { get; set; }
        }
    }
}
