using System.Diagnostics.Metrics;
using Gateway.Server.Ports;

namespace Gateway.Net.Location;

/// <summary>Counters of location sources (meter Gateway.Net). Tags are bounded: never a number or a user.</summary>
internal sealed class LocationMetrics
{
    private readonly Counter<long> _answers;
    private readonly Histogram<double> _duration;

    public LocationMetrics(Meter meter)
    {
        _answers = meter.CreateCounter<long>("gateway.location.answers", "{answer}", "Questions answered, by gateway.source (enum, ldap), outcome and memory (none, fresh, stale).");
        _duration = meter.CreateHistogram<double>("gateway.location.duration", "s", "Time that a source took for a question, by gateway.source.");
    }

    public void Answered(string source, LocationAnswer answer)
    {
        var name = new KeyValuePair<string, object?>("gateway.source", source);
        _answers.Add(1, name,
            new KeyValuePair<string, object?>("outcome", answer.Outcome switch { LocationOutcome.Found => "found", LocationOutcome.NotFound => "not_found", _ => "failed" }),
            new KeyValuePair<string, object?>("memory", answer.IsStale ? "stale" : answer.IsRemembered ? "fresh" : "none"));
        if (!answer.IsRemembered || answer.Took > TimeSpan.Zero)
        {
            _duration.Record(answer.Took.TotalSeconds, name);
        }
    }
}
