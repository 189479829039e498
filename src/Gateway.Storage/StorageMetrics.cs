using System.Diagnostics.Metrics;

namespace Gateway.Storage;

/// <summary>Counters of the stores (meter Gateway.Storage). Tags are bounded.</summary>
internal sealed class StorageMetrics : IDisposable
{
    private readonly Meter _meter = new("Gateway.Storage");
    private readonly Histogram<double> _commit;
    private readonly Counter<long> _writes;
    private readonly Counter<long> _refused;

    public StorageMetrics()
    {
        _commit = _meter.CreateHistogram<double>("gateway.storage.commit.duration", "s", "Time of one transaction of the writer.");
        _writes = _meter.CreateCounter<long>("gateway.storage.writes", "{write}", "Writes that were committed.");
        _refused = _meter.CreateCounter<long>("gateway.storage.refused", "{write}", "Batches or writes that were refused, by error.type.");
    }

    public void Committed(int count, TimeSpan took)
    {
        _writes.Add(count);
        _commit.Record(took.TotalSeconds);
    }

    /// <param name="why">queue_full, resource or statement.</param>
    public void Refused(string why) => _refused.Add(1, new KeyValuePair<string, object?>("error.type", why));

    public void Dispose() => _meter.Dispose();
}
